"""Every sampler as a table of numbers, so that one update can carry images of many samplers at once.

For a network that predicts noise, velocity or the picture itself, each of diffusers' samplers here is
linear in what it is given. With latents x, prediction e, history h and fresh noise z, one step is

    seen by the UNet   s·x
    next latents       a·x + b·e + c·h + d·z
    next history       p·x + q·e
    picture so far     u·s·x + v·e          (the predicted x0, for previews)
    a given picture    i·picture + j·noise  (as it would stand before a step)

The numbers are read off diffusers' own schedulers by giving them unit vectors in float64, so that they
follow any checkpoint's config and no formula is written twice. Multi-step samplers fit as long as they
look back one step: DPM-Solver++(2M), Lu et al. 2022, arXiv:2211.01095.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from importlib import import_module
from inspect import signature
from typing import Any, Final

import torch

from inference.protocol import Scheduler


class Column(IntEnum):
    """Where each number of a step stands in its row of the table."""

    TIMESTEP = 0
    SCALE = 1
    A = 2
    B = 3
    C = 4
    D = 5
    P = 6
    Q = 7
    U = 8
    V = 9


@dataclass(frozen=True)
class SolverTable:
    """All steps of one sampler: `rows` float32 [steps, 10] in `Column` order, on the CPU.

    `init_sigma` is the standard deviation of the noise that drawing starts from; `draws_noise` says for
    each step whether the sampler draws fresh noise there, used or not, to keep seeds as diffusers has them.
    `noising` float32 [steps + 1, 2] says how much of a given picture and of noise latents hold before
    each step; after the last one, all of the picture and none of the noise.
    """

    rows: torch.Tensor
    init_sigma: float
    draws_noise: tuple[bool, ...]
    noising: torch.Tensor

    @property
    def steps(self) -> int:
        """How many steps, which is how many times the UNet is asked."""
        return len(self.rows)

    @property
    def draws(self) -> int:
        """How many steps draw fresh noise."""
        return sum(self.draws_noise)

    def draw_at(self, step: int) -> int | None:
        """Return which of the draws belongs to `step`, if one does."""
        return sum(self.draws_noise[:step]) if self.draws_noise[step] else None


class Solvers:
    """The tables of one checkpoint, each made when it is first asked for."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self.config = config
        self._tables: dict[tuple[Scheduler, int, int], SolverTable] = {}

    def table(self, name: Scheduler, steps: int, skip: int = 0) -> SolverTable:
        """Return the table of `steps` steps of `name`, without the first `skip` of them."""
        asked = (name, steps, skip)
        if asked not in self._tables:
            self._tables[asked] = solver_table(name, self.config, steps, skip)
        return self._tables[asked]


_KARRAS: Final = {"use_karras_sigmas": True}
_PLAIN: Final = {"use_karras_sigmas": False}
_TWO_M: Final = {"algorithm_type": "dpmsolver++", "solver_order": 2}
_SAMPLERS: Final[Mapping[Scheduler, tuple[str, str, Mapping[str, Any]]]] = {
    Scheduler.DDIM: ("ddim", "DDIMScheduler", {}),
    Scheduler.EULER: ("euler_discrete", "EulerDiscreteScheduler", _PLAIN),
    Scheduler.EULER_KARRAS: ("euler_discrete", "EulerDiscreteScheduler", _KARRAS),
    Scheduler.EULER_A: ("euler_ancestral_discrete", "EulerAncestralDiscreteScheduler", {}),
    Scheduler.DPMPP_2M: ("dpmsolver_multistep", "DPMSolverMultistepScheduler", _TWO_M | _PLAIN),
    Scheduler.DPMPP_2M_KARRAS: (
        "dpmsolver_multistep",
        "DPMSolverMultistepScheduler",
        _TWO_M | _KARRAS,
    ),
    Scheduler.LCM: ("lcm", "LCMScheduler", {}),
    Scheduler.TCD: ("tcd", "TCDScheduler", {}),
}
_DISTILLED: Final = {Scheduler.LCM, Scheduler.TCD}
# Latents are no pixels: clamping them to [-1, 1] would be wrong, and not linear either.
_LINEAR: Final = {"clip_sample": False, "thresholding": False}
_PROBES: Final = 4
_X, _E, _H, _NOTHING = range(_PROBES)
_SMALLEST_ALPHA: Final = 1e-8


def scheduler_for(name: Scheduler, config: Mapping[str, Any], steps: int) -> Any:  # noqa: ANN401
    """Return diffusers' own scheduler for `name`, from a checkpoint's config, with its timesteps set."""
    module, cls, settings = _SAMPLERS[name]
    kind = getattr(import_module(f"diffusers.schedulers.scheduling_{module}"), cls)
    scheduler = kind.from_config({**config, **_LINEAR, **settings})
    scheduler.set_timesteps(steps, device="cpu", **_extra_of(scheduler, name, steps))
    return scheduler


