"""Who may open a gallery by name: found, let in with a role, given another, let go. In the caller's transaction."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.galleries import repository, roles
from backend.galleries.models import Gallery, GalleryMember
from backend.galleries.schemas import (
    GalleryRole,
    MemberPerson,
    MemberPublic,
    MemberRole,
    PersonOf,
)
from backend.galleries.service import note
from backend.kit.errors import Conflict, NotFound

MOST_MEMBERS: Final = 200


def look(session: Session, actor: Actor, gallery_id: str) -> list[MemberPublic]:
    """Return the owner of a gallery and its members by name.

    Raises:
        NotFound: There is none, or it is not open to them.
    """
    gallery = roles.obtain(session, actor, gallery_id)
    owner = accounts_of.users_by_id(session, [gallery.owner_id])[gallery.owner_id]
    people = [(owner, GalleryRole.OWNER)]
    for row, user in repository.members(session, gallery.id):
        people.append((user, GalleryRole(row.role)))
    is_owner = gallery.owner_id == actor.id
    return [_shown(user, role, with_address=is_owner) for user, role in people]


def candidates(session: Session, actor: Actor, gallery_id: str, words: str) -> list[PersonOf]:
    """Return some active people who are not in a gallery yet and whose name contains `words`.

    Raises:
        NotFound: There is none, or it is not open to them.
        Forbidden: It is not theirs.
    """
    gallery = roles.obtain(session, actor, gallery_id, GalleryRole.OWNER)
    found = repository.candidates(session, gallery, words.strip())
    return [PersonOf(id=user.id, name=user.name) for user in found]


def put(
    session: Session, actor: Actor, gallery_id: str, user_id: str, role: MemberRole
) -> MemberPublic:
    """Let an active person into a gallery, or give a member another role.

    Raises:
        NotFound: There is no such gallery, or no such person who may come in.
        Forbidden: It is not theirs.
        Conflict: That person is its owner, or it has as many members as it may have.
    """
    gallery = roles.obtain(session, actor, gallery_id, GalleryRole.OWNER, to_change=True)
    if user_id == gallery.owner_id:
        raise Conflict("The owner may do everything in it; hand it over to somebody else first.")
    if not accounts_of.hold_active(session, user_id):
        raise NotFound(f"There is no person {user_id!r} who may come in.")
    row = repository.member(session, gallery.id, user_id)
    if row is None:
        _refuse_too_many(session, gallery)
        row = GalleryMember(gallery_id=gallery.id, user_id=user_id)
    row.role = role
    session.add(row)
    session.flush()
    note(session, actor, gallery, "member", {"person": user_id, "role": role})
    user = accounts_of.users_by_id(session, [user_id])[user_id]
    return _shown(user, GalleryRole(role), with_address=True)


def remove(session: Session, actor: Actor, gallery_id: str, user_id: str) -> None:
    """Let a member go; anybody may leave by themselves, but for the owner.

    Raises:
        NotFound: There is no such gallery, or no such member.
        Forbidden: They are somebody else, and the gallery is not the caller's.
        Conflict: That person is its owner.
    """
    needed = GalleryRole.VIEWER if user_id == actor.id else GalleryRole.OWNER
    gallery = roles.obtain(session, actor, gallery_id, needed, to_change=True)
    if user_id == gallery.owner_id:
        raise Conflict("A gallery has an owner: hand it over first, or delete it.")
    row = repository.member(session, gallery.id, user_id)
    if row is None:
        raise NotFound(f"There is no member {user_id!r} in this gallery.")
    session.delete(row)
    session.flush()
    note(session, actor, gallery, "member_remove", {"person": user_id})


def _refuse_too_many(session: Session, gallery: Gallery) -> None:
    if repository.count_members(session, gallery.id) >= MOST_MEMBERS:
        raise Conflict(
            f"{MOST_MEMBERS} members are as many as a gallery may have; open it to a team instead."
        )


def _shown(user: User, role: GalleryRole, *, with_address: bool) -> MemberPublic:
    email = user.email if with_address else None
    return MemberPublic(user=MemberPerson(id=user.id, name=user.name, email=email), role=role)
