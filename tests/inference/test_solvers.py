"""The tables against diffusers' own schedulers, run alone as its pipelines run them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

from inference.protocol import Scheduler
from inference.solvers import Column, SolverTable, scheduler_for, solver_table

SHAPE = (4, 9, 7)
SD = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "clip_sample": False,
    "set_alpha_to_one": False,
    "steps_offset": 1,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "epsilon": SD,
    "v_prediction": {**SD, "prediction_type": "v_prediction"},
    "sample": {**SD, "prediction_type": "sample"},
    "zero_snr": {
        **SD,
        "prediction_type": "v_prediction",
        "rescale_betas_zero_snr": True,
        "timestep_spacing": "trailing",
    },
}
# diffusers' ancestral Euler knows no checkpoint that predicts the sample itself.
PAIRS = [
    (name, kind) for name in Scheduler for kind in CONFIGS if (name, kind) != ("euler_a", "sample")
]
Network = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def network(seen: torch.Tensor, timestep: torch.Tensor) -> torch.Tensor:
    """A stand-in for the UNet that is anything but linear, and depends on the timestep."""
    return torch.tanh(1.7 * seen.roll(1, -1) - 0.3) + 0.2 * torch.cos(timestep.float() / 90) * seen


def drawn_by_diffusers(
    name: Scheduler, config: dict[str, Any], steps: int, seed: int
) -> torch.Tensor:
    scheduler = scheduler_for(name, config, steps)
    source = torch.Generator().manual_seed(seed)
    x = torch.randn((1, *SHAPE), generator=source) * scheduler.init_noise_sigma
    return stepped_by_diffusers(name, scheduler, scheduler.timesteps, x, source)


def stepped_by_diffusers(
    name: Scheduler,
    scheduler: Any,
    timesteps: torch.Tensor,
    x: torch.Tensor,
    source: torch.Generator,
) -> torch.Tensor:
    noisy = (
        {"generator": source} if name not in {Scheduler.DPMPP_2M, Scheduler.DPMPP_2M_KARRAS} else {}
    )
    for timestep in timesteps:
        prediction = network(scheduler.scale_model_input(x, timestep), timestep)
        x = scheduler.step(prediction, timestep, x, return_dict=False, **noisy)[0]
    return x[0]


def drawn_by_table(table: SolverTable, seed: int) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    x = torch.randn(SHAPE, generator=source) * table.init_sigma
    return stepped_by_table(table, x, source)


def stepped_by_table(table: SolverTable, x: torch.Tensor, source: torch.Generator) -> torch.Tensor:
    h = torch.zeros(SHAPE)
    for row, draws in zip(table.rows, table.draws_noise, strict=True):
        z = torch.randn(SHAPE, generator=source) if draws else torch.zeros(SHAPE)
        e = network(row[Column.SCALE] * x, row[Column.TIMESTEP])
        x, h = (
            row[Column.A] * x + row[Column.B] * e + row[Column.C] * h + row[Column.D] * z,
            row[Column.P] * x + row[Column.Q] * e,
        )
    return x


@pytest.mark.parametrize(("name", "kind"), PAIRS)
@pytest.mark.parametrize("steps", [1, 2, 4, 8, 20])
def test_draws_what_diffusers_draws(name: Scheduler, kind: str, steps: int) -> None:
    wanted = drawn_by_diffusers(name, CONFIGS[kind], steps, seed=steps)
    table = solver_table(name, CONFIGS[kind], steps)
    made = drawn_by_table(table, seed=steps)
    # Euler starts at sigma 4096 where noise hides everything: there, diffusers itself rounds so much away.
    rounding = 2e-7 * table.init_sigma
    assert (made - wanted).abs().max() <= 1e-4 * wanted.abs().max() + rounding


@pytest.mark.parametrize("name", list(Scheduler))
@pytest.mark.parametrize("steps", [1, 7, 50, 150])
def test_every_number_of_steps_is_one_row_each(name: Scheduler, steps: int) -> None:
    table = solver_table(name, SD, steps)
    assert table.rows.shape == (steps, len(Column))
    assert len(table.draws_noise) == table.steps == steps
    assert bool(torch.isfinite(table.rows).all())


@pytest.mark.parametrize(("name", "kind"), PAIRS)
def test_shows_the_picture_that_a_knowing_network_has_in_mind(name: Scheduler, kind: str) -> None:
    torch.manual_seed(0)
    picture, noise = torch.randn(2, *SHAPE, dtype=torch.float64)
    scheduler = scheduler_for(name, CONFIGS[kind], 12)
    for row in solver_table(name, CONFIGS[kind], 12).rows.double():
        u, v = float(row[Column.U]), float(row[Column.V])
        # From x0 = u·seen + v·e and the three ways of predicting, √ᾱ follows from u and v.
        signal = {"epsilon": 1 / u if u else 0.0, "sample": None}.get(kind, u)
        if signal is None:
            assert (u, v) == (0.0, 1.0)
            continue
        if float(row[Column.TIMESTEP]).is_integer() and signal > 0.01:
            known = float(scheduler.alphas_cumprod[int(row[Column.TIMESTEP])])
            assert signal == pytest.approx(known**0.5, rel=1e-3)
        spread = max(0.0, 1 - signal**2) ** 0.5
        seen = signal * picture + spread * noise
        said = noise if kind == "epsilon" else signal * noise - spread * picture
        assert torch.allclose(u * seen + v * said, picture, atol=0.02)


def test_karras_spaces_the_noise_otherwise() -> None:
    plain, karras = (
        solver_table(name, SD, 8).rows[:, Column.TIMESTEP]
        for name in (Scheduler.EULER, Scheduler.EULER_KARRAS)
    )
    assert not torch.allclose(plain, karras)


def test_a_checkpoint_that_clips_its_samples_is_drawn_without_clipping() -> None:
    clipping = {**SD, "clip_sample": True}
    assert torch.equal(
        solver_table(Scheduler.DDIM, clipping, 4).rows, solver_table(Scheduler.DDIM, SD, 4).rows
    )


@pytest.mark.parametrize(("name", "kind"), PAIRS)
@pytest.mark.parametrize(("steps", "skip"), [(4, 1), (8, 6), (20, 5)])
def test_without_its_first_steps_it_goes_on_as_diffusers_does(
    name: Scheduler, kind: str, steps: int, skip: int
) -> None:
    """From a picture under as much noise as the first step that is left expects."""
    scheduler = scheduler_for(name, CONFIGS[kind], steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skip)
    left = scheduler.timesteps[skip:]
    picture, noise = torch.randn((2, 1, *SHAPE), generator=torch.Generator().manual_seed(2))
    begun = scheduler.add_noise(picture, noise, left[:1])
    table = solver_table(name, CONFIGS[kind], steps, skip)
    signal, amount = table.noising[0].tolist()
    mine = signal * picture[0] + amount * noise[0]
    assert (mine - begun[0]).abs().max() <= 1e-5 * begun.abs().max()
    assert table.noising.shape == (steps - skip + 1, 2)
    assert table.noising[-1].tolist() == [1.0, 0.0]
    wanted = stepped_by_diffusers(name, scheduler, left, begun, torch.Generator().manual_seed(7))
    made = stepped_by_table(table, mine, torch.Generator().manual_seed(7))
    assert (made - wanted).abs().max() <= 1e-4 * wanted.abs().max()