def solver_table(
    name: Scheduler, config: Mapping[str, Any], steps: int, skip: int = 0
) -> SolverTable:
    """Return the table of `steps` steps of `name` on a checkpoint with scheduler `config`, without the first `skip`.

    What is left is not merely the end of the whole table: a sampler that looks back has nothing to look back to.
    """
    scheduler = scheduler_for(name, config, steps)
    if hasattr(scheduler, "set_begin_index"):
        scheduler.set_begin_index(skip)
    timesteps = scheduler.timesteps[skip:]
    rows, drew, noising = [], [], []
    for index, timestep in enumerate(timesteps):
        noising.append(_noising(scheduler, timestep))
        row, drawn = _probe(scheduler, timestep, index)
        rows.append(row)
        drew.append(drawn)
    return SolverTable(
        torch.tensor(rows, dtype=torch.float64).float(),
        float(scheduler.init_noise_sigma),
        tuple(drew),
        torch.tensor([*noising, (1.0, 0.0)], dtype=torch.float64).float(),
    )


def _noising(scheduler: Any, timestep: torch.Tensor) -> tuple[float, float]:  # noqa: ANN401
    """Return how much of a picture and of noise there is in what stands before the step at `timestep`."""
    picture, noise = torch.eye(2, dtype=torch.float64)
    signal, amount = scheduler.add_noise(
        picture.unsqueeze(0), noise.unsqueeze(0), timestep.unsqueeze(0)
    )[0].tolist()
    return signal, amount


def _probe(scheduler: Any, timestep: torch.Tensor, index: int) -> tuple[list[float], bool]:  # noqa: ANN401
    """Take step `index` on unit vectors; return its row and whether noise was drawn."""
    remembers = hasattr(scheduler, "model_outputs")
    if remembers and index > 0:
        scheduler.model_outputs[-1] = _unit(_H)
    scale = float(scheduler.scale_model_input(_unit(_X), timestep)[_X])
    clean = _clean(scheduler, timestep)
    source = torch.Generator().manual_seed(0)
    before = source.get_state()
    made = scheduler.step(
        _unit(_E), timestep, _unit(_X), return_dict=False, **_fed(scheduler, source)
    )
    after = made[0].double()
    drawn = not torch.equal(before, source.get_state())
    noise = torch.randn(_PROBES, generator=source.set_state(before), dtype=torch.float64)
    # The last probe is zero in x, e and h: all that it holds afterwards is noise.
    d = float(after[_NOTHING] / noise[_NOTHING]) if drawn else 0.0
    a, b, c = (after - d * noise)[:_NOTHING].tolist() if drawn else after[:_NOTHING].tolist()
    history = scheduler.model_outputs[-1].double() if remembers else torch.zeros(_PROBES)
    p, q = float(history[_X]), float(history[_E])
    return [float(timestep), scale, a, b, c, d, p, q, *clean], drawn


def _unit(probe: int) -> torch.Tensor:
    vector = torch.zeros(_PROBES, dtype=torch.float64)
    vector[probe] = 1.0
    return vector


def _fed(scheduler: Any, source: torch.Generator) -> dict[str, torch.Generator]:  # noqa: ANN401
    """Hand the generator to those that take one; diffusers' `step` methods differ there."""
    return {"generator": source} if "generator" in signature(scheduler.step).parameters else {}


def _clean(scheduler: Any, timestep: torch.Tensor) -> tuple[float, float]:  # noqa: ANN401
    """Return u and v of the predicted x0; what the UNet sees is √ᾱ·x0 + √(1-ᾱ)·noise in all of these."""
    alpha = _alpha(scheduler, timestep)
    signal, noise = alpha**0.5, (1 - alpha) ** 0.5
    match scheduler.config.prediction_type:
        case "v_prediction":
            return signal, -noise
        case "sample":
            return 0.0, 1.0
        case _:
            return 1 / signal, -noise / signal


def _alpha(scheduler: Any, timestep: torch.Tensor) -> float:  # noqa: ANN401
    """Return ᾱ at `timestep`. Euler's are fractional and told by their sigma instead."""
    if timestep.is_floating_point():
        index = int((scheduler.timesteps == timestep).nonzero()[0])
        return 1 / (1 + float(scheduler.sigmas[index]) ** 2)
    return max(_SMALLEST_ALPHA, float(scheduler.alphas_cumprod[int(timestep)]))


def _extra_of(scheduler: Any, name: Scheduler, steps: int) -> dict[str, int]:  # noqa: ANN401
    """Let the two distilled samplers, made for at most 50 steps, take as many as the others.

    Only where they must: being told, TCD spaces its steps otherwise than in diffusers' pipelines.
    """
    if name not in _DISTILLED or steps <= scheduler.config.original_inference_steps:
        return {}
    return {"original_inference_steps": steps}
