"""Pictures to hide ids in: drawn flats, outlines on white paper, photographs, cloth; the same ones every time."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

import gradio
import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from backend.provenance.patterns import Plane
from backend.provenance.watermark import Pixels
from inference.minimodel.drawing import draw_sketch, enlarged
from inference.minimodel.garments import CUTTERS
from inference.minimodel.vocabulary import BACKDROPS, random_sketch

Size = tuple[int, int]
"""Width and height, in pixels."""

_PHOTOGRAPHS: Final = ("cheetah1.jpg", "cheetah.jpg", "lion.jpg", "groot.jpeg", "tower.jpg")
_PAPER: Final = (255, 255, 255)


def picture(kind: str, number: int, size: Size) -> Pixels:
    """Return picture `number` of a kind, uint8 [h, w, 3]."""
    rng = random.Random(f"{kind} {number}")
    return np.asarray(KINDS[kind](rng, size).convert("RGB"))


def mixed(number: int, size: Size) -> Pixels:
    """Return picture `number` of all kinds in turn, uint8 [h, w, 3]."""
    kinds = tuple(KINDS)
    return picture(kinds[number % len(kinds)], number // len(kinds), size)


def _flat(rng: random.Random, size: Size) -> Image.Image:
    """A garment as the bundled model was taught it, made larger, on its backdrop."""
    sketch = random_sketch(rng)
    drawn = draw_sketch(sketch, rng.randrange(1 << 30))
    side = min(size)
    image = Image.new("RGB", size, BACKDROPS[sketch.background])
    at = ((size[0] - side) // 2, (size[1] - side) // 2)
    image.paste(drawn.resize((side, side), Image.Resampling.LANCZOS), at)
    return image


def _outline(rng: random.Random, size: Size) -> Image.Image:
    """Thin ink on pure white, with a few tints: most of it is 255."""
    image = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(image)
    side = min(size)
    cut = enlarged(CUTTERS[rng.choice(list(CUTTERS))](rng))
    left, top = (size[0] - side) // 2, (size[1] - side) // 2
    tint = tuple(rng.randint(120, 255) for _ in range(3)) if rng.random() < 0.6 else _PAPER
    for line in cut.body:
        points = [(left + x * side / 512, top + y * side / 512) for x, y in line]
        draw.polygon(points, fill=tint)
        draw.line([*points, points[0]], fill=(30, 28, 36), width=max(1, side // 256))
    return image.filter(ImageFilter.GaussianBlur(0.5))


def _photograph(rng: random.Random, size: Size) -> Image.Image:
    """A part of a photograph, brighter or darker, at times mirrored."""
    image = _opened(rng.choice(_PHOTOGRAPHS))
    share = rng.uniform(0.6, 1.0) * min(image.width / size[0], image.height / size[1])
    width, height = size[0] * share, size[1] * share
    x, y = rng.uniform(0, image.width - width), rng.uniform(0, image.height - height)
    part = image.resize(size, Image.Resampling.LANCZOS, (x, y, x + width, y + height))
    gamma = rng.uniform(0.7, 1.4)
    part = part.point([round(255 * (value / 255) ** gamma) for value in range(256)] * 3)
    return part.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else part


def _cloth(rng: random.Random, size: Size) -> Image.Image:
    """Woven noise of many sizes in one colour, lit from a side."""
    noise = np.random.default_rng(rng.randrange(1 << 30))
    grey: Plane = np.zeros((size[1], size[0]), np.float32)
    for cells in (4, 16, 64, 160):
        coarse = noise.standard_normal((cells, cells)).astype(np.float32)
        layer = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
        grey += np.asarray(layer) * rng.uniform(2, 14)
    period = rng.uniform(5, 14)
    across, down = np.arange(size[0]), np.arange(size[1])[:, None]
    grey += rng.uniform(0, 10) * np.sin(2 * np.pi * across / period) * np.sin(down / period)
    colour = np.array([rng.uniform(60, 200) for _ in range(3)])
    lit = 1 + (across[:, None] / size[0] - 0.5) * rng.uniform(-0.5, 0.5)
    return Image.fromarray(np.clip(colour * lit + grey[..., None], 0, 255).astype(np.uint8))


def _wash(rng: random.Random, size: Size) -> Image.Image:
    """Soft colours that run into one another, with pencil hatching: half flat, half lines."""
    corners = [tuple(rng.randint(90, 255) for _ in range(3)) for _ in range(9)]
    coarse = Image.new("RGB", (3, 3))
    coarse.putdata(corners)
    image = coarse.resize(size, Image.Resampling.BICUBIC)
    sheet = Image.new("L", size, 255)
    draw = ImageDraw.Draw(sheet)
    for _ in range(rng.randint(10, 60)):
        x, y = rng.randrange(size[0]), rng.randrange(size[1])
        length = rng.randint(20, 200)
        for k in range(rng.randint(3, 20)):
            draw.line(
                (x + 5 * k, y, x + 5 * k + length // 3, y + length), fill=rng.randint(60, 200)
            )
    return ImageChops.multiply(image, sheet.convert("RGB"))


@lru_cache
def _opened(name: str) -> Image.Image:
    folder = Path(gradio.__file__).parent / "media_assets" / "images"
    return Image.open(folder / name).convert("RGB")


KINDS: Final[dict[str, Callable[[random.Random, Size], Image.Image]]] = {
    "flat": _flat,
    "outline": _outline,
    "photograph": _photograph,
    "cloth": _cloth,
    "wash": _wash,
}
