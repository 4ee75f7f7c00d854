"""The verbs of a gallery itself: make, change, hand over, delete. Each works in the caller's transaction.

Who is in it is `membership`'s work, which images are in it that of `backend.placing`. Deleting one deletes no image.
"""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.accounts.permissions import BROWSE
from backend.audit import service as audit
from backend.galleries import repository, roles
from backend.galleries.models import Gallery, GalleryMember
from backend.galleries.schemas import (
    GalleryChange,
    GalleryCreate,
    GalleryRole,
    MemberRole,
    Visibility,
)
from backend.kit.clock import utc_now
from backend.kit.errors import Conflict, FieldProblem, Unprocessable

MOST_GALLERIES: Final = 500
OWNERS_ALONE: Final = frozenset({"name", "visibility", "owner_id"})


def create(session: Session, actor: Actor, wanted: GalleryCreate) -> Gallery:
    """Make a gallery of `actor`.

    Raises:
        Forbidden: They may not browse.
        Conflict: They have as many as one person may have.
        Unprocessable: It is for their team, and they are in none.
    """
    actor.must(BROWSE)
    _refuse_too_many(session, actor.id, "you have")
    gallery = Gallery(owner_id=actor.id, name=wanted.name, brief=wanted.brief)
    _open_to(gallery, actor, wanted.visibility)
    session.add(gallery)
    session.flush()
    note(session, actor, gallery, "create", {"visibility": wanted.visibility})
    return gallery


def change(session: Session, actor: Actor, gallery_id: str, wanted: GalleryChange) -> Gallery:
    """Change what `wanted` names of a gallery, all of it or nothing.

    Raises:
        NotFound: There is none, or it is not open to them.
        Forbidden: They may not change that of it.
        Conflict: Whoever it is handed to has as many as one person may have.
        Unprocessable: No team to open it to, no member of that id, or no such image in it.
    """
    asked = wanted.model_fields_set
    needed = GalleryRole.OWNER if asked & OWNERS_ALONE else GalleryRole.EDITOR
    gallery = roles.obtain(session, actor, gallery_id, needed, to_change=True)
    for plain in asked & {"name", "brief"}:
        setattr(gallery, plain, getattr(wanted, plain))
    if "cover_id" in asked:
        _choose_cover(session, gallery, wanted.cover_id)
    if "visibility" in asked and wanted.visibility is not gallery.visibility:
        _open_to(gallery, actor, wanted.visibility)
        note(session, actor, gallery, "visibility", {"visibility": wanted.visibility})
    if "owner_id" in asked and wanted.owner_id != gallery.owner_id:
        _hand_over(session, actor, gallery, wanted.owner_id)
    touch(session, gallery)
    return gallery


def delete(session: Session, actor: Actor, gallery_id: str) -> None:
    """Delete a gallery; its images stay where they are.

    Raises:
        NotFound: There is none, or it is not open to them.
        Forbidden: It is not theirs.
    """
    gallery = roles.obtain(session, actor, gallery_id, GalleryRole.OWNER, to_change=True)
    session.delete(gallery)
    note(session, actor, gallery, "delete", {"name": gallery.name})
    session.flush()


def touch(session: Session, gallery: Gallery) -> None:
    """Note that a gallery, or what is in it, changed just now."""
    gallery.updated_at = utc_now()
    session.add(gallery)
    session.flush()


def note(
    session: Session, actor: Actor, gallery: Gallery, verb: str, detail: dict[str, str]
) -> None:
    """Write down that `actor` did something that decides about who may what."""
    subject = f"gallery:{gallery.id}"
    audit.record(session, actor_id=actor.id, verb=f"gallery.{verb}", subject=subject, detail=detail)


def _open_to(gallery: Gallery, actor: Actor, visibility: Visibility) -> None:
    if visibility is Visibility.TEAM and actor.team_id is None:
        raise _wrong(
            "visibility",
            "cannot be team: you are in none; an administrator puts people into teams",
            limit="private or everyone while you are in no team",
            nearest=Visibility.PRIVATE.value,
        )
    gallery.visibility = visibility
    gallery.team_id = actor.team_id if visibility is Visibility.TEAM else None


def _choose_cover(session: Session, gallery: Gallery, image_id: str | None) -> None:
    if image_id is not None and not repository.holds(session, gallery.id, image_id):
        raise _wrong("cover_id", "must be an image in this gallery", limit="an image in it")
    gallery.cover_id = image_id


def _hand_over(session: Session, actor: Actor, gallery: Gallery, owner_id: str) -> None:
    """Make a member the owner; who was it stays as an editor."""
    member = repository.member(session, gallery.id, owner_id)
    if member is None or not accounts_of.hold_active(session, owner_id):
        raise _wrong("owner_id", "must be an active member of this gallery", limit="a member of it")
    _refuse_too_many(session, owner_id, "they have")
    before, gallery.owner_id = gallery.owner_id, owner_id
    session.delete(member)
    session.add(GalleryMember(gallery_id=gallery.id, user_id=before, role=MemberRole.EDITOR))
    note(session, actor, gallery, "owner", {"from": before, "to": owner_id})


def _refuse_too_many(session: Session, owner_id: str, who: str) -> None:
    if repository.count_owned(session, owner_id) >= MOST_GALLERIES:
        raise Conflict(
            f"{MOST_GALLERIES} galleries are as many as one person may have, and {who} them; delete one."
        )


def _wrong(
    field: str, message: str, *, limit: str | None = None, nearest: str | None = None
) -> Unprocessable:
    problem = FieldProblem(field=field, message=message, limit=limit, nearest=nearest)
    return Unprocessable(f"{field} {message}", fields=[problem])
