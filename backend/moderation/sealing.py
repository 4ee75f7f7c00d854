"""Sealed images: whoever would look asks for that first, and is written down; what they get opens the picture for two minutes.

A page that asks twice is a courtesy. Here no request alone brings a sealed picture, whoever sends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Final

from fastapi import Query
from sqlalchemy import select
from sqlmodel import Session, col

from backend.accounts.actor import Actor
from backend.accounts.dependencies import ActorDep
from backend.accounts.permissions import REVIEW
from backend.audit import service as audit
from backend.images.models import Image
from backend.images.router import ImageId
from backend.images.schemas import Moderation
from backend.kit import clock
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import Conflict
from backend.kit.keyring import CannotOpen, ring_of
from backend.kit.settings import Settings
from backend.moderation import repository
from backend.moderation.deciding import subject_of
from backend.moderation.models import Flag
from backend.moderation.schemas import Unsealed
from backend.moderation.standing import is_sealed
from backend.policies.schemas import Severity

LASTS: Final = timedelta(minutes=2)
_LONGEST: Final = 400


class Sealed(Conflict):
    """A severe image that nobody asked to see twice."""

    code = "sealed"
    title = "Sealed"


def unseal(session: Session, settings: Settings, actor: Actor, flag_id: str) -> Unsealed:
    """Write down that `actor` means to look, and return what opens the picture, for them alone and two minutes.

    Raises:
        Forbidden: The actor may not review.
        NotFound: There is no such flag.
        Conflict: It is not sealed, or its files are gone.
    """
    actor.must(REVIEW)
    case = repository.get(session, flag_id)
    if not is_sealed(case) or case.image.purged_at is not None:
        raise Conflict(
            "This image is not sealed, or its files are gone: there is nothing to ask for."
        )
    audit.record(
        session,
        actor_id=actor.id,
        verb="image.unseal",
        subject=subject_of(case),
        detail={"flag": case.flag.id},
    )
    until = clock.utc_now() + LASTS
    told = _told(case.image.id, actor.id, until)
    return Unsealed(reveal=ring_of(settings).seal(told), until=until)


def refuse_sealed(
    session: SessionDep,
    actor: ActorDep,
    context: ContextDep,
    image_id: ImageId,
    reveal: Annotated[
        str | None,
        Query(
            max_length=_LONGEST,
            description="Of a sealed image: what `POST /moderation/flags/{id}/reveal` answered.",
        ),
    ] = None,
) -> None:
    """Return if the image is not sealed, or its reader asked to see it within the last two minutes.

    Raises:
        Sealed: They did not. Who may not see it at all is told so elsewhere.
    """
    if not actor.may(REVIEW) or not (flag_id := _sealed_flag(session, image_id)):
        return
    if not reveal or not _opens(context.settings, reveal, image_id, actor):
        raise Sealed(
            f"This image is sealed. Ask to see it with POST /api/v1/moderation/flags/{flag_id}/reveal, then fetch it "
            "with what that answers as `reveal`, within two minutes."
        )


def _sealed_flag(session: Session, image_id: str) -> str | None:
    query = (
        select(col(Flag.id))
        .join(Image, col(Image.id) == col(Flag.image_id))
        .where(
            col(Flag.image_id) == image_id,
            col(Flag.severity) == Severity.SEVERE,
            col(Image.moderation) != Moderation.RELEASED,
            col(Image.purged_at).is_(None),
        )
    )
    return session.execute(query).scalar_one_or_none()


def _opens(settings: Settings, reveal: str, image_id: str, actor: Actor) -> bool:
    try:
        told = ring_of(settings).open(reveal)
    except CannotOpen:
        return False
    until = told.rpartition(" ")[2]
    if told != f"reveal {image_id} {actor.id} {until}":
        return False
    return datetime.fromisoformat(until) > clock.utc_now()


def _told(image_id: str, actor_id: str, until: datetime) -> str:
    return f"reveal {image_id} {actor_id} {until.isoformat()}"
