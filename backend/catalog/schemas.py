"""Wire shapes of models as administrators see and move them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.catalog.models import LONGEST_REASON
from backend.catalog.stages import LARGEST_SHARE, LEAST_SHARE, Stage
from inference.protocol import ModelCard

# One line of text: no control characters. PostgreSQL stores no NUL.
_LINE = r"^[^\x00-\x1f\x7f]*$"
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=LONGEST_REASON, pattern=_LINE)
]


class ManagedModel(BaseModel):
    """A model, its stage, and what an administrator should know of it."""

    name: str
    card: ModelCard | None = Field(description="null: inference does not offer it now.")
    stage: Stage = Field(
        description="staging: administrators draw with it. canary: it draws for `share` percent of the people when they "
        "name no model, and whoever names it may. available: whoever names it. default: when none is named. retired: nobody "
        "newly."
    )
    share: int | None = Field(description="Of a canary: the percentage of people.")
    reason: str = Field(
        description="Why it has this stage; of a retired model, as people are told."
    )
    is_default: bool = Field(
        description="Whether it draws now for who names none: the default, or who stands in while that is not offered."
    )
    moves: list[Stage] = Field(description="The stages that it may be given.")
    roles: list[str] | None = Field(
        description="The roles that may draw with it; null: every role."
    )
    weights_changed: bool = Field(
        description="Inference offers other weights than those that were given the stage."
    )
    approved_sha256: str | None = Field(
        description="Digest of the weights that were given the stage; null: nobody gave one, or it was not known."
    )
    changed_at: datetime | None = Field(description="When it was last moved; null: never.")
    changed_by: str | None = Field(description="Who moved it; null: nobody, or they are gone.")


class Inference(BaseModel):
    """How those who draw are. A model that is offered is loaded wherever `ready` is true."""

    ready: bool
    device: str | None = Field(description="What it draws on; null: it does not answer.")
    dtype: str | None = Field(description="In which precision.")
    detail: str = Field(description="Why it cannot draw now; empty: nobody said.")


class DefaultBefore(BaseModel):
    """What a rollback would put back."""

    model: str
    hindrance: str = Field(description="Why it cannot be put back, for people; empty: it can.")


class ModelChoices(BaseModel):
    """Every model on offer, in inference's order, then those that were given a stage before."""

    items: list[ManagedModel]
    before: DefaultBefore | None = Field(
        description="The default before the present one; null: there was none."
    )
    inference: Inference


class ModelChange(BaseModel):
    """The stage to give, with the weights that inference offers now."""

    model_config = ConfigDict(extra="forbid")

    stage: Stage = Field(description="The same again approves the weights of now.")
    share: int | None = Field(
        default=None,
        ge=LEAST_SHARE,
        le=LARGEST_SHARE,
        description="For a canary: the percentage of people that it draws for when they name no model.",
    )
    reason: Reason = Field(
        default="",
        description="Why. Needed to retire a model: whoever asks for it is told.",
        examples=["Draws hands badly since the update; use atelier-mini"],
    )


class Rollback(BaseModel):
    """Why the default before is put back."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(default="", examples=["Hands"])


class MovePublic(BaseModel):
    """One move of a model."""

    id: str
    at: datetime
    by: str | None = Field(description="Who moved it; null: they are gone, or the studio did.")
    before: Stage | None = Field(
        description="null: from before moves were written down; only what came of them is known."
    )
    after: Stage
    share: int | None
    reason: str
    weights_sha256: str | None = Field(description="The weights then; null: they were not known.")
    rolled_back: bool = Field(description="It is a part of a rollback.")
