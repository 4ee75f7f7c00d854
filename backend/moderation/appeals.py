"""The author's side: how their image stands, and one request to look again, with their own words.

Whoever decided is never named. What another decides is the answer; while an appeal waits, nothing of it grows too old.
"""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit import clock
from backend.kit.errors import Conflict
from backend.kit.storage import Storage
from backend.moderation import peeking, repository
from backend.moderation.case_schemas import Standing
from backend.moderation.models import Appeal
from backend.moderation.presentation import title_of
from backend.moderation.repository import Case
from backend.moderation.schemas import FlagState
from backend.policies import service as policies

_APPEALABLE: Final = frozenset({Moderation.HELD, Moderation.REJECTED})


def standing(session: Session, storage: Storage, actor: Actor, image_id: str) -> Standing:
    """Return how an image of `actor` stands.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    image = _own(session, actor, image_id)
    case = repository.of_image(session, image.id)
    return _told(session, storage, case) if case else _untouched(image)


def appeal(session: Session, actor: Actor, image_id: str, text: str) -> None:
    """Ask for another look at an image that is held or was rejected, once.

    Raises:
        NotFound: There is none, or it is not theirs.
        Conflict: It is neither held nor rejected, they asked before, or its files are gone.
    """
    actor.must_change()
    image = _own(session, actor, image_id)
    case = repository.of_image(session, image.id, to_change=True)
    if case is None or case.image.moderation not in _APPEALABLE:
        raise Conflict("Only an image that is held or was rejected is looked at again.")
    if case.image.purged_at is not None:
        raise Conflict("The files of this image are gone for good.")
    if case.appeal is not None:
        raise Conflict(
            "You asked already; a person looks at an image once more, and that is final."
        )
    session.add(Appeal(image_id=image.id, text=text, created_at=clock.utc_now()))
    case.flag.state = FlagState.OPEN
    case.flag.claimed_by = case.flag.claimed_until = None
    session.add(case.flag)
    audit.record(
        session,
        actor_id=actor.id,
        verb="image.appeal",
        subject=f"{repository.SUBJECT}{image.id}",
        detail={"flag": case.flag.id},
    )
    session.flush()


def _own(session: Session, actor: Actor, image_id: str) -> Image:
    image = images.get(session, actor, image_id)
    if image.owner_id != actor.id:
        raise images.no_such_image(image_id)
    return image


def _untouched(image: Image) -> Standing:
    return Standing(
        image_id=image.id,
        moderation=image.moderation,
        reason=image.reason,
        category=None,
        title=None,
        policy_version=None,
        note=None,
        held_at=None,
        decided_at=None,
        purged=False,
        may_appeal=False,
        appeal_text=None,
        appealed_at=None,
        answered_at=None,
        colours=[],
    )


def _told(session: Session, storage: Storage, case: Case) -> Standing:
    flag, image, appeal = case.flag, case.image, case.appeal
    policy = policies.active(session).document
    purged = image.purged_at is not None
    stands = image.moderation in _APPEALABLE
    return Standing(
        image_id=image.id,
        moderation=image.moderation,
        reason=image.reason,
        category=flag.category if stands else None,
        title=title_of(flag.category, policy) if stands else None,
        policy_version=case.check.policy_version,
        note=flag.note,
        held_at=flag.created_at,
        decided_at=flag.decided_at,
        purged=purged,
        may_appeal=stands and appeal is None and not purged,
        appeal_text=appeal.text if appeal else None,
        appealed_at=appeal.created_at if appeal else None,
        answered_at=appeal.answered_at if appeal else None,
        colours=peeking.colours(storage, case, policy),
    )
