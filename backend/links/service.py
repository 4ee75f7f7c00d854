"""The verbs of a share link for those who may change its gallery: make, list, revoke. In the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.galleries import roles
from backend.galleries.schemas import GalleryRole, PersonOf
from backend.kit.clock import utc_now
from backend.kit.errors import Conflict, Forbidden
from backend.kit.settings import Settings
from backend.links import passwords, repository
from backend.links.models import ShareLink
from backend.links.schemas import LinkCreate, LinkPublic

MOST_LINKS: Final = 50
TOKEN_BYTES: Final = 32
KEPT_AFTER_END: Final = timedelta(days=30)


def make(
    session: Session, settings: Settings, actor: Actor, gallery_id: str, wanted: LinkCreate
) -> LinkPublic:
    """Make a link to a gallery; its address is in this answer and nowhere else.

    Raises:
        NotFound: There is no such gallery, or it is not open to them.
        Forbidden: They may not change it, or came with a key instead of a browser.
        Conflict: It has as many links as it may have.
    """
    if actor.via != "session":
        raise Forbidden("share links are made in a browser, by a person who is signed in")
    gallery = roles.obtain(session, actor, gallery_id, GalleryRole.EDITOR, to_change=True)
    now = utc_now()
    repository.forget_ended(session, gallery.id, now - KEPT_AFTER_END)
    if len(repository.live(session, gallery.id, now)) >= MOST_LINKS:
        raise Conflict(f"{MOST_LINKS} share links are as many as a gallery may have; revoke one.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = ShareLink(
        gallery_id=gallery.id,
        token_hash=repository.digest_of(token),
        created_by=actor.id,
        expires_at=now + timedelta(days=wanted.expires_in_days),
        password_hash=passwords.hashed(wanted.password) if wanted.password else None,
        downloads=wanted.downloads,
        prompts=wanted.prompts,
        brief=wanted.brief,
    )
    session.add(link)
    session.flush()
    told = wanted.model_dump(mode="json", exclude={"password"})
    detail = {name: str(value) for name, value in told.items()}
    detail |= {"gallery": gallery.id, "password": str(link.password_hash is not None)}
    _note(session, actor.id, link, "create", detail)
    url = f"{settings.base_url}/s/{token}"
    return _shown(session, [link])[0].model_copy(update={"url": url})


def look(session: Session, actor: Actor, gallery_id: str) -> list[LinkPublic]:
    """Return the links of a gallery that still lead there, newest first.

    Raises:
        NotFound: There is no such gallery, or it is not open to them.
        Forbidden: They may not change it.
    """
    gallery = roles.obtain(session, actor, gallery_id, GalleryRole.EDITOR)
    return _shown(session, repository.live(session, gallery.id, utc_now()))


def revoke(session: Session, actor: Actor, gallery_id: str, link_id: str) -> None:
    """End a link at once; again is no error.

    Raises:
        NotFound: There is no such gallery or link.
        Forbidden: They may not change that gallery.
    """
    gallery = roles.obtain(session, actor, gallery_id, GalleryRole.EDITOR)
    link = repository.get(session, gallery.id, link_id)
    if link.revoked_at is None:
        link.revoked_at = utc_now()
        session.add(link)
        _note(session, actor.id, link, "revoke", {"gallery": gallery.id})


def visit(session: Session, link: ShareLink) -> None:
    """Count that a guest is shown the page; the first time a day it is written down, without who they are."""
    now = utc_now()
    seen = link.last_visit_at
    repository.count_visit(session, link.id, now)
    if seen is None or seen.date() < now.date():
        _note(session, None, link, "visit", {"gallery": link.gallery_id})


def _note(
    session: Session, actor_id: str | None, link: ShareLink, verb: str, detail: dict[str, str]
) -> None:
    subject = f"link:{link.id}"
    audit.record(session, actor_id=actor_id, verb=f"link.{verb}", subject=subject, detail=detail)


def _shown(session: Session, links: Sequence[ShareLink]) -> list[LinkPublic]:
    makers = accounts_of.users_by_id(session, {link.created_by for link in links})
    return [
        LinkPublic(
            **link.model_dump(exclude={"created_by", "password_hash"}),
            created_by=PersonOf(id=link.created_by, name=makers[link.created_by].name),
            has_password=link.password_hash is not None,
        )
        for link in links
    ]
