"""What is on the sheet of every way of drawing: a row for each, its label, and what is asked for. Draws nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from PIL import Image, ImageDraw

from inference.catalog import Catalog

COLUMNS: Final = 5
SEED: Final = 11
SIDE: Final = 256
BEGIN: Final = "a red striped dress on a cream background"
SKIRT: Final = (64, 128, 192, 208)
DETAIL: Final = (400, 250, 656, 506)
PART: Final = (150, 180, 406, 436)
TEMPLATE: Final = "a {red|blue|green} {striped|floral} {dress|coat|bag}"
SEASIDE: Final = "<seaside>"
SEASIDE_IS: Final = "blue striped"
Points = tuple[tuple[int, int], ...]
# Half of each outline, from the top of the middle to its bottom; the other half mirrors it.
DRESS: Final = ((128, 60), (106, 52), (98, 60), (108, 110), (58, 216), (128, 216))
BAG: Final = ((128, 108), (62, 108), (46, 206), (128, 206))
HAT: Final = ((128, 84), (92, 88), (84, 142), (30, 158), (38, 174), (128, 178))


@dataclass(frozen=True)
class Cell:
    """One picture of the sheet: what stands under it, and what is asked; `over`: it is drawn over the first picture.

    With a `detail` only that part of it is shown; a `shape` that it is drawn by is shown in its corner.
    """

    label: str
    asked: dict[str, Any] = field(default_factory=dict)
    over: bool = False
    mask: Image.Image | None = None
    detail: tuple[int, int, int, int] | None = None
    shape: Image.Image | None = None


def scribble(half: Points) -> Image.Image:
    """Return a shape as a designer draws one with the mirror on: white lines on black."""
    shape = Image.new("RGB", (SIDE, SIDE))
    there = [*half, *((SIDE - x, y) for x, y in reversed(half)), half[0]]
    ImageDraw.Draw(shape).line(there, fill="white", width=4, joint="curve")
    return shape


def cells() -> list[Cell]:
    """Return the pictures of the sheet, a row for each way of drawing."""
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
            Cell(f"inpaint, {said}", {**blue, "strength": 0.9, **how}, over=True, mask=lower_half())
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
        *drafts(),
        *by_more_than_words(),
        *by_their_words(),
        Cell("outpaint: 64 pixels more at both sides", wider, over=True),
    ]  # fmt: skip


def drafts() -> list[Cell]:
    """Return a row of drafts beside what they are drafts of: the card's settings, and none."""
    settings = Catalog.read().offers[0].card.draft
    quick = settings.model_dump(exclude={"decoder_sha256"}) if settings else {}
    steps = f"{quick.get('num_inference_steps')} steps"
    coat, skirt = (
        "a purple checked coat on a mint background",
        "yellow floral skirt, pink background",
    )
    return [
        Cell(f"fine: {coat}", {"prompt": coat}),
        Cell(f"its draft: {steps}, tiny decoder", {"prompt": coat, **quick}),
        Cell(f"its draft, full decoder: {steps}", {"prompt": coat, **quick, "decoder": "full"}),
        Cell(f"a draft: {skirt}", {"prompt": skirt, **quick}),
        Cell("drawn finely from its card", {"prompt": skirt}),
    ]  # fmt: skip


def by_their_words() -> list[Cell]:
    """Return the rows of wildcards and of a textual inversion, whose two vectors are those of two words."""
    return [
        *(Cell(f"seed {seed} of {TEMPLATE}", {"prompt": TEMPLATE, "seed": seed}) for seed in range(5)),
        *(
            Cell(f"textual inversion: {text}", {"prompt": text})
            for text in (f"a {SEASIDE} {garment} on a cream background" for garment in ("dress", "coat", "bag", "hat", "jumper"))
        ),
    ]  # fmt: skip


def recipe(begun: str) -> list[Cell]:
    """Return the steps of a recipe, each of which is drawn over the picture of the one before it."""
    return [
        Cell(f"a recipe over {begun}, step 1: the lower half floral", {"prompt": f"{begun}, floral", "strength": 0.9}, over=True, mask=lower_half()),
        Cell(f"over {begun}, step 2: as a blueprint", {"prompt": f"blueprint of {begun} <lora:blueprint:1>", "strength": 0.75}, over=True),
        Cell(f"over {begun}, step 3: upscaled twice, a detail", {"prompt": begun, "strength": 0.2, "upscale": {"factor": 2}}, over=True, detail=PART),
    ]  # fmt: skip


def lower_half() -> Image.Image:
    """Return a mask that shows the skirt of a dress white."""
    hole = Image.new("L", (SIDE, SIDE), 0)
    ImageDraw.Draw(hole).rectangle(SKIRT, fill=255)
    return hole


def by_more_than_words() -> list[Cell]:
    """Return the rows of upscales and of shapes."""
    return [
        *(
            Cell(f"upscaled four times, a detail: {said}", {"num_inference_steps": 20, **how, "upscale": {"factor": 4, **by}}, over=True, detail=DETAIL)
            for said, how, by in (
                ("Lanczos, nothing drawn", {}, {"method": "resample"}),
                *((f"drawn, strength {strength:g}", {"strength": strength}, {}) for strength in (0.1, 0.2, 0.3, 0.5)),
            )
        ),
        *(
            Cell(f"by the shape in the corner: {prompt}{said}", {"prompt": f"{prompt} on a white background", "control": [{"name": "scribble", "image": "shape", **how}]}, shape=scribble(half))
            for prompt, half, how, said in (
                ("a green dress", DRESS, {}, ""),
                ("a purple checked dress", DRESS, {}, ""),
                ("a purple checked dress", DRESS, {"scale": 0.4}, ", half-heartedly (0.4)"),
                ("a yellow bag", BAG, {}, ""),
                ("a red hat", HAT, {}, ""),
            )
        ),
    ]  # fmt: skip
