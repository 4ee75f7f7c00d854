"""What people do with images they find: put a status, tags and stars on them, and throw them away or take them back.

Each change is one transaction: an image is changed in all that was asked, or refused with a reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import delete
from sqlmodel import Session, col

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.images.models import Image
from backend.images.repository import no_such_image
from backend.images.schemas import Status
from backend.kit.clock import utc_now
from backend.kit.database import insert_into
from backend.kit.ids import new_id
from backend.library import index, repository
from backend.library.folding import words_of
from backend.library.models import ImageStar, ImageTag
from backend.library.schemas import MOST_TAGS, Changed, Changes, Refusal

_NOT_CURATED: Final = (
    "You may not change its status and tags: it is not yours, and in no gallery that you edit."
)
_NOT_THROWN: Final = "Only its owner puts it into the trash and takes it out."
_IN_TRASH: Final = "It is in the trash; take it out first."
_TOO_MANY_TAGS: Final = f"An image has at most {MOST_TAGS} tags; take some off first."


def change(session: Session, actor: Actor, changes: Changes) -> Changed:
    """Change those images as far as `actor` may; the others are refused, each with a reason."""
    ids = list(dict.fromkeys(changes.image_ids))
    known = repository.visible(session, actor, ids, to_change=True)
    curated = repository.curated_by(session, actor, known.values()) if changes.curates else set()
    tags = repository.tags_of(session, known) if changes.add_tags else {}
    refused, allowed = [], []
    for image_id in ids:
        image = known.get(image_id)
        if image is None:
            refused.append(Refusal(id=image_id, reason=no_such_image(image_id).message))
        elif reason := _refused(actor, changes, image, image_id in curated, tags.get(image_id, ())):
            refused.append(Refusal(id=image_id, reason=reason))
        else:
            allowed.append(image)
    _apply(session, actor, changes, allowed)
    return Changed(changed=[image.id for image in allowed], refused=refused)


def folded_tag(tag: str) -> str:
    """Return a tag as it is compared: "Spring 26" and "spring-26" are the same."""
    return " ".join(words_of(tag))


def _refused(
    actor: Actor, changes: Changes, image: Image, is_curated: bool, tags: Sequence[str]
) -> str | None:
    """Say why `image` may not be changed like this, or None if it may."""
    if changes.trashed is not None and image.owner_id != actor.id:
        return _NOT_THROWN
    if image.trashed_at and changes.trashed is None:
        return _IN_TRASH
    if changes.curates and not is_curated:
        return _NOT_CURATED
    if changes.add_tags and len(_tags_after(tags, changes)) > MOST_TAGS:
        return _TOO_MANY_TAGS
    return None


def _tags_after(tags: Iterable[str], changes: Changes) -> set[str]:
    wanted = {folded_tag(tag) for tag in (*tags, *changes.add_tags)}
    return wanted - {folded_tag(tag) for tag in changes.remove_tags}


def _apply(session: Session, actor: Actor, changes: Changes, images: Sequence[Image]) -> None:
    ids = [image.id for image in images]
    if not ids:
        return
    for image in images:
        if changes.status is not None:
            _set_status(session, actor, image, changes.status)
        if changes.trashed is not None:
            _throw(session, actor, image, into=changes.trashed)
    if changes.starred is not None:
        _star(session, actor, ids, starred=changes.starred)
    if changes.add_tags or changes.remove_tags:
        _tag(session, actor, ids, changes)
        index.enter(session, images)


def _set_status(session: Session, actor: Actor, image: Image, status: Status) -> None:
    if image.status is status:
        return
    detail = {"from": str(image.status), "to": str(status)}
    image.status = status
    session.add(image)
    _record(session, actor, "image.status", image, detail)


def _throw(session: Session, actor: Actor, image: Image, *, into: bool) -> None:
    if bool(image.trashed_at) is into:
        return
    image.trashed_at = utc_now() if into else None
    session.add(image)
    _record(session, actor, "image.trash" if into else "image.restore", image)


def _record(
    session: Session, actor: Actor, verb: str, image: Image, detail: dict[str, str] | None = None
) -> None:
    audit.record(session, actor_id=actor.id, verb=verb, subject=f"image:{image.id}", detail=detail)


def _star(session: Session, actor: Actor, ids: list[str], *, starred: bool) -> None:
    if not starred:
        mine = col(ImageStar.user_id) == actor.id
        session.execute(delete(ImageStar).where(mine, col(ImageStar.image_id).in_(ids)))
        return
    rows = [{"id": new_id(), "user_id": actor.id, "image_id": one} for one in ids]
    now = utc_now()
    insert = insert_into(session, ImageStar).on_conflict_do_nothing()
    session.execute(insert, [{**row, "added_at": now} for row in rows])


def _tag(session: Session, actor: Actor, ids: list[str], changes: Changes) -> None:
    """Put tags on, then take tags off; one that was there keeps the way it was written."""
    known = {folded_tag(tag): tag for tag in reversed(changes.add_tags)}
    rows = [
        {
            "id": new_id(),
            "image_id": image_id,
            "tag": tag,
            "folded": folded,
            "added_by": actor.id,
            "added_at": utc_now(),
        }
        for image_id in ids
        for folded, tag in reversed(known.items())
        if folded
    ]
    if rows:
        session.execute(insert_into(session, ImageTag).on_conflict_do_nothing(), rows)
    if gone := {folded_tag(tag) for tag in changes.remove_tags}:
        wanted = col(ImageTag.image_id).in_(ids), col(ImageTag.folded).in_(gone)
        session.execute(delete(ImageTag).where(*wanted))
