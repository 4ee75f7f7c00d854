"""Wire shapes of emergency stops."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

LONGEST_REASON: Final = 300
LONGEST_NAME: Final = 100

Reason = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=3, max_length=LONGEST_REASON, pattern=r"^[^\x00]*$"
    ),
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_NAME, pattern=r"^[^\x00]*$")
]


class Scope(StrEnum):
    """How far a stop reaches: all drawing, one model, or one category of the policy."""

    EVERYTHING = "everything"
    MODEL = "model"
    CATEGORY = "category"


class StopTold(BaseModel):
    """A stop as everybody reads it: why something cannot be drawn at the moment."""

    scope: Scope
    name: str = Field(description="The model or the category; empty where everything is stopped.")
    reason: str
    since: datetime


class StopPublic(StopTold):
    """A stop as administrators see it; lifted or in force."""

    id: str
    by: str | None = Field(description="Who stopped it; null: the command line, or somebody gone.")
    lifted_at: datetime | None = Field(description="Null: it is in force.")
    lifted_by: str | None


class StopWanted(BaseModel):
    """What is to be stopped, and why; everybody reads the reason."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"scope": "model", "name": "atelier-mini", "reason": "It draws what it should not."}
            ]
        },
    )

    scope: Scope
    name: Name = Field(default="", description="Of a model or a category; none for everything.")
    reason: Reason

    @model_validator(mode="after")
    def _names_it(self) -> Self:
        if (self.scope is Scope.EVERYTHING) == bool(self.name):
            wanted = "no name" if self.name else "the name of a model or a category"
            raise PydanticCustomError(
                "stop_name",
                "a stop of {scope} has {wanted}",
                {"scope": self.scope, "wanted": wanted},
            )
        return self
