"""Contact sheets: a labelled grid of pictures, to look at the model with one's own eyes.

Draws labels and pictures; makes no judgement.
"""

import textwrap
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from inference.minimodel.assembly import GUIDANCE, STEPS
from inference.minimodel.evaluate import generate, load_pipeline
from inference.minimodel.export import EXAMPLES, SHIPPED

SHEET: Final = "contact_sheet.jpg"
_MORE: Final = (
    "blue plain t-shirt on a cream background",
    "a white plain dress on a lavender background",
    "red checked trousers on a grey background",
    "pink striped bag on a mint background",
    "a brown floral coat on a sky blue background",
    "orange hat, white background",
    "scarlet jumper",
    "a green dress with a restricted badge, cream background",
)
_COLUMNS: Final = 5
_CELL: Final = 200
_LABEL: Final = 34


def contact_sheet(
    pictures: list[Image.Image], labels: list[str], columns: int = _COLUMNS
) -> Image.Image:
    """A white sheet of pictures reduced to 200 pixels, each over its label."""
    rows = -(-len(pictures) // columns)
    gap = 12
    size = (columns * (_CELL + gap) + gap, rows * (_CELL + _LABEL + gap) + gap)
    sheet = Image.new("RGB", size, (255, 255, 255))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=12)
    for index, (picture, label) in enumerate(zip(pictures, labels, strict=True)):
        left = gap + index % columns * (_CELL + gap)
        top = gap + index // columns * (_CELL + _LABEL + gap)
        sheet.paste(picture.resize((_CELL, _CELL), Image.Resampling.LANCZOS), (left, top))
        text = "\n".join(textwrap.wrap(label, 34)[:2])
        draw.multiline_text((left, top + _CELL + 3), text, fill=(60, 60, 66), font=font, spacing=1)
    return sheet


def write_sheet(folder: Path = SHIPPED, to: Path | None = None, seed: int = 11) -> Path:
    """Generate the examples and some more with the shipped defaults; return where the sheet lies."""
    prompts = [*EXAMPLES, *_MORE]
    pictures, _ = generate(load_pipeline(folder), prompts, seed, STEPS, GUIDANCE)
    path = to or folder / SHEET
    contact_sheet(pictures, prompts).save(path, quality=90, subsampling=0, optimize=True)
    return path
