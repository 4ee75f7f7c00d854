"""Rows of webhooks: where somebody wants to be told, and each thing that they are told there."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import JSON, Column, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from backend.kit import clock
from backend.kit.ids import new_id
from backend.kit.queue import Leased, LeaseQueue, lease_indexes


class Webhook(SQLModel, table=True):
    """An address that is told of its owner's generations; with `generation_id`, of that one alone.

    The secrets are sealed (`sealing`): who signs needs them, where a password needs only its hash.
    """

    __tablename__ = "webhook"

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    owner_id: str = Field(foreign_key="user_account.id", index=True, max_length=26)
    generation_id: str | None = Field(
        default=None, foreign_key="generation.id", unique=True, max_length=26
    )
    url: str = Field(max_length=2000)
    description: str = Field(default="", max_length=200)
    kinds: list[str] = Field(sa_column=Column(JSON, nullable=False))
    include_prompt: bool = Field(default=False)
    enabled: bool = Field(default=True)
    disabled_reason: str | None = Field(default=None, max_length=500)
    failing_since: datetime | None = None
    secret: str = Field(max_length=255)
    previous_secret: str | None = Field(default=None, max_length=255)
    previous_until: datetime | None = None
    created_at: datetime = Field(default_factory=clock.late_now)

    @property
    def signing_secrets(self) -> list[str]:
        """The secrets that messages are signed with now, sealed, the newest first."""
        former = self.previous_until is not None and clock.utc_now() < self.previous_until
        return [self.secret, *([self.previous_secret] if former and self.previous_secret else [])]


class Delivery(Leased, table=True):
    """One message for one webhook. Its id is the `webhook-id`, the same on every attempt.

    `failed` is given up and `canceled` was never wanted any more; either can be sent again by hand.
    """

    __tablename__ = "webhook_delivery"
    __table_args__: ClassVar = (
        UniqueConstraint("webhook_id", "kind", "subject"),
        Index("ix_webhook_delivery_webhook", "webhook_id", "id"),
        *lease_indexes("webhook_delivery"),
    )

    id: str = Field(default_factory=new_id, primary_key=True, max_length=26)
    webhook_id: str = Field(foreign_key="webhook.id", max_length=26)
    kind: str = Field(max_length=40)
    subject: str = Field(
        max_length=120, description="What it is about: `generation:{id}` and so on."
    )
    body: str = Field(sa_column=Column(Text, nullable=False), description="JSON, as it is signed.")
    created_at: datetime = Field(default_factory=clock.late_now)
    tried_at: datetime | None = Field(default=None, description="When its last attempt ended.")
    ended_at: datetime | None = None
    answer_status: int | None = None
    answer_text: str | None = Field(default=None, max_length=500)
    error: str | None = Field(default=None, max_length=1000)


queue = LeaseQueue(Delivery)
