"""What somebody may do in a gallery: as its owner, as a member, or because it is open to them.

A team works on what is opened to it, so its people may comment; everyone in the studio may look.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.galleries import repository
from backend.galleries.models import Gallery
from backend.galleries.schemas import GalleryRole, MemberRole, Visibility
from backend.kit.errors import Forbidden


def of_each(
    session: Session, actor: Actor, galleries: Collection[Gallery]
) -> dict[str, GalleryRole]:
    """Return what `actor` may do in each of `galleries`, all of which they may open."""
    member = repository.memberships(session, actor.id, [gallery.id for gallery in galleries])
    return {gallery.id: _role(actor, gallery, member.get(gallery.id)) for gallery in galleries}


def obtain(
    session: Session,
    actor: Actor,
    gallery_id: str,
    needed: GalleryRole = GalleryRole.VIEWER,
    *,
    to_change: bool = False,
) -> Gallery:
    """Return a gallery in which `actor` may do what `needed` may; `to_change` locks it.

    Raises:
        NotFound: There is none, or it is not open to them.
        Forbidden: They may open it, and no more than that.
    """
    gallery = repository.get(session, actor, gallery_id, to_change=to_change)
    role = of_each(session, actor, [gallery])[gallery.id]
    if not role.reaches(needed):
        raise Forbidden(
            f"in this gallery you are {role}; this takes {needed}, and its owner can say so"
        )
    return gallery


def _role(actor: Actor, gallery: Gallery, member: MemberRole | None) -> GalleryRole:
    if gallery.owner_id == actor.id:
        return GalleryRole.OWNER
    of_team = gallery.visibility is Visibility.TEAM and gallery.team_id == actor.team_id
    by_door = GalleryRole.COMMENTER if of_team else GalleryRole.VIEWER
    by_name = GalleryRole(member) if member else by_door
    return by_name if by_name.reaches(by_door) else by_door
