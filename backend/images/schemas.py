"""Wire shapes of images: what a person reads about a picture, and the names of its variants."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inference.protocol import GenerationParameters

ImageId = Annotated[str, StringConstraints(pattern="^[0-9a-z]{1,64}$")]
"""The id of an image in the body of a request."""


class Moderation(StrEnum):
    """Where an image stands: only `released` ones are shown to anyone but reviewers."""

    PENDING = "pending"
    RELEASED = "released"
    HELD = "held"
    REJECTED = "rejected"


class Status(StrEnum):
    """What a team thinks of an image; anybody may see it who may see the image."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    SELECTED = "selected"
    TO_EDIT = "to_edit"
    APPROVED = "approved"
    REJECTED = "rejected"


class Op(StrEnum):
    """What was made of a picture: all of it drawn anew, a part of it, its surroundings, all of it larger; or how else.

    `control` is drawn from the prompt by a shape, `variation` with another noise mixed in.
    """

    IMG2IMG = "img2img"
    INPAINT = "inpaint"
    OUTPAINT = "outpaint"
    UPSCALE = "upscale"
    CONTROL = "control"
    VARIATION = "variation"


class Variant(StrEnum):
    """The forms an image is served in: 320 px, 640 px, the master, the master without its prompt."""

    THUMB = "thumb"
    PREVIEW = "preview"
    FULL = "full"
    CLEAN = "clean"


class Format(StrEnum):
    """The kinds of file an image is handed out as; `webp` is the one that is kept."""

    WEBP = "webp"
    PNG = "png"
    JPEG = "jpeg"

    @property
    def content_type(self) -> str:
        """Return the media type."""
        return f"image/{self}"

    @property
    def suffix(self) -> str:
        """Return how a file's name ends."""
        return ".jpg" if self is Format.JPEG else f".{self}"


class Prompts(BaseModel):
    """A prompt, and what to stay away from."""

    model_config = ConfigDict(frozen=True)

    prompt: str
    negative_prompt: str = ""


class ImageParameters(GenerationParameters):
    """What draws one image again, alone, and beside it the prompts with wildcards that its words were drawn from."""

    template: Prompts | None = Field(default=None, exclude_if=lambda template: template is None)


class ImagePublic(BaseModel):
    """One image as its owner (or a reviewer) reads about it; the bytes are under `/content`."""

    id: str
    generation_id: str
    index: int = Field(description="0-based place within its generation.")
    seed: int
    width: int = Field(description="Pixels across.")
    height: int = Field(description="Pixels down.")
    content_type: str
    sha256: str = Field(description="Digest of the full file, as `variant=full` serves it.")
    moderation: Moderation
    reason: str | None = Field(description="Why it is held or rejected, in plain words.")
    op: Op | None = Field(
        description="How it was made of a picture or another image; null: from its prompt alone."
    )
    parameters: GenerationParameters = Field(
        description="What draws this one image again; of wildcards the words that were drawn. Only its owner is told "
        "what it was drawn over and by: to others init_image, mask, outpaint and upscale are null and control is empty."
    )
    template: Prompts | None = Field(
        default=None,
        description="The prompts with wildcards that these words were drawn from; null: there were none.",
    )
    created_at: datetime


class ImagePage(BaseModel):
    """Some images, newest first; `next_cursor` asks for the ones after them."""

    items: list[ImagePublic]
    next_cursor: str | None = None
