"""The wire shapes of the notice."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from backend.stops.schemas import StopTold

LONGEST_TEXT: Final = 500
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT, pattern=r"^[^\x00]*$"
    ),
]


class NoticeKind(StrEnum):
    """What a notice does: `info` is only read; during `maintenance` no generation is accepted."""

    INFO = "info"
    MAINTENANCE = "maintenance"


class NoticeWrite(BaseModel):
    """The notice as it should be, in place of whatever there is."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": "maintenance",
                    "text": "The GPUs move to another rack.",
                    "starts_at": "2030-01-07T18:00:00Z",
                    "ends_at": "2030-01-07T20:00:00Z",
                }
            ]
        },
    )

    kind: NoticeKind
    text: Text = Field(description="What everybody reads, in plain text.")
    starts_at: AwareDatetime | None = Field(
        default=None,
        description="From when it holds; null is at once. Maintenance is shown before.",
    )
    ends_at: AwareDatetime | None = Field(
        default=None, description="When it ends by itself; null is when somebody ends it."
    )

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.starts_at and self.ends_at and self.ends_at <= self.starts_at:
            raise PydanticCustomError("ends_first", "ends_at must be later than starts_at")
        return self


class NoticePublic(BaseModel):
    """The notice, as everybody reads it."""

    model_config = ConfigDict(from_attributes=True)

    kind: NoticeKind
    text: str
    starts_at: datetime
    ends_at: datetime | None = Field(description="Null: until somebody ends it.")
    posted_at: datetime


class NoticeNow(BaseModel):
    """What there is to tell at this moment."""

    notice: NoticePublic | None = Field(description="Null when there is nothing to tell.")
    in_force: bool = Field(
        description="Whether it has begun: then, under maintenance, no generation is accepted."
    )
    stops: list[StopTold] = Field(
        default_factory=list, description="What is stopped in an emergency: models, or all drawing."
    )
    changes_in_s: float | None = Field(
        description="Seconds until it begins or ends by itself, by the clock of the studio."
    )
