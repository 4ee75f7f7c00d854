"""Shapes to draw by as they are asked for: which ControlNet, which picture, how much and when.

What a ControlNet is made of and how it is applied is `inference.controls`'. Here are plain data, and the one answer to
whether a model has what was asked for, which the API and the engine both give.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from inference.protocol.checks import prose, within
from inference.protocol.loras import MAX_NAME
from inference.protocol.offered import Wrong, first_wrong

MAX_CONTROLS: Final = 3
PictureName = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,64}$")]


class ControlKind(StrEnum):
    """What a ControlNet was trained to see."""

    SCRIBBLE = "scribble"
    EDGES = "edges"
    POSE = "pose"
    DEPTH = "depth"
    OTHER = "other"


class Preparation(StrEnum):
    """What is done to a picture before a ControlNet sees it; they want white lines on black."""

    NONE = "none"
    INVERT = "invert"
    EDGES = "edges"


class ControlUse(BaseModel):
    """One ControlNet in a picture: what it sees, how much it says, and during which part of the steps."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(prose)] = Field(
        min_length=1, max_length=MAX_NAME, description="One that the model's card offers."
    )
    image: PictureName = Field(
        description="What it sees, the id of an upload or of an image; fitted to the size as `fit` says."
    )
    prepare: Preparation = Field(
        default=Preparation.NONE,
        description="invert: dark lines on white become white on black. edges: the picture's edges are found first.",
    )
    scale: Annotated[float, within(0, 2, kind="a number")] = Field(
        default=1.0, description="How much it says, 0 to 2; 0 leaves it out."
    )
    start: Annotated[float, within(0, 1, kind="a number")] = Field(
        default=0.0, description="From which share of the steps on, 0 to 1."
    )
    end: Annotated[float, within(0, 1, kind="a number")] = Field(
        default=1.0, description="Until which share of the steps, more than start."
    )

    @field_validator("end")
    @classmethod
    def _after_start(cls, value: float, info: ValidationInfo) -> float:
        start = info.data.get("start", 0.0)
        if value <= start:
            raise PydanticCustomError(
                "end_before_start",
                "must be more than start, which is {start}; the nearest good value is 1",
                {"limit": "more than start", "start": f"{start:g}", "nearest": 1},
            )
        return value


class ControlCard(BaseModel):
    """A ControlNet on offer with a model. One with `trouble` cannot be used, and that says why."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    description: str = ""
    kind: ControlKind = ControlKind.OTHER
    scale: float = Field(default=1.0, description="How much of it shows it best.")
    sha256: str = Field(default="", description="Digest of its file; empty while it is in trouble.")
    licence: str = Field(default="", description="What it is under; empty: not said.")
    trouble: str = Field(default="", description="Why it cannot be used; empty: it can.")


def wrong_control(
    model: str, cards: Sequence[ControlCard], asked: Sequence[ControlUse]
) -> Wrong | None:
    """Return the first of `asked` that the model of these `cards` cannot draw with, if there is one."""
    return first_wrong("ControlNet", model, cards, [use.name for use in asked])
