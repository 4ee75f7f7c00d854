"""Counts over checks, flags and decisions, made by the database. Reads only, decides nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped
from sqlmodel import Session, col

from backend.audit.models import AuditEntry
from backend.kit.database import is_sqlite
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.schemas import FlagOrigin, FlagState

RELEASE, REJECT = "image.release", "image.reject"


@dataclass(frozen=True)
class Judged:
    """How many images one version judged on one day."""

    version: str
    day: date
    images: int


@dataclass(frozen=True)
class Flagged:
    """How many images of one version and day have a flag of one kind, in one state."""

    version: str
    day: date
    origin: FlagOrigin
    category: str | None
    state: FlagState
    images: int


def judged(session: Session, since: datetime) -> list[Judged]:
    """Return how many images were judged since then."""
    version, day = col(SafetyCheck.policy_version), _day_of(session, col(SafetyCheck.created_at))
    query = (
        select(version, day, func.count())
        .where(col(SafetyCheck.created_at) >= since)
        .group_by(version, day)
    )
    return [
        Judged(name, date.fromisoformat(on), images) for name, on, images in session.execute(query)
    ]


def flagged(session: Session, since: datetime) -> list[Flagged]:
    """Return how many of the images that were judged since then have flags."""
    version, day = col(SafetyCheck.policy_version), _day_of(session, col(SafetyCheck.created_at))
    kinds = (col(Flag.origin), col(Flag.category), col(Flag.state))
    query = (
        select(version, day, *kinds, func.count())
        .join(SafetyCheck, col(SafetyCheck.image_id) == col(Flag.image_id))
        .where(col(SafetyCheck.created_at) >= since)
        .group_by(version, day, *kinds)
    )
    return [
        Flagged(name, date.fromisoformat(on), origin, category, state, images)
        for name, on, origin, category, state, images in session.execute(query)
    ]


def decisions(session: Session, since: datetime) -> Iterator[tuple[str, str | None, str]]:
    """Yield the decisions since then about images that have several: image, who decided, and what; oldest first.

    The audit has every decision, and a flag the last one alone.
    """
    verbs = col(AuditEntry.verb).in_([RELEASE, REJECT])
    recent = col(AuditEntry.at) >= since
    subject = col(AuditEntry.subject)
    several = select(subject).where(verbs, recent).group_by(subject).having(func.count() > 1)
    query = (
        select(subject, col(AuditEntry.actor_id), col(AuditEntry.verb))
        .where(verbs, recent, subject.in_(several))
        .order_by(col(AuditEntry.seq))
    )
    yield from session.execute(query)


def _day_of(session: Session, moment: Mapped[Any]) -> Any:  # noqa: ANN401
    """Return, to be used inside a statement, the day of UTC of a moment: 2026-11-22."""
    if is_sqlite(session):
        return func.date(moment)
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")
