"""The row of the notice: there is one at most. Who posted it is in the audit."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from backend.kit.database import stored_words
from backend.notices.schemas import LONGEST_TEXT, NoticeKind

THE_ONE: Final = "studio"


class Notice(SQLModel, table=True):
    """What everybody is told until `ends_at`. Times are seconds of the database clock."""

    __tablename__ = "notice"

    id: str = Field(default=THE_ONE, primary_key=True, max_length=26)
    kind: NoticeKind = Field(sa_column=Column(stored_words(NoticeKind, length=12), nullable=False))
    text: str = Field(max_length=LONGEST_TEXT)
    starts_at: float = Field(description="From when it holds; maintenance is shown before.")
    ends_at: float | None = Field(default=None, description="Null: until somebody ends it.")
    posted_at: float
