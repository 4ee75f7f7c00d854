"""Puts images into galleries and takes them out again. Each verb works in the caller's transaction.

To put somebody's image where others see it is theirs to decide: one places one's own, and of others' only what
everyone in the studio sees already. Who drew an image can always take it out.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.galleries import repository as galleries_of
from backend.galleries import roles
from backend.galleries import service as galleries
from backend.galleries.models import Gallery
from backend.galleries.schemas import GalleryRole
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.placing import repository
from backend.placing.schemas import Placed, Refusal, TakenOut

_ABSENT = "There is no such image that you can open."
_WAITING = "It is not released: a person decides about it first."
_NOT_YOURS = "Only who made it may place it: it is in no gallery that everyone sees."
_NOT_IN_IT = "It is not in this gallery."
_NOT_YOURS_TO_TAKE = "Only an editor of this gallery, or who made it, may take it out."


def place(session: Session, actor: Actor, gallery_id: str, ids: Sequence[str]) -> Placed:
    """Put images into a gallery; each one that is refused is named with the reason.

    Raises:
        NotFound: There is no such gallery, or it is not open to them.
        Forbidden: They may not change what is in it.
    """
    gallery = roles.obtain(session, actor, gallery_id, GalleryRole.EDITOR, to_change=True)
    wanted = list(dict.fromkeys(ids))
    seen = repository.visible_among(session, actor, wanted)
    everyones = repository.open_to_everyone(session, wanted)
    against = {one: _against(actor, seen.get(one), one in everyones) for one in wanted}
    placed = [one for one in wanted if against[one] is None]
    if placed:
        repository.put(session, gallery.id, placed, actor.id)
        galleries.note(session, actor, gallery, "place", {"images": str(len(placed))})
        galleries.touch(session, gallery)
    return Placed(placed=placed, refused=_refusals(against))


def take_out(session: Session, actor: Actor, gallery_id: str, ids: Sequence[str]) -> TakenOut:
    """Take images out of a gallery: as its editor any, else one's own, also where one may not look any more.

    Raises:
        NotFound: There is no such gallery, or it is not open to them and holds nothing of theirs.
    """
    held = repository.owners_of_held(session, gallery_id, ids)
    gallery = _gallery_to_take_from(session, actor, gallery_id, actor.id in held.values())
    edits = galleries_of.edited_by(session, actor.id, gallery.id) is not None
    against = {one: _against_taking(held.get(one), actor, edits) for one in dict.fromkeys(ids)}
    removed = [one for one, reason in against.items() if reason is None]
    if removed:
        repository.take(session, gallery.id, removed)
        galleries.note(session, actor, gallery, "take_out", {"images": str(len(removed))})
        galleries.touch(session, gallery)
    return TakenOut(removed=removed, refused=_refusals(against))


def place_drawn(
    session: Session, owner_id: str, gallery_id: str | None, images: Sequence[Image]
) -> None:
    """Put what was just drawn into the gallery that it was drawn for, if its owner still edits that.

    What is not released yet is put in as well: nobody else comes across it before it is.
    """
    gallery = galleries_of.edited_by(session, owner_id, gallery_id) if gallery_id else None
    if gallery is None:
        return
    repository.put(session, gallery.id, [image.id for image in images], owner_id)
    galleries.touch(session, gallery)


def _against(actor: Actor, image: Image | None, is_everyones: bool) -> str | None:
    """Return why `actor` may not place an image, which is None where they do not come across it."""
    if image is None:
        return _ABSENT
    if image.moderation is not Moderation.RELEASED:
        return _WAITING
    return None if image.owner_id == actor.id or is_everyones else _NOT_YOURS


def _against_taking(owner_id: str | None, actor: Actor, edits: bool) -> str | None:
    if edits:
        return None if owner_id else _NOT_IN_IT
    return None if owner_id == actor.id else _NOT_YOURS_TO_TAKE


def _gallery_to_take_from(
    session: Session,
    actor: Actor,
    gallery_id: str,
    holds_theirs: bool,
) -> Gallery:
    found = session.get(Gallery, gallery_id) if holds_theirs else None
    return found or galleries_of.get(session, actor, gallery_id)


def _refusals(against: dict[str, str | None]) -> list[Refusal]:
    return [Refusal(id=one, reason=reason) for one, reason in against.items() if reason]
