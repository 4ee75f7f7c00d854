"""Writes images as lines of CSV, which spreadsheets open. A cell that one of them would run as a formula is quoted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from backend.images.schemas import Prompts
from backend.kit import sheets
from backend.library.schemas import LibraryImage

COLUMNS: Final = (
    "id", "created_at", "owner", "status", "tags", "prompt", "negative_prompt", "model", "seed", "width", "height",
    "steps", "guidance_scale", "scheduler", "moderation", "parent_id", "template", "negative_template",
)  # fmt: skip


def head(*before: str) -> bytes:
    """Return the first line: the names of the columns, after those of the caller's own."""
    return sheets.line((*before, *COLUMNS))


def lines(images: Iterable[LibraryImage]) -> Iterator[bytes]:
    """Yield a line for each image."""
    return (line(image) for image in images)


def line(image: LibraryImage, *before: str) -> bytes:
    """Return the line of one image, after cells of the caller's own."""
    asked, template = image.parameters, image.template or Prompts(prompt="")
    cells = (
        image.id, image.created_at.isoformat(), image.owner.name, image.status, ", ".join(image.tags), asked.prompt,
        asked.negative_prompt, asked.model, image.seed, image.width, image.height, asked.num_inference_steps,
        asked.guidance_scale, asked.scheduler, image.moderation, image.parent_id or "",
        template.prompt, template.negative_prompt,
    )  # fmt: skip
    return sheets.line((*before, *map(str, cells)))
