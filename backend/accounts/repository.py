"""The one door to the rows of people, roles, sessions and keys. Decides nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, update
from sqlmodel import Session, col, delete, select

from backend.accounts.models import ApiKey, Role, RolePermission, User, UserSession


def find_session(session: Session, id_hash: str) -> tuple[UserSession, User] | None:
    """Return the session of that hash and whose it is."""
    query = select(UserSession, User).join(User).where(UserSession.id_hash == id_hash)
    return session.exec(query).one_or_none()


def find_key(session: Session, key_id: str) -> tuple[ApiKey, User] | None:
    """Return the key of that public id and whose it is."""
    query = select(ApiKey, User).join(User).where(ApiKey.id == key_id)
    return session.exec(query).one_or_none()


def permissions_of(session: Session, role: str) -> frozenset[str]:
    """Return what `role` may do at this moment."""
    query = select(RolePermission.permission).where(RolePermission.role == role)
    return frozenset(session.exec(query))


def role_ranks(session: Session) -> dict[str, int]:
    """Return every role there is with its rank."""
    return {role.name: role.rank for role in session.exec(select(Role))}


def find_user(session: Session, *, issuer: str, subject: str) -> User | None:
    """Return the person whom `issuer` calls `subject`."""
    query = select(User).where(User.issuer == issuer, User.subject == subject)
    return session.exec(query).one_or_none()


def users_with_email(session: Session, email: str) -> list[User]:
    """Return everybody with that e-mail address, oldest account first."""
    query = select(User).where(func.lower(User.email) == email.lower()).order_by(User.id)
    return list(session.exec(query))


def keys_of(session: Session, user_id: str) -> list[ApiKey]:
    """Return a person's keys that were not revoked, newest first."""
    query = (
        select(ApiKey)
        .where(ApiKey.user_id == user_id, col(ApiKey.revoked_at).is_(None))
        .order_by(col(ApiKey.id).desc())
    )
    return list(session.exec(query))


def delete_session(session: Session, id_hash: str) -> None:
    """Remove the session of that hash; already gone is no error."""
    session.exec(delete(UserSession).where(col(UserSession.id_hash) == id_hash))


def delete_sessions_of(session: Session, user_id: str) -> None:
    """Remove every session of a person."""
    session.exec(delete(UserSession).where(col(UserSession.user_id) == user_id))


def delete_sessions_older(session: Session, *, created: datetime, seen: datetime) -> None:
    """Remove every session begun before `created` or last seen before `seen`."""
    old = or_(col(UserSession.created_at) < created, col(UserSession.last_seen_at) < seen)
    session.exec(delete(UserSession).where(old))


def touch_session(session: Session, id_hash: str, now: datetime) -> None:
    """Note that a session was used."""
    matching = col(UserSession.id_hash) == id_hash
    session.exec(update(UserSession).where(matching).values(last_seen_at=now))


def touch_key(session: Session, key_id: str, now: datetime) -> None:
    """Note that a key was used."""
    session.exec(update(ApiKey).where(col(ApiKey.id) == key_id).values(last_used_at=now))
