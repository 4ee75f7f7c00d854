"""The wire shapes of images in galleries."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from backend.galleries.schemas import PersonOf
from backend.images.schemas import ImageId, Status

MOST_AT_ONCE: Final = 500


class ImagesWanted(BaseModel):
    """Images to be put into a gallery, or taken out of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"image_ids": ["01m7xxtq72y599hfwczfvzjz52"]}]},
    )

    image_ids: list[ImageId] = Field(min_length=1, max_length=MOST_AT_ONCE)


class Refusal(BaseModel):
    """An image that stays as it was, and why."""

    id: str
    reason: str


class Placed(BaseModel):
    """What became of images that were to be put into a gallery."""

    placed: list[str] = Field(description="Those that are in it now, also if they were before.")
    refused: list[Refusal]


class TakenOut(BaseModel):
    """What became of images that were to be taken out of a gallery."""

    removed: list[str]
    refused: list[Refusal]


class ImageInGallery(BaseModel):
    """An image as a gallery shows it; its bytes are at /api/v1/images/{id}/content."""

    id: str
    width: int
    height: int
    prompt: str
    status: Status
    owner: PersonOf
    mine: bool


class ImagesInGallery(BaseModel):
    """Some images of a gallery, the last that were put into it first."""

    items: list[ImageInGallery]
    next_cursor: str | None = None
