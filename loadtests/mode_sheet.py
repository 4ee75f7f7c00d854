"""Draws every way of drawing with the bundled model on one sheet: `python -m loadtests.mode_sheet docs/modes.jpg`.

By the engine itself and as it is asked over HTTP, so that the sheet shows what people get.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

from inference.catalog import Catalog
from inference.client import InProcessInferenceClient
from inference.engine import Engine
from inference.minimodel.sheet import contact_sheet
from inference.protocol import GenerationParameters, GenerationRequest, Pictures

COLUMNS: Final = 5
SEED: Final = 11
SIDE: Final = 256
SECONDS_TO_LOAD: Final = 120.0
BEGIN: Final = "a red striped dress on a cream background"
SKIRT: Final = (64, 128, 192, 208)


@dataclass(frozen=True)
class Cell:
    """One picture of the sheet: what stands under it, and what is asked; `over`: it is drawn over the first picture."""

    label: str
    asked: dict[str, Any] = field(default_factory=dict)
    over: bool = False
    mask: Image.Image | None = None


def cells() -> list[Cell]:
    """Return the pictures of the sheet, a row for each way of drawing."""
    hole = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(hole).rectangle(SKIRT, fill=255)
    blue = {"prompt": "a blue floral dress on a cream background"}
    wider = {"prompt": BEGIN, "width": 384, "outpaint": {"left": 64, "right": 64}, "strength": 1.0}
    # Words that leave much to the seed.
    near = {"prompt": "a coat", "variation_seed": 5}
    return [
        Cell("text to image: " + BEGIN),
        *(
            Cell(text, {"prompt": text, "seed": SEED})
            for text in (
                "a {red|blue|green} {hat|coat|bag}",
                "a red argyle dress on a cream background <lora:argyle:1>",
                "blueprint of a red striped dress <lora:blueprint:1>",
                "a red argyle dress on a cream background <lora:argyle:0.5>",
            )
        ),
        *(
            Cell(f"image to image, strength {strength:g}: blue floral", {**blue, "strength": strength}, over=True)
            for strength in (0.3, 0.5, 0.6, 0.75, 0.9)
        ),
        *(
            Cell(f"inpaint, {said}", {**blue, "strength": 0.9, **how}, over=True, mask=hole)
            for said, how in (
                ("the skirt: blue floral", {}),
                ("all but the skirt", {"invert_mask": True}),
                ("a hard edge", {"mask_blur": 0}),
                ("a soft edge of 24", {"mask_blur": 24}),
                ("the masked area at full size", {"masked_area": "masked"}),
            )
        ),
        *(
            Cell(f"a coat, {share:g} of the way to another seed", {**near, "variation_strength": share})
            for share in (0.0, 0.15, 0.4, 0.7, 1.0)
        ),
        Cell("outpaint: 64 pixels more at both sides", wider, over=True),
    ]  # fmt: skip


async def drawn(client: InProcessInferenceClient, cell: Cell, first: bytes | None) -> bytes:
    """Return the file of a cell.

    Raises:
        RuntimeError: It could not be drawn.
    """
    asked: dict[str, Any] = {"prompt": BEGIN, "seed": SEED, **cell.asked}
    files: dict[str, bytes] = {}
    if cell.over and first is not None:
        asked["init_image"], files["init_image"] = "first", first
    if cell.mask is not None:
        asked["mask"], files["mask"] = "mask", _png(cell.mask)
    name = f"cell-{abs(hash(cell.label))}"
    request = GenerationRequest(
        id=name,
        parameters=GenerationParameters.model_validate(asked),
        pictures=Pictures.model_validate(files),
    )
    async for event in client.generate(request):
        if event.type == "error":
            raise RuntimeError(f"{cell.label}: {event.message}")
    return await client.image(name, 0)


async def draw_all() -> list[Image.Image]:
    """Return the pictures of the sheet, the first being what others are drawn over."""
    engine = Engine(Catalog.read()).start()
    try:
        if not engine.wait_until_loaded(SECONDS_TO_LOAD):
            raise RuntimeError(engine.health().detail)
        client = InProcessInferenceClient(engine)
        first, *rest = cells()
        begun = await drawn(client, first, None)
        others = await asyncio.gather(*(drawn(client, cell, begun) for cell in rest))
        return [Image.open(BytesIO(data)).convert("RGB") for data in (begun, *others)]
    finally:
        engine.stop()


def main() -> None:
    """Write the sheet to the path that was given."""
    pictures = [_on_square(picture) for picture in asyncio.run(draw_all())]
    sheet = contact_sheet(pictures, [cell.label for cell in cells()], COLUMNS)
    sheet.save(Path(sys.argv[1]), quality=88, subsampling=0, optimize=True)


def _png(mask: Image.Image) -> bytes:
    written = BytesIO()
    mask.save(written, "PNG")
    return written.getvalue()


def _on_square(picture: Image.Image) -> Image.Image:
    """Return a picture in the middle of a white square, as the sheet has them."""
    side = max(picture.size)
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


if __name__ == "__main__":
    main()
