"""The wire shapes of presets."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from backend.galleries.schemas import Visibility
from backend.kit.wording import AVOIDED, DRAWN, READ
from inference.protocol import Decoder, Scheduler
from inference.protocol.checks import MAX_PROMPT_CHARACTERS, prose, within

MOST_PRESETS: Final = 200
LONGEST_NAME: Final = 80
PLACE: Final = "{prompt}"
_LINE: Final = r"^[^\x00-\x1f\x7f]*$"


class Shape(StrEnum):
    """The shapes that the form offers; how many pixels that is, the model says."""

    SQUARE = "square"
    PORTRAIT = "portrait"
    TALL = "tall"
    LANDSCAPE = "landscape"
    WIDE = "wide"


def with_a_place(template: str) -> str:
    """Refuse a template in which the prompt has no place, or two."""
    if template.count(PLACE) == 1:
        return prose(template)
    raise PydanticCustomError(
        "no_place",
        "must have {limit}; write it where the typed prompt goes",
        {"limit": f"{PLACE} in it once", "nearest": PLACE},
    )


class PresetParameters(BaseModel):
    """What a preset sets; null leaves that to whoever draws."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    template: (
        Annotated[
            str,
            AfterValidator(with_a_place),
            DRAWN,
            Field(
                description=f"Written around the typed prompt, whose place is {PLACE}.",
                examples=["an ink drawing of {prompt}"],
                json_schema_extra={"maxLength": MAX_PROMPT_CHARACTERS},
            ),
        ]
        | None
    ) = None
    negative_prompt: (
        Annotated[
            str,
            AfterValidator(prose),
            AVOIDED,
            Field(
                description="Added to what is typed there.",
                json_schema_extra={"maxLength": MAX_PROMPT_CHARACTERS},
            ),
        ]
        | None
    ) = None
    num_inference_steps: Annotated[int, within(1, 100)] | None = None
    guidance_scale: Annotated[float, within(1, 30, kind="a number")] | None = None
    scheduler: Scheduler | None = None
    decoder: (
        Annotated[
            Decoder,
            Field(description="tiny: a draft, where the model has a decoder for drafts."),
        ]
        | None
    ) = None
    strength: (
        Annotated[
            float,
            within(0.01, 1, kind="a number"),
            Field(
                description="For what is drawn over a picture; which one, a preset does not keep."
            ),
        ]
        | None
    ) = None
    ratio: Shape | None = None

    @model_validator(mode="after")
    def _sets_something(self) -> Self:
        if not self.model_dump(exclude_none=True):
            raise PydanticCustomError(
                "nothing_set", "must set {limit}", {"limit": "at least one of its fields"}
            )
        return self


Name = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_NAME, pattern=_LINE, examples=["Lookbook ink"]),
    READ,
]


class PresetCreate(BaseModel):
    """A preset to be kept."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name
    visibility: Visibility = Visibility.PRIVATE
    parameters: PresetParameters


class PresetChange(BaseModel):
    """What to change of a preset; what is left out stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Name | None = Field(default=None, examples=["Lookbook ink"])
    visibility: Visibility | None = None
    parameters: PresetParameters | None = None


class BuiltInPreset(BaseModel):
    """A preset that comes with the studio."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(examples=["ink"])
    name: str
    parameters: PresetParameters


class PresetOwner(BaseModel):
    """Whose preset it is."""

    id: str
    name: str


class PresetPublic(BaseModel):
    """A preset as somebody sees it who may use it."""

    id: str
    name: str
    visibility: Visibility
    parameters: PresetParameters
    owner: PresetOwner
    mine: bool
    can_change: bool = Field(description="Whether you may change and delete it.")
    created_at: datetime
    updated_at: datetime


class PresetPage(BaseModel):
    """Some presets that you may use, newest first."""

    items: list[PresetPublic]
    next_cursor: str | None = None
