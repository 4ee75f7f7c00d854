"""Measures what marking adds to the storing of an image: hiding, encoding anew, signing it and its two copies.

    python -m tests.backend.provenance.measure_marking [--side 512] [--images 30]

Prints medians in milliseconds of processor time, which other work on the machine does not lengthen much.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from backend.images import storing
from backend.kit.settings import Settings
from backend.kit.storage import open_storage
from backend.provenance.marker import Marker, marker_of
from inference.protocol import GenerationParameters
from tests.backend.provenance.test_marker import CLAIM, WEBP, sketch
from tests.fixtures.scripted import CARD


class Unmarked(Marker):
    """One who marks nothing, to compare with."""

    def sign(self, file: bytes, *_: object, **__: object) -> bytes:
        return file


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--side", type=int, default=512)
    words.add_argument("--images", type=int, default=30)
    asked = words.parse_args()
    with TemporaryDirectory() as folder:
        for name, ms in measured(Path(folder), sketch(asked.side, asked.side), asked.images):
            print(  # noqa: T201
                f"{name:<44} {ms:7.1f} ms of processor"
            )


def measured(folder: Path, drawn: bytes, images: int) -> list[tuple[str, float]]:
    """Return what was measured, and how long it took in the middle, in milliseconds."""
    marker = marker_of(Settings(data_dir=folder))
    plain = Unmarked(marker._ring, marker._authority, hides=False)
    hidden = marker.hide(drawn, 7)
    signed = marker.sign(hidden, WEBP, CLAIM)
    steps: dict[str, Callable[[int], object]] = {
        "stored without marks": lambda n: stored(folder, plain, drawn, n),
        "stored, marked": lambda n: stored(folder, marker, drawn, n),
        "hide: decode, watermark, encode": lambda n: marker.hide(drawn, n),
        "sign the master": lambda _: marker.sign(hidden, WEBP, CLAIM),
        "sign another form of it (clean, PNG, JPEG)": lambda _: marker.sign_again(
            hidden, WEBP, like=signed
        ),
    }
    took: dict[str, list[float]] = {name: [] for name in steps}
    for n in range(images + 1):
        for name, step in steps.items():
            began = time.thread_time()
            step(n)
            took[name].append((time.thread_time() - began) * 1000)
    return [(name, median(each[1:])) for name, each in took.items()]


def stored(folder: Path, marker: Marker, drawn: bytes, number: int) -> object:
    """Store an image as a dispatcher does."""
    return storing.prepare(
        open_storage(f"file:{folder}/images"),
        marker,
        drawn,
        parameters=GenerationParameters(prompt="a hat"),
        seed=number,
        index=0,
        generation_id=f"01{number}",
        card=CARD,
    )


if __name__ == "__main__":
    main()
