"""Which programs still work with the schema, kept in it."""

from __future__ import annotations

from sqlmodel import Field, SQLModel


class SchemaFloor(SQLModel, table=True):
    """One row once something was taken away: the revision of the oldest program that works since then."""

    __tablename__ = "schema_floor"

    id: int = Field(default=1, primary_key=True)
    revision: str = Field(max_length=32)
