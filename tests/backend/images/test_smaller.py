"""Preview and thumb of what is very large: right, in bounded memory, and one at a time."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from backend.images import smaller
from backend.images.conversion import converted
from backend.images.schemas import Format
from backend.kit import turns
from inference.protocol import LARGEST_SIDE

MARK = b"<x/>"
MOST_MEGABYTES = 1300
_MEASURE = """
import resource, sys
from pathlib import Path
from backend.images import smaller

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

data = Path(sys.argv[1]).read_bytes()
before = peak()
smaller.copies(data, b"<x/>")
print((peak() - before) // 1024)
"""


def webp(width: int, height: int) -> bytes:
    """Return a lossless WebP, red at the left and blue at the right."""
    picture = Image.new("RGB", (width, height), (200, 0, 0))
    picture.paste((0, 0, 200), (width // 2, 0, width, height))
    out = BytesIO()
    picture.save(out, "WEBP", lossless=True, quality=0, method=0)
    return out.getvalue()


@pytest.mark.parametrize(
    ("size", "preview", "thumb"),
    [
        ((64, 32), (64, 32), (64, 32)),
        ((641, 100), (640, 100), (320, 50)),
        ((4096, 2048), (640, 320), (320, 160)),
        ((40, 3000), (9, 640), (4, 320)),
    ],
)
def test_they_are_the_picture(
    size: tuple[int, int], preview: tuple[int, int], thumb: tuple[int, int]
) -> None:
    for copy, expected in zip(smaller.copies(webp(*size), MARK), (preview, thumb), strict=True):
        with Image.open(BytesIO(copy)) as opened:
            assert opened.size == expected
            assert opened.info["xmp"] == MARK
            shown = opened.convert("RGB")
        red, _, blue = shown.getpixel((0, 0))
        assert red > blue
        red, _, blue = shown.getpixel((expected[0] - 1, expected[1] - 1))
        assert blue > red


@pytest.mark.skipif(sys.platform == "win32", reason="it does not say what a process took")
def test_8k_takes_about_a_gigabyte(tmp_path: Path) -> None:
    file = tmp_path / "large.webp"
    file.write_bytes(webp(LARGEST_SIDE, LARGEST_SIDE))
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(file)],
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert int(measured.stdout) < MOST_MEGABYTES


def test_large_ones_wait_for_each_other_and_small_ones_for_none() -> None:
    large = webp(2049, 2049)
    with ThreadPoolExecutor(1) as threads:
        with turns.large:
            waiting = threads.submit(smaller.copies, large, MARK)
            assert smaller.copies(webp(64, 64), MARK)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.2)
        assert waiting.result()


@pytest.mark.parametrize("kind", [Format.PNG, Format.JPEG])
def test_a_large_one_is_handed_out_as_any_kind(kind: Format) -> None:
    with Image.open(BytesIO(converted(webp(4096, 2100), kind))) as picture:
        assert (picture.size, picture.format) == ((4096, 2100), kind.upper())
