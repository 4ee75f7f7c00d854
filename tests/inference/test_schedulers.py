from __future__ import annotations

import pytest
import torch

from inference.protocol import Scheduler
from inference.schedulers import Sampler

CPU = torch.device("cpu")
CONFIG = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
CONFIGS = {
    "epsilon": CONFIG,
    "v_prediction": {**CONFIG, "prediction_type": "v_prediction"},
    "sample": {**CONFIG, "prediction_type": "sample"},
    "zero_snr": {
        **CONFIG,
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "timestep_spacing": "trailing",
    },
}


def oracle(kind: str, x0: torch.Tensor, alpha: float, scaled: torch.Tensor) -> torch.Tensor:
    """What a UNet that knows the finished latents would say."""
    noise = (scaled - alpha**0.5 * x0) / (1 - alpha) ** 0.5
    return {"epsilon": noise, "sample": x0}.get(kind, alpha**0.5 * noise - (1 - alpha) ** 0.5 * x0)


# diffusers' ancestral Euler knows no checkpoint that predicts the sample itself.
PAIRS = [
    (name, kind) for name in Scheduler for kind in CONFIGS if (name, kind) != ("euler_a", "sample")
]


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_every_sampler_arrives_where_the_oracle_points_and_shows_it_on_the_way(
    name: Scheduler, kind: str
) -> None:
    torch.manual_seed(0)
    x0 = torch.randn(2, 4, 8, 8)
    sampler = Sampler(name, CONFIGS[kind], 12, CPU)
    sources = [torch.Generator().manual_seed(k) for k in range(2)]
    latents = torch.randn(2, 4, 8, 8) * sampler.init_noise_sigma
    for timestep in sampler.timesteps:
        scaled = sampler.scaled(latents, timestep)
        alpha = min(float(sampler._alpha(timestep)), 1 - 1e-6)
        prediction = oracle(kind, x0, alpha, scaled)
        clean = sampler.clean(prediction, timestep, scaled)
        # Half a byte of the range a preview shows; near pure noise an epsilon says little of x0.
        assert torch.allclose(clean.float(), x0, atol=0.02 if alpha > 0.01 else 0.5)
        latents = sampler.step(prediction, timestep, latents, sources)
    assert (latents - x0).abs().mean() < 0.15


@pytest.mark.parametrize("name", list(Scheduler))
@pytest.mark.parametrize("steps", [1, 2, 20, 100])
def test_every_number_of_steps_is_taken(name: Scheduler, steps: int) -> None:
    assert len(Sampler(name, CONFIG, steps, CPU).timesteps) == steps


@pytest.mark.parametrize("name", [Scheduler.EULER_A, Scheduler.LCM, Scheduler.TCD])
def test_noise_of_a_step_comes_from_each_images_own_generator(name: Scheduler) -> None:
    def stepped(seeds: list[int]) -> torch.Tensor:
        sampler = Sampler(name, CONFIG, 4, CPU)
        sources = [torch.Generator().manual_seed(seed) for seed in seeds]
        latents = torch.ones(len(seeds), 4, 8, 8)
        timestep = sampler.timesteps[0]
        sampler.scaled(latents, timestep)
        return sampler.step(torch.zeros_like(latents), timestep, latents, sources)

    both = stepped([1, 2])
    assert torch.equal(both[:1], stepped([1]))
    assert torch.equal(both[1:], stepped([2]))
    assert not torch.equal(both[:1], both[1:])


def test_generations_do_not_share_a_schedulers_state() -> None:
    one, other = (Sampler(Scheduler.DPMPP_2M, CONFIG, 4, CPU) for _ in range(2))
    latents = torch.ones(1, 4, 8, 8)
    one.step(latents, one.timesteps[0], latents, [])
    fresh = Sampler(Scheduler.DPMPP_2M, CONFIG, 4, CPU)
    assert torch.equal(
        other.step(latents, other.timesteps[0], latents, []),
        fresh.step(latents, fresh.timesteps[0], latents, []),
    )
