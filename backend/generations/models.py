"""The generation row: what was asked, by whom, and how it is going. It is also the queue's own row."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field

from backend.kit.clock import utc_now
from backend.kit.database import PydanticJSON
from backend.kit.ids import new_id
from backend.kit.queue import Leased, LeaseQueue, lease_indexes
from inference import tracing
from inference.protocol import GenerationParameters
from inference.request_ids import request_id


class Generation(Leased, table=True):
    """One accepted request for images."""

    __tablename__ = "generation"
    __table_args__: ClassVar = (
        UniqueConstraint("owner_id", "idempotency_key"),
        Index("ix_generation_owner", "owner_id", "id"),
        Index(
            "ix_generation_failed",
            "id",
            sqlite_where=text("state = 'failed'"),
            postgresql_where=text("state = 'failed'"),
        ),
        Index(
            "ix_generation_pinned",
            "owner_id",
            "id",
            sqlite_where=text("pinned_at IS NOT NULL"),
            postgresql_where=text("pinned_at IS NOT NULL"),
        ),
        *lease_indexes("generation"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    owner_id: str = Field(foreign_key="user_account.id", max_length=26)
    parameters: GenerationParameters = Field(
        sa_column=Column(PydanticJSON(GenerationParameters), nullable=False)
    )
    idempotency_key: str | None = Field(default=None, max_length=255)
    request_hash: str = Field(max_length=64, description="SHA-256 of the body as it was sent.")
    name: str | None = Field(
        default=None, max_length=80, description="What its owner calls this prompt."
    )
    pinned_at: datetime | None = Field(
        default=None, description="When its owner pinned it; empty: they have not."
    )
    created_at: datetime = Field(default_factory=utc_now, index=True)
    started_at: datetime | None = Field(default=None, description="When its last attempt began.")
    ended_at: datetime | None = None
    error_code: str | None = Field(default=None, max_length=64)
    error_message: str | None = Field(default=None, max_length=2000)
    parent_id: str | None = Field(
        default=None, max_length=26, description="The image that it was made from; it may be gone."
    )
    gallery_id: str | None = Field(
        default=None,
        max_length=26,
        description="The gallery that its images are put into; it may be gone.",
    )
    from_cache: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="It was answered with images drawn earlier; nothing was drawn, and nothing charged.",
    )
    by_canary: bool = Field(
        default=False,
        sa_column_kwargs={"server_default": text("false")},
        description="Nobody named its model; a canary's lot chose it.",
    )
    request_id: str | None = Field(
        default_factory=request_id,
        max_length=64,
        description="Of the request that it came by; empty: it was made before those were kept.",
    )
    traceparent: str | None = Field(
        default_factory=tracing.traceparent,
        max_length=55,
        description="The span that it was submitted in, as W3C writes it; empty: nobody traced.",
    )
    retried_as: str | None = Field(
        default=None,
        max_length=26,
        description="The generation that an administrator had made from this failed one.",
    )


queue = LeaseQueue(Generation)
