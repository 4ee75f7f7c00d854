"""Draws every way of drawing with the bundled model on one sheet: `python -m loadtests.mode_sheet docs/modes.jpg`.

By the engine itself and as it is asked over HTTP, so that the sheet shows what people get.
"""

from __future__ import annotations

import asyncio
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPTokenizer

from inference.catalog import Catalog
from inference.client import InProcessInferenceClient
from inference.engine import Engine
from inference.inversions.offers import EmbeddingOffer
from inference.minimodel.sheet import contact_sheet
from inference.protocol import GenerationParameters, GenerationRequest, Pictures
from loadtests.mode_cells import BEGIN, COLUMNS, SEASIDE, SEASIDE_IS, SEED, Cell, cells, recipe

SECONDS_TO_LOAD: Final = 120.0
INSET: Final = 72
RECIPE_OVER: Final = "a red striped dress"


async def drawn(client: InProcessInferenceClient, cell: Cell, first: bytes | None) -> bytes:
    """Return the file of a cell.

    Raises:
        RuntimeError: It could not be drawn.
    """
    asked: dict[str, Any] = {"prompt": BEGIN, "seed": SEED, **cell.asked}
    files: dict[str, Any] = {}
    if cell.over and first is not None:
        asked["init_image"], files["init_image"] = "first", first
    if cell.mask is not None:
        asked["mask"], files["mask"] = "mask", _png(cell.mask)
    if cell.shape is not None:
        files["control"] = (_png(cell.shape),)
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


async def draw_all(catalog: Catalog) -> list[tuple[Image.Image, str]]:
    """Return the pictures of the sheet with their labels, the first being what others are drawn over."""
    engine = Engine(catalog).start()
    try:
        if not engine.wait_until_loaded(SECONDS_TO_LOAD):
            raise RuntimeError(engine.health().detail)
        client = InProcessInferenceClient(engine)
        first, *rest = cells()
        begun = await drawn(client, first, None)
        steps, others = await asyncio.gather(
            chained(client, recipe(RECIPE_OVER), begun),
            asyncio.gather(*(drawn(client, cell, begun) for cell in rest)),
        )
        files = zip((first, *rest, *recipe(RECIPE_OVER)), (begun, *others, *steps), strict=True)
        return [
            (_on_square(_shown(Image.open(BytesIO(data)).convert("RGB"), cell)), cell.label)
            for cell, data in files
        ]
    finally:
        engine.stop()


async def chained(client: InProcessInferenceClient, steps: list[Cell], begun: bytes) -> list[bytes]:
    """Return the files of `steps`, each drawn over that of the one before it."""
    files = [begun]
    for step in steps:
        files.append(await drawn(client, step, files[-1]))
    return files[1:]


def with_a_word(folder: Path) -> Catalog:
    """Return the bundled models with a textual inversion, whose file is written into `folder`: the vectors of words it knows."""
    catalog = Catalog.read()
    model = catalog.offers[0]
    (weights,) = (model.directory / "text_encoder").glob("*.safetensors")
    vectors = load_file(weights)["embeddings.token_embedding.weight"]
    tokenizer = CLIPTokenizer.from_pretrained(model.directory / "tokenizer")
    ids = tokenizer(SEASIDE_IS, add_special_tokens=False).input_ids
    save_file({SEASIDE: vectors[ids].clone()}, folder / "seaside.safetensors")
    word = EmbeddingOffer(
        name=SEASIDE, root=folder, file=Path("seaside.safetensors"), models=(model.name,)
    )
    offers = (model.model_copy(update={"embeddings": (word,)}), *catalog.offers[1:])
    return catalog.model_copy(update={"offers": offers})


def main() -> None:
    """Write the sheet to the path that was given."""
    with TemporaryDirectory() as folder:
        told = asyncio.run(draw_all(with_a_word(Path(folder).resolve())))
    pictures, labels = (list(one) for one in zip(*told, strict=True))
    sheet = contact_sheet(pictures, labels, COLUMNS)
    sheet.save(Path(sys.argv[1]), quality=88, subsampling=0, optimize=True)


def _png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()


def _shown(picture: Image.Image, cell: Cell) -> Image.Image:
    if cell.shape is not None:
        picture.paste(cell.shape.resize((INSET, INSET)), (0, 0))
    return picture if cell.detail is None else picture.crop(cell.detail)


def _on_square(picture: Image.Image) -> Image.Image:
    """Return a picture in the middle of a white square, as the sheet has them."""
    side = max(picture.size)
    square = Image.new("RGB", (side, side), "white")
    square.paste(picture, ((side - picture.width) // 2, (side - picture.height) // 2))
    return square


if __name__ == "__main__":
    main()
