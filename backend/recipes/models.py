"""The rows of recipes and their runs."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, ForeignKey, Index, String, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.galleries.schemas import Visibility
from backend.kit import clock
from backend.kit.database import PydanticJSON, stored_words
from backend.kit.ids import new_id
from backend.recipes.schemas import LONGEST_DESCRIPTION, LONGEST_TITLE, RunState
from backend.recipes.steps import KeptSteps, RecipeStep
from inference.protocol import ModelCard

_ID = 26


class Recipe(SQLModel, table=True):
    """A chain of steps that somebody keeps. `team_id` is set while it is the team's, as a preset's is."""

    __tablename__ = "recipe"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    owner_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    title: str = Field(max_length=LONGEST_TITLE)
    description: str = Field(default="", max_length=LONGEST_DESCRIPTION)
    visibility: Visibility = Field(
        sa_column=Column(stored_words(Visibility, length=10), index=True, nullable=False)
    )
    team_id: str | None = Field(default=None, foreign_key="team.id", index=True, max_length=_ID)
    steps: KeptSteps = Field(sa_column=Column(PydanticJSON(KeptSteps), nullable=False))
    created_at: datetime = Field(default_factory=clock.late_now)
    updated_at: datetime = Field(default_factory=clock.late_now)


class PlannedStep(BaseModel):
    """A step as it was when the run began, and the card of its model then: its defaults and its price."""

    model_config = ConfigDict(frozen=True)

    settings: RecipeStep
    card: ModelCard


class Plan(BaseModel):
    """All that a run was begun with. Nothing in it changes while it runs."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[PlannedStep, ...]
    over: str | None
    prompt: str
    mask: str | None
    seed: int

    def without_words(self, instead: str) -> Plan:
        """Return this plan with `instead` for all that somebody may have written prose in."""
        steps = tuple(
            one.model_copy(update={"settings": one.settings.without_words(instead)})
            for one in self.steps
        )
        return self.model_copy(update={"steps": steps, "prompt": instead if self.prompt else ""})


class RecipeRun(SQLModel, table=True):
    """A recipe on its way over one picture. `generation_id` is the one that it waits for; it may be gone."""

    __tablename__ = "recipe_run"
    __table_args__: ClassVar = (
        UniqueConstraint("owner_id", "idempotency_key", "number"),
        Index("ix_recipe_run_owner", "owner_id", "id"),
        Index(
            "ix_recipe_run_alive",
            "id",
            sqlite_where=text("state IN ('running', 'held')"),
            postgresql_where=text("state IN ('running', 'held')"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    owner_id: str = Field(foreign_key="user_account.id", max_length=_ID)
    recipe_id: str | None = Field(
        default=None, max_length=_ID, description="The recipe; it may be gone."
    )
    title: str = Field(max_length=LONGEST_TITLE)
    plan: Plan = Field(sa_column=Column(PydanticJSON(Plan), nullable=False))
    state: RunState = Field(
        default=RunState.RUNNING,
        sa_column=Column(stored_words(RunState, length=10), nullable=False),
    )
    place: int = Field(default=0, description="The step that it is at, from 0.")
    generation_id: str | None = Field(default=None, max_length=_ID)
    error_code: str | None = Field(default=None, max_length=64)
    error_message: str | None = Field(default=None, max_length=2000)
    idempotency_key: str | None = Field(default=None, max_length=255)
    number: int = Field(default=0, description="Which of those begun together, from 0.")
    request_hash: str = Field(max_length=64, description="SHA-256 of what was asked.")
    created_at: datetime = Field(default_factory=clock.utc_now)
    ended_at: datetime | None = None


class RecipeRunStep(SQLModel, table=True):
    """Which generation was drawn for which step of a run; of those for one step the newest counts."""

    __tablename__ = "recipe_run_step"

    generation_id: str = Field(
        sa_column=Column(
            String(_ID), ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True
        )
    )
    run_id: str = Field(
        sa_column=Column(
            String(_ID), ForeignKey("recipe_run.id", ondelete="CASCADE"), index=True, nullable=False
        )
    )
    place: int = Field(description="From 0, first to last.")
