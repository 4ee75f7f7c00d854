"""Wire shapes of models as administrators see and change them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from inference.protocol import ModelCard

# One line of text: no control characters. PostgreSQL stores no NUL.
_LINE = r"^[^\x00-\x1f\x7f]*$"
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=_LINE)]


class ManagedModel(BaseModel):
    """A model, and what was chosen about it."""

    name: str
    card: ModelCard | None = Field(description="null: inference does not offer it now.")
    enabled: bool = Field(description="Whether new generations may ask for it.")
    reason: str = Field(description="Why it is off, as people are told; empty: it is on.")
    is_default: bool = Field(description="Whether it draws when no model is named.")
    changed_at: datetime | None = Field(description="When that was last changed; null: never.")
    changed_by: str | None = Field(description="Who changed it; null: nobody, or they are gone.")


class Inference(BaseModel):
    """How those who draw are. A model that is offered is loaded wherever `ready` is true."""

    ready: bool
    device: str | None = Field(description="What it draws on; null: it does not answer.")
    dtype: str | None = Field(description="In which precision.")
    detail: str = Field(description="Why it cannot draw now; empty: nobody said.")


class ModelChoices(BaseModel):
    """Every model on offer, in inference's order, then those about which something was chosen before."""

    items: list[ManagedModel]
    inference: Inference


class ModelChange(BaseModel):
    """What is to be changed; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = Field(default=None, description="false needs a reason.")
    reason: Reason = Field(
        default="",
        description="Why it is off; whoever asks for the model is told.",
        examples=["Draws hands badly since the update; use atelier-mini"],
    )
    is_default: Literal[True] | None = Field(
        default=None, description="Have it draw when none is named, in place of the one before."
    )
