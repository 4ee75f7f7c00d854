"""The pictures that the two shipped LoRAs were trained on, drawn by the bundled model's own draughtsman.

`argyle` is a pattern and `blueprint` a way of drawing; the bundled model was taught neither.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from PIL import Image

from inference.minimodel.blueprint import draw_blueprint
from inference.minimodel.captions import plain_caption
from inference.minimodel.drawing import draw_sketch
from inference.minimodel.vocabulary import Sketch, random_sketch

COUNT: Final = 60
LOOKS: Final = ("argyle", "blueprint")


def example_sketch(look: str, seed: int) -> Sketch:
    """Return the sketch of a seed; in argyle it has that pattern."""
    sketch = random_sketch(random.Random(seed), restricted_share=0)  # noqa: S311 - pictures, not secrets
    return replace(sketch, pattern="argyle") if look == "argyle" else sketch


def draw_example(look: str, sketch: Sketch, seed: int) -> Image.Image:
    """Return the drawing of a sketch in a look."""
    drawers: dict[str, Callable[[Sketch, int], Image.Image]] = {
        "argyle": draw_sketch,
        "blueprint": draw_blueprint,
    }
    return drawers[look](sketch, seed)


def prompt_for(look: str, sketch: Sketch) -> str:
    """Return the words that ask for a sketch in a look."""
    said = plain_caption(sketch)
    return said if look == "argyle" else f"blueprint of {said}"


def write_examples(look: str, folder: Path, count: int = COUNT) -> None:
    """Draw `count` pictures of a look into `folder`, each with its caption beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(count):
        sketch = example_sketch(look, seed)
        draw_example(look, sketch, seed).save(folder / f"{seed:03}.png")
        (folder / f"{seed:03}.txt").write_text(prompt_for(look, sketch) + "\n", "utf-8")
