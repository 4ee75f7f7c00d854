"""What was measured on images, newest first, a piece at a time; and what people decided about some of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlmodel import Session, col

from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.among import among
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.schemas import FlagState
from inference.protocol import SafetyScores


def count(session: Session) -> int:
    """Return on how many images something was measured, or should have been."""
    return session.scalars(select(func.count()).select_from(SafetyCheck)).one()


def checks(
    session: Session, *, before: str | None, limit: int
) -> Sequence[tuple[str, SafetyScores | None]]:
    """Return the scores of the latest images, those older than the image `before` if it is given."""
    query = select(col(SafetyCheck.image_id), col(SafetyCheck.scores))
    if before is not None:
        query = query.where(col(SafetyCheck.image_id) < before)
    query = query.order_by(col(SafetyCheck.image_id).desc()).limit(limit)
    return session.execute(query).all()


def moderations(session: Session, image_ids: list[str]) -> dict[str, Moderation]:
    """Return the state that each of these images is in now."""
    query = select(col(Image.id), col(Image.moderation)).where(among(col(Image.id), image_ids))
    return dict(session.execute(query).all())


def decisions(session: Session, image_ids: list[str]) -> dict[str, FlagState]:
    """Return what people decided about those of these images that they decided about, the latest word of each."""
    query = (
        select(col(Flag.image_id), col(Flag.state))
        .where(among(col(Flag.image_id), image_ids), col(Flag.state) != FlagState.OPEN)
        .order_by(col(Flag.decided_at))
    )
    return dict(session.execute(query).all())
