"""The door to comments. Who may not see the image finds none."""

from __future__ import annotations

from sqlmodel import Session, col, func, select

from backend.accounts.actor import Actor
from backend.comments.models import Comment
from backend.galleries import repository as galleries
from backend.images import repository as images
from backend.images.models import Image
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page


def image_seen_by(session: Session, actor: Actor, image_id: str) -> Image:
    """Return an image that `actor` comes across.

    Raises:
        NotFound: There is none, or it is not open to them.
    """
    query = select(Image).where(Image.id == image_id, images.visible_to(actor))
    found = session.exec(query).one_or_none()
    if found is None:
        raise images.no_such_image(image_id)
    return found


def may_comment(session: Session, actor: Actor, image: Image) -> bool:
    """Return whether an image that `actor` sees is theirs, or in a gallery where they may comment."""
    if image.owner_id == actor.id:
        return True
    query = select(Image.id).where(
        Image.id == image.id, col(Image.id).in_(galleries.placed_for_comments(actor))
    )
    return session.exec(query).first() is not None


def may_moderate(session: Session, actor: Actor, image: Image) -> bool:
    """Return whether `actor` may remove others' comments on an image: as its owner, or a gallery's that has it."""
    return image.owner_id == actor.id or galleries.owns_one_with(session, actor.id, image.id)


def page(
    session: Session, image_id: str, *, cursor: str | None, limit: int
) -> tuple[list[Comment], str | None]:
    """Return a page of an image's comments, newest first, and the next cursor."""
    rows = select(Comment).where(Comment.image_id == image_id)
    return fetch_page(session, rows, Comment.id, cursor=cursor, limit=limit)


def count(session: Session, image_id: str) -> int:
    """Return how many comments an image has."""
    return session.exec(select(func.count()).where(Comment.image_id == image_id)).one()


def authors(session: Session, image_id: str) -> set[str]:
    """Return who has commented on an image."""
    return set(session.exec(select(Comment.author_id).where(Comment.image_id == image_id)))


def get(session: Session, comment_id: str) -> Comment:
    """Return any comment.

    Raises:
        NotFound: There is none of that id.
    """
    found = session.get(Comment, comment_id)
    if found is None:
        raise no_such_comment(comment_id)
    return found


def no_such_comment(comment_id: str) -> NotFound:
    """Return the one answer for comments that are absent, or on what is not open to whoever asks."""
    return NotFound(f"There is no comment {comment_id!r} that you can read.")
