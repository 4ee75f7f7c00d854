"""The pictures that travel with a request, and how they are laid on what is drawn.

What a generation draws over is named in its parameters, so that a row, a form and a file can hold them; the files
themselves go beside, from whoever knows what the names mean to whoever draws.
"""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import Annotated, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from inference.protocol.checks import within
from inference.protocol.controls import MAX_CONTROLS

MAX_PICTURE_BYTES: Final = 16 * 2**20
WIDEST_MARGIN: Final = 512
LEAST_INSIDE: Final = 64
AROUND_THE_MASK: Final = 32
"""Pixels beside the mask that are shown to the model when it draws the masked area only."""


class Fit(StrEnum):
    """How a picture of another shape is brought to the size that is drawn."""

    CROP = "crop"
    PAD = "pad"
    STRETCH = "stretch"


class MaskedArea(StrEnum):
    """What is drawn at full size: all of the picture, or the part around the mask, which is then put back."""

    WHOLE = "whole"
    MASKED = "masked"


class Margins(BaseModel):
    """Pixels at each side of what is drawn that the picture does not reach; they are drawn anew."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left: Annotated[int, within(0, WIDEST_MARGIN, 8)] = 0
    top: Annotated[int, within(0, WIDEST_MARGIN, 8)] = 0
    right: Annotated[int, within(0, WIDEST_MARGIN, 8)] = 0
    bottom: Annotated[int, within(0, WIDEST_MARGIN, 8)] = 0

    @property
    def beside(self) -> int:
        """How many pixels of the width they take."""
        return self.left + self.right

    @property
    def above_and_below(self) -> int:
        """How many pixels of the height they take."""
        return self.top + self.bottom


def _file(value: object) -> object:
    """Return the bytes that `value` is, or is the base64 of."""
    if isinstance(value, str):
        try:
            value = base64.b64decode(value, validate=True)
        except (ValueError, binascii.Error):
            raise PydanticCustomError(
                "not_base64", "must be the base64 of a PNG, JPEG or WebP file"
            ) from None
    if isinstance(value, bytes) and not 0 < len(value) <= MAX_PICTURE_BYTES:
        raise PydanticCustomError(
            "picture_too_large",
            "must be a file of 1 to {limit} bytes, not {given}; send a smaller picture",
            {"limit": str(MAX_PICTURE_BYTES), "given": str(len(value))},
        )
    return value


def _text(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode("ascii")


PictureFile = Annotated[
    bytes,
    BeforeValidator(_file),
    PlainSerializer(_text, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]


class Pictures(BaseModel):
    """The files that the parameters name: PNG, JPEG or WebP of any size up to 16 MiB; in JSON, their base64."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    init_image: PictureFile | None = Field(default=None, repr=False)
    mask: PictureFile | None = Field(
        default=None, repr=False, description="White where the picture is drawn anew."
    )
    control: tuple[PictureFile, ...] = Field(
        default=(),
        max_length=MAX_CONTROLS,
        repr=False,
        description="What each entry of parameters.control sees, in the same order.",
    )
