"""The row of an image: whose it is, where its files lie, and whether they may be shown."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, Column, Enum, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from backend.images.schemas import ImageParameters, Moderation, Prompts, Status
from backend.kit.clock import utc_now
from backend.kit.database import PydanticJSON, stored_words
from backend.kit.ids import new_id


def moderation_column(name: str = "moderation") -> Column[Moderation]:
    """Return a column of a moderation state: its plain word, the same on both databases."""
    kind = Enum(
        Moderation,
        native_enum=False,
        length=16,
        values_callable=lambda kind: [s.value for s in kind],
    )
    return Column(name, kind, nullable=False)


class Image(SQLModel, table=True):
    """One finished picture. Its files were written before this row, and never change after it."""

    __tablename__ = "image"
    __table_args__: ClassVar = (
        UniqueConstraint("generation_id", "index"),
        Index("ix_image_owner", "owner_id", "id"),
        Index("ix_image_stack", "stack", "id"),
        Index("ix_image_result", "result_key", "id"),
        Index(
            "ix_image_trashed",
            "trashed_at",
            sqlite_where=text("trashed_at IS NOT NULL"),
            postgresql_where=text("trashed_at IS NOT NULL"),
        ),
        Index("ix_image_lookup", "lookup"),
        Index(
            "ix_image_unsigned",
            "id",
            sqlite_where=text("signed = 0"),
            postgresql_where=text("NOT signed"),
        ),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    generation_id: str = Field(foreign_key="generation.id", max_length=26)
    index: int
    owner_id: str = Field(foreign_key="user_account.id", max_length=26)
    # What draws this one image again, alone: the generation's parameters with its own seed and words.
    parameters: ImageParameters = Field(
        sa_column=Column(PydanticJSON(ImageParameters), nullable=False)
    )
    width: int
    height: int
    content_type: str = Field(max_length=32)
    sha256: str = Field(max_length=64)
    storage_key: str = Field(max_length=128)
    preview_key: str = Field(max_length=128)
    thumb_key: str = Field(max_length=128)
    moderation: Moderation = Field(default=Moderation.PENDING, sa_column=moderation_column())
    reason: str | None = Field(default=None, max_length=1000)
    created_at: datetime = Field(default_factory=utc_now)
    parent_id: str | None = Field(
        default=None,
        index=True,
        max_length=26,
        description="The image that it was made from; it may be gone.",
    )
    stack: str = Field(
        default="",
        max_length=64,
        description="Digest of all that decides its look but the seed.",
        sa_column_kwargs={"server_default": ""},
    )
    result_key: str | None = Field(
        default=None,
        max_length=64,
        description="Digest of all that decides its pixels; empty: it answers for no other.",
    )
    status: Status = Field(
        default=Status.DRAFT,
        sa_column=Column(stored_words(Status, length=12), nullable=False, server_default="draft"),
    )
    purged_at: datetime | None = Field(
        default=None, description="When two reviewers had its files removed for good."
    )
    trashed_at: datetime | None = Field(
        default=None, description="When its owner threw it away; empty: they have not."
    )
    lookup: int | None = Field(
        default=None,
        sa_type=BigInteger,
        description="By what its files are found again, 0 to 2³² - 1; copies share it. Empty: it is older than that.",
    )
    hidden: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="Its lookup id is in its pixels.",
    )
    signed: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="All its files are signed.",
    )

    @property
    def seed(self) -> int:
        """The seed that draws this image alone."""
        return self.parameters.seed

    @property
    def template(self) -> Prompts | None:
        """The prompts with wildcards that its words were drawn from, if there were any."""
        return self.parameters.template
