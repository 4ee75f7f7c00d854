"""The audit tables: a chain of entries that cannot be changed, and beside it what of them can be erased.

Rows of `audit_entry` are added and never changed; triggers of the database refuse it to everybody who does
not take them away first, and the chain tells of those who do.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer
from sqlmodel import Field, SQLModel

HASH_LENGTH = 64
NO_HASH = "0" * HASH_LENGTH
HEAD_ID = 1

# SQLite counts rows by itself only in a column that is plainly INTEGER; both hold 64 bits there.
_Number = BigInteger().with_variant(Integer, "sqlite")


class AuditEntry(SQLModel, table=True):
    """One act. `seq` counts from 1 without a gap; `subject` reads `generation:{id}`, `image:{id}` and so on."""

    __tablename__ = "audit_entry"

    seq: int = Field(sa_column=Column(_Number, primary_key=True, autoincrement=False))
    at: datetime = Field(index=True)
    actor_id: str | None = Field(
        default=None, max_length=26, index=True, description="Who; nobody means the studio itself."
    )
    verb: str = Field(max_length=64, description="Such as `generation.submit`.")
    subject: str = Field(max_length=120, index=True)
    detail_hash: str = Field(max_length=HASH_LENGTH, description="SHA-256 over salt and detail.")
    hash: str = Field(
        max_length=HASH_LENGTH, description="SHA-256 over the entry and the hash before it."
    )


class AuditDetail(SQLModel, table=True):
    """More about an entry. Erasing it takes the salt too, so that nobody can guess what it was."""

    __tablename__ = "audit_detail"

    seq: int = Field(
        sa_column=Column(
            _Number, ForeignKey("audit_entry.seq"), primary_key=True, autoincrement=False
        )
    )
    salt: str | None = Field(max_length=32)
    body: dict[str, str] | None = Field(sa_column=Column(JSON(none_as_null=True), nullable=True))


class AuditHead(SQLModel, table=True):
    """The end of the chain, one row: whoever adds an entry holds it until the transaction ends."""

    __tablename__ = "audit_head"

    id: int = Field(default=HEAD_ID, primary_key=True)
    seq: int = Field(sa_column=Column(_Number, nullable=False))
    hash: str = Field(max_length=HASH_LENGTH)
