"""Finds the image that may answer for another. Whoever asks is part of every statement here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.accounts.models import Standing, User
from backend.images.models import Image
from backend.images.repository import visible_to
from backend.images.schemas import Moderation
from backend.moderation.models import SafetyCheck
from inference.protocol import SafetyScores


class Source(NamedTuple):
    """An image that may answer, and what the safety checker saw in it."""

    image: Image
    scores: SafetyScores | None


def find(
    session: Session, actor: Actor, key: str, *, drawn_after: datetime | None, policy_version: str
) -> Source | None:
    """Return the image of `key` that may answer `actor`, their own before others' and the newest of these.

    Only what they come across anyway: their own and what galleries show them, released, not in the trash, of nobody
    who was shut out, and drawn after `drawn_after`.
    """
    query = (
        select(Image, SafetyCheck)
        .join(SafetyCheck, col(SafetyCheck.image_id) == col(Image.id))
        .join(User, col(User.id) == col(Image.owner_id))
        .where(
            col(Image.result_key) == key,
            col(Image.moderation) == Moderation.RELEASED,
            col(SafetyCheck.policy_version) == policy_version,
            col(User.standing) == Standing.ACTIVE,
            visible_to(actor),
        )
    )
    if drawn_after is not None:
        query = query.where(col(Image.created_at) > drawn_after)
    own_first = (col(Image.owner_id) == actor.id).desc()
    found = session.exec(query.order_by(own_first, col(Image.id).desc()).limit(1)).one_or_none()
    return Source(found[0], found[1].scores) if found else None


def hold(session: Session, actor: Actor, ids: Collection[str]) -> dict[str, Image]:
    """Return those of the images that `actor` still comes across, released, by id; nobody changes them meanwhile.

    One that somebody is changing at this moment is left out, so that nobody ever waits here.
    """
    query = select(Image).where(
        col(Image.id).in_(ids), col(Image.moderation) == Moderation.RELEASED, visible_to(actor)
    )
    locked = query.with_for_update(read=True, skip_locked=True, of=Image)
    found = session.exec(locked, execution_options={"populate_existing": True})
    return {image.id: image for image in found}
