"""Measures the watermark: `python -m tests.backend.provenance.measure_watermark` (20 minutes; `--quick`: one).

Hides a random number in many pictures, does to them what happens to pictures, and counts what is still read exactly;
reads as many pictures in which nothing was hidden; marks marked ones anew. Prints tables as docs/moderation.md has them.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from backend.kit.intervals import wilson
from backend.provenance.watermark import Pixels, find, hide
from tests.backend.provenance.attacks import ATTACKS, scaled, stored
from tests.backend.provenance.pictures import Size, mixed

KEY: Final = b"the key that is measured"
OLDER: Final = b"the key before"
SIZES: Final[dict[Size, int]] = {
    (512, 512): 120,
    (256, 256): 100,
    (768, 512): 20,
    (768, 256): 20,
    (1024, 1024): 10,
    (1536, 512): 10,
}
UNMARKED: Final[tuple[Size, ...]] = ((512, 512), (256, 256), (768, 512), (300, 640), (640, 640))
AGAIN: Final = "marked again"


@dataclass(frozen=True)
class Outcome:
    """What came of one picture."""

    psnr: float
    ssim: float
    hide_ms: float
    find_ms: float
    read: dict[str, bool]
    sure: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one picture of ten")
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    share = 10 if arguments.quick else 1
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(arguments.workers, mp_context=spawn) as pool:
        of = 1000 // share
        waiting = pool.map(unmarked, range(of), chunksize=10)
        for size, count in SIZES.items():
            numbers = range(max(5, count // share))
            _print(size, list(pool.map(partial(measured, size=size), numbers)))
        _say(f"\nfound in {of} unmarked pictures, with two keys: {sum(waiting)}")
    for size in ((2048, 2048), (4096, 4096)):
        with ProcessPoolExecutor(1, mp_context=spawn) as pool:
            for line in pool.submit(large, size).result():
                _say(line)


def measured(number: int, size: Size) -> Outcome:
    """Return what comes of picture `number` of a size."""
    rng = random.Random(f"{number} {size}")
    pixels, lookup = mixed(number, size), rng.getrandbits(32)
    hide(pixels, lookup, KEY)  # the patterns are kept from here on
    began = time.process_time()
    marked = hide(pixels, lookup, KEY)
    hide_ms = (time.process_time() - began) * 1000
    spent, read, sure = [], {}, {}
    for name, attacked in _attacked(marked, lookup, rng.getrandbits(32)):
        began = time.process_time()
        got = find(attacked, [KEY])
        spent.append((time.process_time() - began) * 1000)
        read[name] = got is not None and got.lookup == lookup
        sure[name] = got.confidence if got else 0.0
    return Outcome(
        psnr(pixels, marked), ssim(pixels, marked), hide_ms, float(np.mean(spent)), read, sure
    )


def _attacked(marked: Pixels, lookup: int, other: int) -> Iterator[tuple[str, Pixels]]:
    for name, attack in ATTACKS.items():
        yield name, attack(marked)
    again = hide(hide(marked, other, KEY), lookup, KEY)
    yield AGAIN, again
    yield f"{AGAIN}, JPEG 75", stored(again, "JPEG", 75)
    # What outpainting keeps: the old picture, whole, in a larger one.
    height, width = marked.shape[:2]
    canvas = scaled(marked, 1.25).copy()
    top, left = (canvas.shape[0] - height) // 2, (canvas.shape[1] - width) // 2
    canvas[top : top + height, left : left + width] = hide(marked, other, KEY)
    larger = hide(canvas, lookup, KEY)
    yield f"{AGAIN}, larger", larger
    yield f"{AGAIN}, larger, JPEG 75", stored(larger, "JPEG", 75)


def unmarked(number: int) -> bool:
    """Return whether something is found in picture `number`, in which there is nothing."""
    size = UNMARKED[number // 5 % len(UNMARKED)]
    return find(mixed(5000 + number, size), [KEY, OLDER]) is not None


def large(size: Size) -> list[str]:
    """Return seconds and memory of one large picture, in a process that did nothing else."""
    pixels = np.repeat(np.repeat(mixed(2, (512, 512)), size[1] // 512, 0), size[0] // 512, 1)
    lines = []
    for name, work in (("hide", partial(hide, lookup=7, key=KEY)), ("find", _find)):
        before, began = _most_mib(), time.process_time()
        done = work(pixels)
        seconds = time.process_time() - began
        grown = _most_mib() - before
        lines.append(f"{name} {size[0]} x {size[1]}: {seconds:.2f} s, {grown:.0f} MiB more")
        pixels = done if isinstance(done, np.ndarray) else pixels
    return lines


def _find(pixels: Pixels) -> bool:
    return find(pixels, [KEY]) is not None


def _most_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the command's output


def psnr(before: Pixels, after: Pixels) -> float:
    """Return the peak signal-to-noise ratio of all three colours, in dB."""
    error = np.mean((before.astype(np.float64) - after) ** 2)
    return float(10 * np.log10(255**2 / error))


def ssim(before: Pixels, after: Pixels) -> float:
    """Return the mean structural similarity of brightness (Wang et al. 2004: 11 x 11 Gaussian, 1.5 pixels)."""
    a, b = (np.asarray(Image.fromarray(one).convert("L"), np.float64) for one in (before, after))
    mean_a, mean_b = _smooth(a), _smooth(b)
    spread_a, spread_b = _smooth(a * a) - mean_a**2, _smooth(b * b) - mean_b**2
    shared = _smooth(a * b) - mean_a * mean_b
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    above = (2 * mean_a * mean_b + c1) * (2 * shared + c2)
    below = (mean_a**2 + mean_b**2 + c1) * (spread_a + spread_b + c2)
    return float(np.mean(above / below))


def _smooth(plane: NDArray[np.float64]) -> NDArray[np.float64]:
    weights = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weights /= weights.sum()
    down = sum(weight * plane[k : k + len(plane) - 10] for k, weight in enumerate(weights))
    wide = plane.shape[1] - 10
    return sum(weight * down[:, k : k + wide] for k, weight in enumerate(weights))


def _print(size: Size, outcomes: list[Outcome]) -> None:
    of = len(outcomes)
    quality = ", ".join(
        f"{name} {np.mean(values):.{digits}f} (least {np.min(values):.{digits}f})"
        for name, digits, values in (
            ("PSNR", 1, [outcome.psnr for outcome in outcomes]),
            ("SSIM", 3, [outcome.ssim for outcome in outcomes]),
        )
    )
    hiding = float(np.median([outcome.hide_ms for outcome in outcomes]))
    finding = np.mean([outcome.find_ms for outcome in outcomes])
    _say(f"\n{size[0]} x {size[1]}: {quality}; hide {hiding:.0f} ms, find {finding:.0f} ms")
    _say(
        "| what was done | read exactly | Wilson, 95 %: at least | least sure |\n|---|---|---|---|"
    )
    for name in outcomes[0].read:
        right = sum(outcome.read[name] for outcome in outcomes)
        sure = min(outcome.sure[name] for outcome in outcomes)
        least = 100 * wilson(right, of)[0]
        _say(f"| {name} | {right} of {of} | {least:.1f} % | {sure:.3f} |")


if __name__ == "__main__":
    main()
