"""Whether tiles show in upscales: `python -m loadtests.seams`. Gradients across their borders over those elsewhere.

A border is where a window of the UNet or a tile of the VAE begins or ends within the picture. Both are measured on the same
pictures of the bundled model, 256 → 1024, with tiles of the VAE of 384 pixels so that theirs lie elsewhere; and again on
the Lanczos pictures, where there are none. What a border is compared with are lines near it that lie alike in the grid of the
VAE's 8 pixels, which shows a little everywhere, and more in what was made larger. Samplers take turns. `--hard` has tiles side by
side, neither shared nor mixed, to show that the figure tells them.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np

from inference import tiles
from inference.engine import Engine
from inference.protocol import Scheduler
from inference.stages import patchwork
from inference.stages.memory import MEMORY_VARIABLE
from inference.tiles import spans
from loadtests.upscaling import drawn, patient_engine, pixels_of

SIDE, FACTOR, TILE = 256, 4, 384
MEMORY_OF_A_TILE_MB = "80"
UNIT = 8
ALIKE = UNIT * FACTOR
GARMENTS = ("dress", "coat", "hat", "bag", "skirt")
LOOKS = ("red striped", "blue floral", "green plain", "pink checked")
SAMPLERS = (Scheduler.DDIM, Scheduler.EULER_A, Scheduler.DPMPP_2M)


def main() -> None:
    """Print a row for each sampler, for all of them, and for Lanczos, again and again as pictures are drawn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=21)
    parser.add_argument("--strength", type=float, default=0.2)
    parser.add_argument("--hard", action="store_true")
    asked = parser.parse_args()
    os.environ[MEMORY_VARIABLE] = MEMORY_OF_A_TILE_MB
    overlap = 0.0 if asked.hard else tiles.OVERLAP
    windows, coded = borders(SIDE, overlap), borders(TILE, overlap)
    with ExitStack() as stack:
        stack.enter_context(patch.object(tiles, "OVERLAP", overlap))
        stack.enter_context(patch.object(patchwork, "OVERLAP", overlap))
        engine = stack.enter_context(patient_engine())
        for made in _rounds(engine, asked.pictures, asked.strength):
            _print(made, windows, coded)


def _print(made: dict[str, list[np.ndarray]], windows: list[int], coded: list[int]) -> None:
    print("| drawn by | pictures | windows' borders | VAE's tiles |\n|---|---|---|---|")  # noqa: T201
    for name, of in made.items():
        line = f"| {name} | {len(of)} | {seam(of, windows):.3f} | {seam(of, coded):.3f} |"
        print(line, flush=True)  # noqa: T201 - the command's output


def _rounds(
    engine: Engine, pictures: int, strength: float
) -> Iterator[dict[str, list[np.ndarray]]]:
    """Yield all pictures there are, by who drew them, whenever each sampler has drawn one more."""
    made: dict[str, list[np.ndarray]] = defaultdict(list)
    for k in range(pictures):
        prompt = f"a {LOOKS[k % len(LOOKS)]} {GARMENTS[k % len(GARMENTS)]} on a cream background"
        small = drawn(engine, prompt=prompt, seed=k).images[0]
        asked = {"prompt": prompt, "seed": k, "strength": strength}
        plain = drawn(engine, small, **asked, upscale={"factor": FACTOR, "method": "resample"})
        made["Lanczos"].append(pixels_of(plain.images[0]))
        sampler = SAMPLERS[k % len(SAMPLERS)]
        larger = drawn(engine, small, **asked, upscale={"factor": FACTOR}, scheduler=sampler)
        for name in (sampler.value, "all three"):
            made[name].append(pixels_of(larger.images[0]))
        if sampler is SAMPLERS[-1]:
            yield made


def borders(side: int, overlap: float) -> list[int]:
    """Return where tiles of `side` pixels begin or end within a picture of the upscale's size."""
    whole = SIDE * FACTOR
    begins = [UNIT * at for at in spans(whole // UNIT, side // UNIT, overlap)]
    both = {*begins, *(at + side for at in begins)}
    return sorted(at for at in both if 0 < at < whole)


def seam(pictures: list[np.ndarray], at: list[int]) -> float:
    """Return the mean gradient across the lines `at`, over that across lines near them, in both directions."""
    across, near = [], []
    for pixels in pictures:
        grey = pixels.astype(np.float64).mean(axis=2)
        for axis in (0, 1):
            steps = np.abs(np.diff(grey, axis=axis)).mean(axis=1 - axis)
            for line in at:
                beside = {line + k * ALIKE for k in (-2, -1, 1, 2)} - set(at)
                across.append(steps[line - 1])
                near.append(np.mean([steps[one - 1] for one in beside if 0 < one < len(steps)]))
    return float(np.mean(across) / np.mean(near))


if __name__ == "__main__":
    main()
