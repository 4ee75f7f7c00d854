"""The row of a preset."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.galleries.schemas import Visibility
from backend.kit import clock
from backend.kit.database import PydanticJSON, stored_words
from backend.kit.ids import new_id
from backend.presets.schemas import LONGEST_NAME, PresetParameters

_ID = 26


class Preset(SQLModel, table=True):
    """A named way to draw. `team_id` is set while it is the team's, and stays when its owner changes teams."""

    __tablename__ = "preset"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=_ID)
    owner_id: str = Field(foreign_key="user_account.id", index=True, max_length=_ID)
    name: str = Field(max_length=LONGEST_NAME)
    visibility: Visibility = Field(
        sa_column=Column(stored_words(Visibility, length=10), index=True, nullable=False)
    )
    team_id: str | None = Field(default=None, foreign_key="team.id", index=True, max_length=_ID)
    parameters: PresetParameters = Field(
        sa_column=Column(PydanticJSON(PresetParameters), nullable=False)
    )
    created_at: datetime = Field(default_factory=clock.late_now)
    updated_at: datetime = Field(default_factory=clock.late_now)
