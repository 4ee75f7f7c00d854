"""The verbs of comments: read, write, remove. Each works in the caller's transaction.

A comment is the image's, not a gallery's: whoever may see the image reads it, wherever they see the image.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.comments import repository
from backend.comments.models import Comment
from backend.comments.schemas import CommentPage, CommentPublic
from backend.galleries.schemas import PersonOf
from backend.generations.events import person_channel
from backend.images.models import Image
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict, Forbidden, NotFound
from backend.kit.notifier import Notifier

MOST_COMMENTS: Final = 500
EVENT: Final = "comment"


def look(
    session: Session, actor: Actor, image_id: str, *, cursor: str | None, limit: int
) -> CommentPage:
    """Return a page of an image's comments, newest first.

    Raises:
        NotFound: There is no such image, or it is not open to them.
    """
    image = repository.image_seen_by(session, actor, image_id)
    rows, following = repository.page(session, image.id, cursor=cursor, limit=limit)
    can = repository.may_comment(session, actor, image)
    return CommentPage(
        items=_shown(session, actor, image, rows), next_cursor=following, can_comment=can
    )


def write(
    session: Session, notifier: Notifier, actor: Actor, image_id: str, text: str
) -> CommentPublic:
    """Add a comment, and tell the image's owner and those who have commented.

    Raises:
        NotFound: There is no such image, or it is not open to them.
        Forbidden: They may only look.
        Conflict: It has as many comments as an image may have.
    """
    image = repository.image_seen_by(session, actor, image_id)
    if not repository.may_comment(session, actor, image):
        raise Forbidden("you may look at this image; commenting takes a commenter in its gallery")
    if repository.count(session, image.id) >= MOST_COMMENTS:
        raise Conflict(f"{MOST_COMMENTS} comments are as many as an image may have; remove one.")
    row = Comment(image_id=image.id, author_id=actor.id, text=text)
    session.add(row)
    session.flush()
    _tell(session, notifier, image, row)
    return _shown(session, actor, image, [row])[0]


def remove(session: Session, notifier: Notifier, actor: Actor, comment_id: str) -> None:
    """Remove a comment: one's own always, another's as the owner of the image or of a gallery that has it.

    Raises:
        NotFound: There is none, or its image is not open to them.
        Forbidden: It is somebody else's, and neither the image nor a gallery with it is theirs.
    """
    row = repository.get(session, comment_id)
    if row.author_id != actor.id:
        image = _image_of_others(session, actor, row)
        if not repository.may_moderate(session, actor, image):
            raise Forbidden(
                "only its author, the image's owner or a gallery's may remove a comment"
            )
        audit.record(
            session,
            actor_id=actor.id,
            verb="comment.remove",
            subject=f"comment:{row.id}",
            detail={"image": row.image_id, "author": row.author_id},
        )
    image = session.get_one(Image, row.image_id)
    _tell(session, notifier, image, row)
    session.delete(row)


def _image_of_others(session: Session, actor: Actor, row: Comment) -> Image:
    try:
        return repository.image_seen_by(session, actor, row.image_id)
    except NotFound:
        raise repository.no_such_comment(row.id) from None


def _tell(session: Session, notifier: Notifier, image: Image, row: Comment) -> None:
    """Say once this is committed that an image's comments changed; whoever hears it reads them anew."""
    message = {"event": EVENT, "data": {"id": row.id, "image_id": image.id}}
    listening = sorted({image.owner_id, *repository.authors(session, image.id)})

    def say() -> None:
        for person in listening:
            notifier.publish(person_channel(person), message)

    call_after_commit(session, say)


def _shown(
    session: Session, actor: Actor, image: Image, rows: Sequence[Comment]
) -> list[CommentPublic]:
    people = accounts_of.users_by_id(session, {row.author_id for row in rows})
    moderates = bool(rows) and repository.may_moderate(session, actor, image)
    return [
        CommentPublic(
            id=row.id,
            image_id=row.image_id,
            author=PersonOf(id=row.author_id, name=people[row.author_id].name),
            text=row.text,
            created_at=row.created_at,
            mine=row.author_id == actor.id,
            can_remove=moderates or row.author_id == actor.id,
        )
        for row in rows
    ]
