"""What the sections share: the device, the random checkpoint, the arms made once, and the limit.

An arm is made when it is first asked for, and lives to the end, so that sections can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

import torch

from inference.bundles import Bundle
from inference.devices import Placement
from inference.unets import EagerUNet, GraphedUNet
from loadtests.gpu.arms import EngineArm, PlainArm, engine_arm
from loadtests.gpu.networks import Checkpoint, channels_last, random_checkpoint
from loadtests.gpu.racing import (
    Arm,
    Clock,
    Job,
    Race,
    Run,
    percentile,
    race,
    spread,
)
from loadtests.gpu.shapes import Shapes, Work, work_of

PLAIN, EAGER = "plain pipeline", "engine, eager"
CHANNELS_LAST, GRAPHS = "engine, channels_last", "engine, channels_last, graphs"
GIB: Final = 2**30


@dataclass(frozen=True)
class Scale:
    """How much is drawn: images a round of the pipeline and of the engine at 4 steps, and repeats."""

    rounds: int
    plain: int
    engine: int
    repeats: int
    rows: tuple[int, ...]
    sdxl_rows: tuple[int, ...]
    matrix: int


FULL_SCALE: Final = Scale(5, 12, 96, 10, (1, 2, 4, 8, 16, 32), (1, 2, 4, 8), 8192)
TINY_SCALE: Final = Scale(1, 1, 4, 2, (1, 2), (1, 2), 128)


class Bench:
    """One run."""

    def __init__(self, where: Placement, shapes: Shapes, scale: Scale, clock: Clock) -> None:
        self.where, self.shapes, self.scale, self.clock = where, shapes, scale, clock
        self.limit = 0.0  # FLOP a second of a large matrix product; the first section measures it
        self._engines: dict[str, EngineArm] = {}
        self._failed: set[str] = set()

    @property
    def on_cuda(self) -> bool:
        """Whether there is a CUDA device to measure."""
        return bool(self.where.device.type == "cuda")

    @cached_property
    def work(self) -> Work:
        """The FLOP of each network."""
        return work_of(self.shapes)

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """The random networks."""
        return random_checkpoint(self.shapes, self.where)

    @cached_property
    def turned(self) -> Bundle:
        """The same in channels_last."""
        return channels_last(self.checkpoint.bundle)

    @cached_property
    def graphed(self) -> GraphedUNet:
        """The UNet in channels_last as CUDA graphs."""
        return GraphedUNet(self.turned.unet)

    @property
    def best(self) -> str:
        """The engine with the most to it, of those that could be made."""
        return next(name for name in reversed(self.engines) if name not in self._failed)

    @property
    def engines(self) -> list[str]:
        """The engines that this device allows, in the order in which each adds something."""
        return [EAGER, CHANNELS_LAST, GRAPHS] if self.on_cuda else [EAGER, CHANNELS_LAST]

    def arm(self, name: str) -> Arm:
        """Return the pipeline or an engine."""
        return PlainArm(self.checkpoint) if name == PLAIN else self.engine(name)

    def engine(self, name: str) -> EngineArm:
        """Return an engine, making it when it is first asked for."""
        if name not in self._engines:
            bundle = self.checkpoint.bundle if name == EAGER else self.turned
            unet = self.graphed if name == GRAPHS else EagerUNet(bundle.unet)
            try:
                self.keep(name, engine_arm(bundle, unet, self.shapes))
            except Exception:
                self._failed.add(name)
                raise
        return self._engines[name]

    def keep(self, name: str, arm: EngineArm) -> None:
        """Know `arm` by `name`, and close it in the end."""
        self._engines[name] = arm

    def close(self) -> None:
        """End every engine's threads."""
        for arm in self._engines.values():
            arm.close()

    def race(
        self, names: Sequence[str], jobs: Callable[[str], Sequence[Job]], *, rounds: int
    ) -> list[dict[str, object]]:
        """Let the arms race and return one row of figures for each; ratios are to the first."""
        arms = {name: partial(self.arm, name) for name in names}
        result = race(arms, jobs, rounds=min(rounds, self.scale.rounds), clock=self.clock)
        return [self._row(name, names[0], result) for name in names]

    def _row(self, name: str, first: str, result: Race) -> dict[str, object]:
        if name not in result.runs:
            return {"arm": name, "failed": result.failures.get(name, "no round was finished")}
        runs, base = result.runs[name], result.runs.get(first, [])
        rates = spread([run.images_per_s for run in runs])
        ratios = [
            run.images_per_s / other.images_per_s for run, other in zip(runs, base, strict=False)
        ]
        return {
            "arm": name,
            "rounds": len(runs),
            "images_per_s": rates,
            "ratio": spread(ratios) if ratios else None,
            "of_limit": round(self._of_limit(runs), 4),
            "rows_per_step": round(sum(r.rows for r in runs) / sum(r.calls for r in runs), 2),
            "row_cap": self._engines[name].row_cap if name in self._engines else None,
            "peak_gib": _gib(runs),
            "waits_s": _waits(runs),
        }

    def _of_limit(self, runs: Sequence[Run]) -> float:
        """Return the share of the limit that the median round reached, by the FLOP its images need."""
        rates = [
            sum(self.work.of_image(d.job.steps, d.job.guidance_scale) for d in run.drawn)
            / run.seconds
            for run in runs
        ]
        return spread(rates)["median"] / self.limit


def _waits(runs: Sequence[Run]) -> dict[str, dict[str, float]]:
    """Return median and 95th percentile of the waits by number of steps, if there was more than one.

    Where all jobs are alike the pipeline draws fewer of them, and its waits say nothing.
    """
    by_steps: dict[int, list[float]] = {}
    for drawn in (drawn for run in runs for drawn in run.drawn):
        by_steps.setdefault(drawn.job.steps, []).append(drawn.seconds)
    if len(by_steps) == 1:
        return {}
    return {
        str(steps): {
            "p50": round(percentile(waits, 0.5), 4),
            "p95": round(percentile(waits, 0.95), 4),
        }
        for steps, waits in sorted(by_steps.items())
    }


def _gib(runs: Sequence[Run]) -> float | None:
    peaks = [run.peak_bytes for run in runs if run.peak_bytes is not None]
    return round(max(peaks) / GIB, 2) if peaks else None


def placement_of(name: str) -> Placement:
    """Return where to compute: half precision on CUDA, float32 on a CPU, where it only rehearses."""
    device: Any = torch.device(name)
    if device.type != "cuda":
        return Placement(device, torch.float32)
    return Placement(torch.device("cuda", device.index or 0), torch.float16)
