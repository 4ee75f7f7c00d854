"""The numbers over the queue: how many wait, how long, of what, and how long deciding takes."""

from __future__ import annotations

from datetime import timedelta
from statistics import median
from typing import Any, Final

from sqlalchemy import func, select
from sqlmodel import Session, col

from backend.kit import clock
from backend.moderation.case_schemas import CategoryCount, OriginCount, Summary
from backend.moderation.models import Flag
from backend.moderation.presentation import title_of
from backend.moderation.repository import is_open
from backend.moderation.schemas import FlagFilter
from backend.policies import service as policies
from backend.policies.schemas import Severity

_LOOKING_BACK: Final = timedelta(days=30)
_MOST_LOOKED_AT: Final = 1000


def summary(session: Session) -> Summary:
    """Return the numbers of this moment."""
    waiting = is_open(FlagFilter.OPEN)
    policy = policies.active(session).document
    kinds = select(col(Flag.category), col(Flag.severity), func.count()).where(waiting)
    categories = session.execute(kinds.group_by(col(Flag.category), col(Flag.severity))).all()
    origins = session.execute(
        select(col(Flag.origin), func.count()).where(waiting).group_by(col(Flag.origin))
    )
    seconds = _seconds_taken(session)
    return Summary(
        open=sum(number for *_, number in categories),
        appeals=_count(session, is_open(FlagFilter.APPEALS)),
        second=_count(session, is_open(FlagFilter.SECOND)),
        severe=sum(number for _, bad, number in categories if bad is Severity.SEVERE),
        oldest_at=session.execute(select(func.min(col(Flag.created_at))).where(waiting)).scalar(),
        decided=len(seconds),
        median_s=round(median(seconds), 1) if seconds else None,
        categories=[
            CategoryCount(category=name, title=title_of(name, policy), severity=bad, open=number)
            for name, bad, number in sorted(categories, key=lambda row: -row[2])
        ],
        origins=[OriginCount(origin=origin, open=number) for origin, number in origins],
    )


def _seconds_taken(session: Session) -> list[float]:
    """Return how long the cases waited that were decided lately; the newest thousand of them."""
    since = clock.utc_now() - _LOOKING_BACK
    rows = (
        select(col(Flag.created_at), col(Flag.decided_at))
        .where(col(Flag.decided_at) > since, is_open(FlagFilter.DECIDED))
        .order_by(col(Flag.decided_at).desc())
        .limit(_MOST_LOOKED_AT)
    )
    return [(until - held).total_seconds() for held, until in session.execute(rows) if until]


def _count(session: Session, where: Any) -> int:  # noqa: ANN401
    return int(session.execute(select(func.count()).select_from(Flag).where(where)).scalar_one())
