"""What is measured, the most important first. Each section is a function of the bench to plain data.

A section that the device or the budget does not allow is skipped and says so; one that fails says why,
and the others go on.
"""

from __future__ import annotations

import logging
import statistics
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import torch

from inference.stages.denoise import UNet
from inference.unets import EagerUNet, GraphedUNet
from loadtests.gpu import agreement
from loadtests.gpu.arms import PEOPLE, Counted, EngineArm, SameStream
from loadtests.gpu.bench import CHANNELS_LAST, EAGER, GRAPHS, PLAIN, Bench
from loadtests.gpu.networks import ConditionedUNet, random_checker, rows_for
from loadtests.gpu.racing import Job, finish, matrix_rate, seconds_of, spread, told

logger = logging.getLogger(__name__)
Figures = dict[str, object]
SKETCH, FINAL = Job(steps=4, guidance_scale=7.5), Job(steps=20, guidance_scale=7.5)
UNGUIDED = Job(steps=4, guidance_scale=1.0)
_FINALS_EVERY: Final = 5
_FEW_ROUNDS: Final = 3
_SYNCHRONISED: Final = "called a synchronizing CUDA operation"


@dataclass(frozen=True)
class Section:
    """One thing to measure; `needs_s` is the least budget worth beginning with."""

    name: str
    title: str
    measure: Callable[[Bench], Figures]
    needs_s: float = 0.0
    needs_cuda: bool = False


def measure_all(bench: Bench, sections: Sequence[Section]) -> Iterator[tuple[Section, Figures]]:
    """Yield every section with its figures, or with why it has none."""
    for section in sections:
        yield section, _measured(bench, section)


def _measured(bench: Bench, section: Section) -> Figures:
    if section.needs_cuda and not bench.on_cuda:
        return {"skipped": "needs a CUDA device"}
    if bench.on_cuda and bench.clock.left < section.needs_s:
        return {"skipped": f"the budget had {max(0.0, bench.clock.left):.0f} s left for it"}
    began = bench.clock.passed
    logger.info("%s, %.0f s left", section.title, bench.clock.left)
    try:
        return {**section.measure(bench), "seconds": round(bench.clock.passed - began, 1)}
    except Exception as error:
        logger.exception("%s failed", section.title)
        return {"failed": told(error)}


def limit(bench: Bench) -> Figures:
    """Measure the limit that everything is held against, and count the work."""
    bench.limit = _matrix_rate(bench)
    work = bench.work
    return {
        "matrix_side": bench.scale.matrix,
        "matrix_tflop_per_s": round(bench.limit / 1e12, 3),
        "gflop": {
            "unet_row": round(work.row / 1e9, 3),
            "vae_decode": round(work.decode / 1e9, 3),
            "text": round(work.text / 1e9, 3),
            "sdxl_unet_row": round(work.sdxl_row / 1e9, 3),
        },
        "images_per_s_at_the_limit": {
            name: round(bench.limit / work.of_image(job.steps, job.guidance_scale), 2)
            for name, job in (("sketch", SKETCH), ("unguided", UNGUIDED), ("final", FINAL))
        },
    }


def agree(bench: Bench) -> Figures:
    """Compare pictures before speed."""
    engines, failures = {}, []
    for name in bench.engines:
        try:
            engines[name] = bench.engine(name)
        except Exception as error:
            logger.exception("%s could not be made", name)
            failures.append({"way": name, "failed": told(error)})
    return {"ways": [*agreement.compare(bench.checkpoint, engines), *failures]}


def throughput(bench: Bench) -> Figures:
    """4 guided steps: the pipeline, and the engine with one thing more each time."""
    return {"arms": bench.race([PLAIN, *bench.engines], _all(bench, SKETCH), rounds=5)}


def twenty(bench: Bench) -> Figures:
    """20 guided steps."""
    return {"arms": bench.race([PLAIN, bench.best], _all(bench, FINAL, 3), rounds=_FEW_ROUNDS)}


def unguided(bench: Bench) -> Figures:
    """4 steps without guidance: one row an image."""
    return {"arms": bench.race([PLAIN, bench.best], _all(bench, UNGUIDED), rounds=_FEW_ROUNDS)}


