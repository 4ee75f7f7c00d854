"""The rows of models' stages, as they are and as they were. A model without a row is available, as inference offers it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Index, text
from sqlmodel import Field, SQLModel

from backend.accounts.models import LONGEST_MODEL_NAME
from backend.catalog.stages import Stage
from backend.kit import clock
from backend.kit.database import stored_words
from backend.kit.ids import new_id

LONGEST_REASON = 300
_ID = 26
_DIGEST = 64


def _only_one(stage: Stage) -> Index:
    """Return the index that lets one model at most have `stage`."""
    where = text(f"stage = '{stage}'")
    name = f"ix_model_choice_{stage}"
    return Index(name, "stage", unique=True, sqlite_where=where, postgresql_where=where)


class ModelChoice(SQLModel, table=True):
    """The stage that a model has."""

    __tablename__ = "model_choice"
    __table_args__: ClassVar = (_only_one(Stage.DEFAULT), _only_one(Stage.CANARY))

    model: str = Field(primary_key=True, max_length=LONGEST_MODEL_NAME)
    stage: Stage = Field(
        default=Stage.AVAILABLE, sa_column=Column(stored_words(Stage, length=12), nullable=False)
    )
    share: int | None = Field(
        default=None, description="Of a canary: the percentage of people that it draws for."
    )
    reason: str = Field(
        default="", max_length=LONGEST_REASON, description="Why; of a retired one, for people."
    )
    weights_sha256: str | None = Field(
        default=None,
        max_length=_DIGEST,
        description="The weights that were given this stage; null: they were not known.",
    )
    changed_at: datetime = Field(default_factory=clock.late_now)
    changed_by: str | None = Field(default=None, foreign_key="user_account.id", max_length=_ID)


class ModelMove(SQLModel, table=True):
    """One move of a model from a stage to another. Never changed, never deleted."""

    __tablename__ = "model_move"
    __table_args__: ClassVar = (Index("ix_model_move_model", "model", "id"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    model: str = Field(max_length=LONGEST_MODEL_NAME)
    before: Stage | None = Field(
        default=None,
        sa_column=Column(stored_words(Stage, length=12), nullable=True),
        description="null: it is from before moves were written down.",
    )
    after: Stage = Field(sa_column=Column(stored_words(Stage, length=12), nullable=False))
    share: int | None = None
    reason: str = Field(default="", max_length=LONGEST_REASON)
    weights_sha256: str | None = Field(default=None, max_length=_DIGEST)
    rolled_back: bool = Field(default=False, description="It is a part of a rollback.")
    replaced: str | None = Field(
        default=None,
        max_length=LONGEST_MODEL_NAME,
        description="Where it became the default: the default before it.",
    )
    replaced_sha256: str | None = Field(
        default=None, max_length=_DIGEST, description="The weights of that one then."
    )
    at: datetime = Field(default_factory=clock.late_now)
    by: str | None = Field(default=None, foreign_key="user_account.id", max_length=_ID)
