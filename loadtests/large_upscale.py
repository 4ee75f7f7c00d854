"""How long a large upscale takes and how much memory: `python -m loadtests.large_upscale 1024 4 diffusion`.

Draws a picture with the bundled model, brings it to the side that was asked for, and upscales it by the engine itself, as
it is asked over HTTP. The memory is the most that the process has held (peak RSS), beside what it held before.
"""

from __future__ import annotations

import argparse
import resource
import time
from io import BytesIO

from PIL import Image

from inference.engine import Engine
from inference.protocol import ImageReady
from loadtests.upscaling import drawn, patient_engine

PROMPT = "a red striped dress on a cream background"


def main() -> None:
    """Print what one upscale took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("side", type=int, help="pixels a side of what is made larger")
    parser.add_argument("factor", type=int, choices=(2, 4))
    parser.add_argument("method", choices=("diffusion", "resample"))
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--tile", type=int, default=256)
    asked = parser.parse_args()
    with patient_engine() as engine:
        picture = _of_side(drawn(engine, prompt=PROMPT, seed=11).images[0], asked.side)
        _measure(engine, picture, asked)


def _measure(engine: Engine, picture: bytes, asked: argparse.Namespace) -> None:
    before, began = _peak_mb(), time.perf_counter()
    upscale = {"factor": asked.factor, "method": asked.method}
    tile = {"width": asked.tile, "height": asked.tile}
    many = {"num_inference_steps": asked.steps, "prompt": PROMPT, "seed": 11, **tile}
    done = drawn(engine, picture, upscale=upscale, **many)
    heard = [letter.event for letter in done.mailbox.after(0)]
    (ready,) = [event for event in heard if isinstance(event, ImageReady)]
    told = {stage: round(seconds, 1) for stage, seconds in done.timings.items()}
    windows = done.enlargement.grid.windows if done.enlargement else 0
    print(  # noqa: T201 - the command's output
        f"{ready.width}×{ready.height} by {asked.method}: {time.perf_counter() - began:.0f} s {told}, "
        f"{windows} windows × {done.parameters.taken_steps} steps, {len(done.images[0]) / 2**20:.1f} MiB of WebP, "
        f"peak {_peak_mb()} MB of RSS ({before} before)"
    )


def _of_side(file: bytes, side: int) -> bytes:
    written = BytesIO()
    picture = Image.open(BytesIO(file)).convert("RGB")
    picture.resize((side, side), Image.Resampling.LANCZOS).save(written, "WEBP", lossless=True)
    return written.getvalue()


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
