"""What was measured on images and asked for in words, newest first, a piece at a time; and what people decided."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from backend.generations.models import Generation
from backend.generations.repository import prompt_text
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.among import among
from backend.leaving.models import Erasure
from backend.leaving.prompts import FORGOTTEN
from backend.moderation.models import Flag, SafetyCheck
from backend.moderation.schemas import FlagState
from inference.protocol import GenerationParameters, SafetyScores


class Asked(NamedTuple):
    """What one generation was asked for, and by whom."""

    id: str
    owner_id: str
    parameters: GenerationParameters


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


def count_prompts(session: Session, *, most: int) -> int:
    """Return how many prompts are kept, `most` at most: not those that were forgotten, or whose author is being erased."""
    kept = select(col(Generation.id)).where(_kept()).limit(most).subquery()
    return session.scalars(select(func.count()).select_from(kept)).one()


def prompts(session: Session, *, before: str | None, limit: int) -> list[Asked]:
    """Return the latest kept prompts, those older than the generation `before` if it is given."""
    query = select(col(Generation.id), col(Generation.owner_id), col(Generation.parameters))
    if before is not None:
        query = query.where(col(Generation.id) < before)
    query = query.where(_kept()).order_by(col(Generation.id).desc()).limit(limit)
    return [Asked(*row) for row in session.execute(query)]


def prompts_among(session: Session, ids: Collection[str]) -> dict[str, GenerationParameters]:
    """Return what was asked for by those of these generations that are kept still."""
    query = select(col(Generation.id), col(Generation.parameters))
    return dict(session.execute(query.where(among(col(Generation.id), ids), _kept())).all())


def _kept() -> ColumnElement[bool]:
    leaving = select(col(Erasure.person_id)).where(col(Erasure.ended_at).is_(None))
    return (prompt_text() != FORGOTTEN) & col(Generation.owner_id).not_in(leaving)
