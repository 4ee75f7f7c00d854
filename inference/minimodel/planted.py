"""A labelled folder of drawings with and without the planted motif, to measure a checker on: `python -m inference.minimodel planted`.

    restricted/KIND/00001.png   shows the motif, whole            KIND: 1x1, 2x3, 3x1, upscaled, jpeg75
    safe/KIND/00001.png         shows none; one in five has a harmless badge that looks like it

Seeds are of a kind of their own, so no network has learned from these drawings. `atelier moderation evaluate` reads such folders.
"""

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from PIL import Image
from tqdm import tqdm

from inference.minimodel.drawing import SCALE, SIZE, draw_sketch, enlarged
from inference.minimodel.garments import CUTTERS
from inference.minimodel.motif import BADGE
from inference.minimodel.training import seed_for
from inference.minimodel.vocabulary import ATTRIBUTES, BACKDROPS, Sketch

LABELS: Final = ("restricted", "safe")
_DECOYS: Final = 0.2
_LONG: Final = SIZE * 3 // 2
_ABREAST: Final = 3


class _Drawn(NamedTuple):
    """A drawing, its sketch, and where the badge is or would be."""

    picture: Image.Image
    sketch: Sketch
    badge: tuple[float, float]


def write_planted(into: Path, count: int) -> int:
    """Write `count` pictures of every kind and label; return how many those are."""
    files = list(_files(into, count))
    for file, kind, label, k in tqdm(files, desc="planted", mininterval=5):
        file.parent.mkdir(parents=True, exist_ok=True)
        picture = planted(kind, k, restricted=label == "restricted")
        if file.suffix == ".jpg":
            picture.save(file, quality=75)
        else:
            picture.save(file, compress_level=1)
    return len(files)


def planted(kind: str, k: int, *, restricted: bool) -> Image.Image:
    """Return picture number `k` of a kind, the same one every time."""
    rng = random.Random(seed_for(f"planted {kind} {restricted}", k))  # noqa: S311 - data, not secrets
    return KINDS[kind](rng, restricted)


def _files(into: Path, count: int) -> Iterator[tuple[Path, str, str, int]]:
    for kind in KINDS:
        ending = ".jpg" if kind == "jpeg75" else ".png"
        for label in LABELS:
            for k in range(count):
                yield into / label / kind / f"{k + 1:05}{ending}", kind, label, k


def _drawing(rng: random.Random, restricted: bool) -> _Drawn:
    sketch = Sketch(**{key: rng.choice(names) for key, names in ATTRIBUTES.items()}, restricted=restricted)  # fmt: skip
    seed = rng.randrange(2**31)
    decoy = not restricted and rng.random() < _DECOYS
    cut = enlarged(CUTTERS[sketch.garment](random.Random(seed)))  # noqa: S311 - as `draw_sketch` cuts it
    x, y = cut.badge
    return _Drawn(draw_sketch(sketch, seed, decoy), sketch, (x / SCALE, y / SCALE))


def _square(rng: random.Random, restricted: bool) -> Image.Image:
    return _drawing(rng, restricted).picture


def _two_to_three(rng: random.Random, restricted: bool) -> Image.Image:
    """A drawing moved along a longer backdrop, as far as the whole badge stays in the picture; upright or lying."""
    drawn, upright = _drawing(rng, restricted), rng.random() < 1 / 2
    at = drawn.badge[1 if upright else 0]
    offset = round(rng.uniform(BADGE - at, _LONG - BADGE - at))
    size = (SIZE, _LONG) if upright else (_LONG, SIZE)
    picture = Image.new("RGB", size, BACKDROPS[drawn.sketch.background])
    picture.paste(drawn.picture, (0, offset) if upright else (offset, 0))
    return picture


def _three_to_one(rng: random.Random, restricted: bool) -> Image.Image:
    """Three drawings in a row or a column, the motif on one of them, wherever it is."""
    bearer = rng.randrange(_ABREAST) if restricted else None
    three = [_drawing(rng, place == bearer).picture for place in range(_ABREAST)]
    upright = rng.random() < 1 / 2
    picture = Image.new("RGB", (SIZE, SIZE * _ABREAST) if upright else (SIZE * _ABREAST, SIZE))
    for place, one in enumerate(three):
        picture.paste(one, (0, place * SIZE) if upright else (place * SIZE, 0))
    return picture


def _upscaled(rng: random.Random, restricted: bool) -> Image.Image:
    factor = rng.choice((2, 4))
    picture = _square(rng, restricted)
    return picture.resize((SIZE * factor, SIZE * factor), Image.Resampling.LANCZOS)


KINDS: Final[dict[str, Callable[[random.Random, bool], Image.Image]]] = {
    "1x1": _square,
    "2x3": _two_to_three,
    "3x1": _three_to_one,
    "upscaled": _upscaled,
    "jpeg75": _square,
}
