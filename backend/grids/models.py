"""The rows of a grid: what its cells share and how they differ, and which generation is in which place."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, String, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.grids.schemas import Axes
from backend.kit import clock
from backend.kit.database import PydanticJSON
from backend.kit.ids import new_id
from inference.protocol import GenerationParameters

_ID = 26


class Grid(SQLModel, table=True):
    """A comparison that somebody asked for. How it goes is told by its generations."""

    __tablename__ = "grid"
    __table_args__: ClassVar = (
        UniqueConstraint("owner_id", "idempotency_key"),
        Index("ix_grid_owner", "owner_id", "id"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    owner_id: str = Field(foreign_key="user_account.id", max_length=_ID)
    parameters: GenerationParameters = Field(
        sa_column=Column(PydanticJSON(GenerationParameters), nullable=False)
    )
    axes: Axes = Field(sa_column=Column(PydanticJSON(Axes), nullable=False))
    idempotency_key: str | None = Field(default=None, max_length=255)
    request_hash: str = Field(max_length=64, description="SHA-256 of the body as it was sent.")
    created_at: datetime = Field(default_factory=clock.utc_now)


class GridCell(SQLModel, table=True):
    """Which place of a grid a generation is drawn for; it goes when the generation goes."""

    __tablename__ = "grid_cell"

    generation_id: str = Field(
        sa_column=Column(
            String(_ID), ForeignKey("generation.id", ondelete="CASCADE"), primary_key=True
        )
    )
    grid_id: str = Field(
        sa_column=Column(
            String(_ID), ForeignKey("grid.id", ondelete="CASCADE"), index=True, nullable=False
        )
    )
    place: int = Field(description="From 0, row by row, sheet by sheet.")
