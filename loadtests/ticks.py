"""What the engine itself costs: the share of a tick that is not the UNet, at a full batch.

    python -m loadtests.ticks [--ticks 200] [--rows 8]

Draws endless unguided images of the bundled model, as many as `--rows`, on one thread, and prints one
JSON line. Finished images go nowhere, so that decoding, which happens beside, is not counted.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from typing import Any

import torch

from inference.catalog import Catalog
from inference.drawing import Drawing, prepare
from inference.generation import Generation
from inference.metrics import Metrics
from inference.options import EngineOptions
from inference.pace import Pace
from inference.protocol import GenerationParameters, GenerationRequest, Scheduler, new_generation_id
from inference.studio import Studio

STEPS = 50


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.ticks", description=__doc__)
    parser.add_argument("--ticks", type=int, default=200)
    parser.add_argument("--rows", type=int, default=8)
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    drawing = prepare(
        Studio.of(Catalog.read()),
        EngineOptions(grace=1e9),
        pace=Pace(),
        metrics=Metrics(waiting=lambda: 0.0, running=lambda: 0.0),
        end=lambda *_: None,
        on_end=lambda _: None,
        on_room=lambda: None,
        on_lost=lambda _: None,
    )
    print(json.dumps(measure(drawing, asked.ticks, asked.rows)))  # noqa: T201 - the command's output
    drawing.close()
    return 0


def measure(drawing: Drawing, ticks: int, rows: int) -> dict[str, float | int]:
    """Return how long ticks took, and how much of that was the UNet, in seconds of this thread's CPU."""
    in_unet = _time_the_unet(drawing)
    parts: Any = drawing  # whose methods are replaced below
    parts.finisher.take = lambda _: None
    parts.studio.row_cap = lambda _: rows
    total = 0.0
    for _ in range(ticks):
        while drawing.loop.images < rows:
            drawing.loop.admit(_generation(drawing))
        began = time.thread_time()
        drawing.loop.tick()
        total += time.thread_time() - began
    return {
        "rows": rows,
        "ticks": ticks,
        "tick_ms": round(1000 * total / ticks, 3),
        "unet_ms": round(1000 * in_unet() / ticks, 3),
        "own_share": round(1 - in_unet() / total, 4),
    }


def _time_the_unet(drawing: Drawing) -> Callable[[], float]:
    spent = [0.0]
    studio: Any = drawing.studio
    real = studio.unet

    def timed(*asked: Any) -> Any:  # noqa: ANN401 - whatever the studio takes and gives
        unet = real(*asked)

        def call(*given: torch.Tensor) -> torch.Tensor:
            began = time.thread_time()
            made = unet(*given)
            spent[0] += time.thread_time() - began
            return made

        return call

    studio.unet = timed
    return lambda: spent[0]


def _generation(drawing: Drawing) -> Generation:
    asked = GenerationParameters(
        prompt="a red dress",
        num_inference_steps=STEPS,
        guidance_scale=1.0,
        scheduler=Scheduler.EULER_A,
    )
    request = GenerationRequest(id=new_generation_id(), parameters=asked)
    card = drawing.studio.bundle("atelier-mini").card
    return Generation(request, asked.completed_by(card, seed=1))


if __name__ == "__main__":
    raise SystemExit(main())