def mixed(bench: Bench) -> Figures:
    """Four sketches to a final, as many people as share the steps, each asking again when answered."""
    images = max(_FINALS_EVERY, bench.scale.engine // 2)
    jobs = [FINAL if place % _FINALS_EVERY == 2 else SKETCH for place in range(images)]  # noqa: PLR2004
    # The pipeline draws as many: with fewer, fewer would wait behind a final.
    return {"arms": bench.race([PLAIN, bench.best], lambda _: jobs, rounds=_FEW_ROUNDS)}


def streams(bench: Bench) -> Figures:
    """The VAE in line with the steps, and on a stream of its own."""
    own, same = bench.best, f"{bench.best}, VAE in line"
    arm = bench.engine(own)
    counted = Counted(arm.studio.given)
    aside = SameStream(bench.where.device)
    bench.keep(same, EngineArm(arm.studio.calling(counted), counted, aside))
    return {"arms": bench.race([same, own], _all(bench, SKETCH), rounds=5)}


def checking(bench: Bench) -> Figures:
    """What the safety checker costs."""
    checked = f"{bench.best}, safety checker"
    studio = bench.engine(bench.best).studio
    counted = Counted(studio.given)
    checker = random_checker(bench.shapes, bench.where)
    bench.keep(checked, EngineArm(studio.calling(counted).checked_by(checker), counted))
    return {"arms": bench.race([bench.best, checked], _all(bench, SKETCH), rounds=_FEW_ROUNDS)}


def compiled(bench: Bench) -> Figures:
    """The graphs around a compiled UNet of one row count: the one that was worth sharing."""
    name, like = "engine, compiled, graphs", bench.engine(bench.best)
    network = torch.compile(bench.turned.unet, mode="max-autotune-no-cudagraphs", dynamic=False)
    unet = GraphedUNet(network, buckets=(like.row_cap,))
    began = bench.clock.passed
    with torch.inference_mode():
        unet(*rows_for(bench.shapes.unet, bench.where, like.row_cap, bench.shapes.side))
        finish(bench.where.device)
    took = bench.clock.passed - began
    counted = Counted(unet)
    bench.keep(name, EngineArm(like.studio.calling(counted), counted))
    arms = bench.race([bench.best, name], _all(bench, SKETCH), rounds=_FEW_ROUNDS)
    return {"arms": arms, "compile_s": round(took, 1)}


def steps(bench: Bench) -> Figures:
    """One call of the UNet by rows, each way of calling it."""
    ways: dict[str, UNet] = {
        EAGER: EagerUNet(bench.checkpoint.bundle.unet),
        CHANNELS_LAST: EagerUNet(bench.turned.unet),
    }
    if bench.on_cuda:
        ways["engine, graphs"] = GraphedUNet(bench.checkpoint.bundle.unet)
        ways[GRAPHS] = bench.graphed
    return {"calls": _calls(bench, ways, bench.scale.rows, (bench.shapes.unet, bench.shapes.side))}


def sdxl(bench: Bench) -> Figures:
    """One call of SDXL's UNet by rows."""
    network = ConditionedUNet(bench.shapes, bench.where)
    size = bench.shapes.sdxl, bench.shapes.sdxl_side
    rows = bench.scale.sdxl_rows
    calls = _calls(bench, {EAGER: EagerUNet(network)}, rows, size)
    turned = network.channels_last()
    ways: dict[str, UNet] = {CHANNELS_LAST: EagerUNet(turned)}
    if bench.on_cuda:
        ways[GRAPHS] = GraphedUNet(turned, buckets=rows)
    return {"calls": calls + _calls(bench, ways, rows, size)}


def waits(bench: Bench) -> Figures:
    """Where the engine's host waits for the device without meaning to: torch's own warnings, by line."""
    arm = bench.engine(bench.best)
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            run = arm.draw([SKETCH] * PEOPLE)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    found = Counter(_line_of(w) for w in heard if _SYNCHRONISED in str(w.message))
    return {
        "steps": run.calls,
        "images": len(run.drawn),
        "synchronising_calls": dict(found.most_common()),
    }


def drift(bench: Bench) -> Figures:
    """Measure the limit again: a device that has slowed down shows here."""
    rate = _matrix_rate(bench)
    return {"again_tflop_per_s": round(rate / 1e12, 3), "ratio": round(rate / bench.limit, 3)}


SECTIONS: Final = (
    Section("limit", "The limit", limit),
    Section("agreement", "Pictures", agree, needs_s=20),
    Section("throughput", "4 steps, guided", throughput, needs_s=40),
    Section("steps", "One UNet call", steps, needs_s=25),
    Section("unguided", "4 steps, not guided", unguided, needs_s=20),
    Section("twenty", "20 steps, guided", twenty, needs_s=25),
    Section("mixed", "80 % sketches, 20 % finals", mixed, needs_s=35),
    Section("streams", "The VAE's stream", streams, needs_s=20, needs_cuda=True),
    Section("sdxl", "One SDXL UNet call", sdxl, needs_s=40),
    Section("waits", "Unmeant waits for the device", waits, needs_s=8, needs_cuda=True),
    Section("checking", "The safety checker", checking, needs_s=20),
    Section("drift", "The limit again", drift),
)
COMPILED: Final = Section("compiled", "torch.compile", compiled, needs_s=150, needs_cuda=True)


def _matrix_rate(bench: Bench) -> float:
    return matrix_rate(bench.where, bench.scale.matrix, 20 * bench.scale.repeats)


def _all(bench: Bench, job: Job, share: int = 1) -> Callable[[str], Sequence[Job]]:
    """Return as many jobs as suit the arm, the pipeline being the slower; a `share`th for long ones."""
    plain, engine = bench.scale.plain // share, bench.scale.engine // share
    return lambda name: [job] * max(1, plain if name == PLAIN else engine)


def _calls(
    bench: Bench, ways: dict[str, UNet], rows: Sequence[int], size: tuple[Any, int]
) -> list[Figures]:
    """Time every way at every row count, the ways taking turns."""
    config, side = size
    flops = bench.work.sdxl_row if config is bench.shapes.sdxl else bench.work.row
    figures: list[Figures] = []
    with torch.inference_mode():
        for count in rows:
            given = rows_for(config, bench.where, count, side)
            for way, unet in ways.items():
                call = partial(unet, *given)
                seconds = seconds_of(call, bench.where.device, bench.scale.repeats)
                figures.append(_call(way, count, seconds, count * flops / bench.limit))
    return figures


def _call(way: str, rows: int, seconds: Sequence[float], least: float) -> Figures:
    middle = statistics.median(seconds)
    return {
        "way": way,
        "rows": rows,
        "ms": spread([1000 * value for value in seconds]),
        "ms_per_row": round(1000 * middle / rows, 3),
        "of_limit": round(least / middle, 4),
    }


def _line_of(warning: warnings.WarningMessage) -> str:
    """Return file and line without the machine's folders."""
    path = Path(warning.filename)
    return f"{path.parent.name}/{path.name}:{warning.lineno}"
