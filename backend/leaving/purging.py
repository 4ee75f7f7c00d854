"""Removes the pixels of a rejected image for good: two people ask for it. The row, its hash and what was decided stay.

It differs from erasure and retention, which remove the row too: here the studio goes on knowing what it was and why.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import REVIEW
from backend.approvals import service as approvals
from backend.audit import service as audit
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit import clock
from backend.kit.errors import Conflict
from backend.kit.storage import Storage
from backend.leaving import files
from backend.leaving.belongings import IMAGES
from backend.legalholds import service as legalholds
from backend.legalholds.repository import Ids
from backend.legalholds.schemas import SubjectKind
from backend.moderation import deciding, repository
from backend.moderation.deciding import PURGE
from backend.moderation.repository import Case
from backend.moderation.schemas import Deed, FlagState


def purge(session: Session, storage: Storage, actor: Actor, flag_id: str, note: str | None) -> Case:
    """Ask for the files of a rejected image to go or, where another asked for that, remove them.

    Raises:
        Forbidden: The actor may not review, made the image, or asked for it themselves.
        NotFound: There is no such flag.
        Conflict: The image is not rejected, its author appeals, or its files are gone.
        UnderLegalHold: One stands on it.
        OSError: The storage refuses. Say it again.
    """
    actor.must(REVIEW)
    image = repository.get(session, flag_id).image
    # In the order of retention: legal holds, files, then rows.
    legalholds.must_be_free(session, _everything_about(image))
    files.keep_rows_out(session)
    case = repository.get(session, flag_id, to_decide=True)
    deciding.refuse_own_image(actor, case.image)
    _refuse_unless_rejected(case)
    subject, payload = deciding.subject_of(case), {"image": case.image.sha256}
    waiting = approvals.current(session, PURGE, subject)
    if waiting is None or waiting.asked_by == actor.id:
        approvals.ask(session, actor, what=PURGE, subject=subject, payload=payload, note=note)
        return case
    first = approvals.confirm(session, actor, waiting.id, payload=payload)
    _remove(session, storage, case.image)
    deciding.add_deed(
        session, actor, case, Deed.PURGE, before=case.image.moderation, note=note, first=first
    )
    audit.record(
        session,
        actor_id=actor.id,
        verb="image.purge",
        subject=subject,
        detail={"flag": case.flag.id, "sha256": case.image.sha256, "note": note or ""},
    )
    session.flush()
    return repository.get(session, flag_id)


def _everything_about(image: Image) -> Ids:
    return {
        SubjectKind.PERSON: [image.owner_id],
        SubjectKind.GENERATION: [image.generation_id],
        SubjectKind.IMAGE: [image.id],
    }


def _refuse_unless_rejected(case: Case) -> None:
    if case.image.purged_at is not None:
        raise Conflict("The files of this image are gone already.")
    if case.flag.state is FlagState.OPEN or case.image.moderation is not Moderation.REJECTED:
        raise Conflict("Only the files of an image that was rejected are removed; decide first.")


def _remove(session: Session, storage: Storage, image: Image) -> None:
    files.remove(session, storage, IMAGES, [image.id])
    image.storage_key = image.preview_key = image.thumb_key = ""
    image.result_key, image.purged_at = None, clock.utc_now()
    session.add(image)
    session.flush()
