"""The ledger and the limits. Rows here outlive what they name: a deleted generation stays paid for.

Amounts are millionths of a credit; a day is a day of UTC by the database's clock.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import BigInteger, Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.kit.database import stored_words
from backend.kit.ids import new_id


class UsageCharge(SQLModel, table=True):
    """What one generation was charged, to whom, and how much of it was given back."""

    __tablename__ = "usage_charge"

    generation_id: str = Field(primary_key=True, max_length=26)
    user_id: str = Field(index=True, max_length=26)
    team_id: str | None = Field(default=None, max_length=26)
    day: date = Field(index=True)
    microcredits: int = Field(sa_type=BigInteger)
    refunded: int = Field(default=0, sa_type=BigInteger)


class UsageTally(SQLModel, table=True):
    """The ledger's sum for one person or team on one day; written with every charge and refund."""

    __tablename__ = "usage_tally"

    holder: str = Field(primary_key=True, max_length=40, description="person:ID or team:ID")
    day: date = Field(primary_key=True)
    microcredits: int = Field(sa_type=BigInteger)


class QuotaOf(StrEnum):
    """Whom a quota is for."""

    PERSON = "person"
    TEAM = "team"
    ROLE = "role"


class Quota(SQLModel, table=True):
    """How much one person, one team together, or each person of a role may spend. Null: as much as they like."""

    __tablename__ = "quota"
    __table_args__: ClassVar = (UniqueConstraint("of", "subject"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    of: QuotaOf = Field(sa_column=Column(stored_words(QuotaOf, length=8), nullable=False))
    subject: str = Field(max_length=40, description="Id of the person or team; name of the role.")
    day_microcredits: int | None = Field(default=None, sa_type=BigInteger)
    month_microcredits: int | None = Field(default=None, sa_type=BigInteger)
