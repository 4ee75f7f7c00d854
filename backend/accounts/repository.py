"""The one door to the rows of people, roles, sessions and keys. Decides nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, or_, update
from sqlmodel import Session, col, delete, select

from backend.accounts.models import (
    ApiKey,
    Role,
    RoleModel,
    RolePermission,
    Standing,
    Team,
    User,
    UserSession,
)
from backend.kit.among import among


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


def models_of(session: Session, role: str) -> frozenset[str]:
    """Return the only models that `role` may draw with at this moment; none: every model."""
    query = select(RoleModel.model).where(RoleModel.role == role)
    return frozenset(session.exec(query))


def permissions_by_role(session: Session) -> dict[str, frozenset[str]]:
    """Return what each role may do at this moment; a role that may do nothing is left out."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in session.exec(select(RolePermission)):
        found[row.role].add(row.permission)
    return {role: frozenset(granted) for role, granted in found.items()}


def sessions_among(session: Session, hashes: Collection[str]) -> list[tuple[UserSession, User]]:
    """Return those of the sessions of these hashes that there are, and whose they are."""
    query = select(UserSession, User).join(User).where(col(UserSession.id_hash).in_(hashes))
    return list(session.exec(query))


def keys_among(session: Session, ids: Collection[str]) -> list[tuple[ApiKey, User]]:
    """Return those of the keys of these public ids that there are, and whose they are."""
    query = select(ApiKey, User).join(User).where(col(ApiKey.id).in_(ids))
    return list(session.exec(query))


def role_ranks(session: Session) -> dict[str, int]:
    """Return every role there is with its rank."""
    return {role.name: role.rank for role in session.exec(select(Role))}


def find_user(session: Session, *, issuer: str, subject: str) -> User | None:
    """Return the person whom `issuer` calls `subject`."""
    query = select(User).where(User.issuer == issuer, User.subject == subject)
    return session.exec(query).one_or_none()


def find_team(session: Session, name: str) -> Team | None:
    """Return the team of that name."""
    return session.exec(select(Team).where(Team.name == name)).one_or_none()


def hold_active(session: Session, user_id: str) -> bool:
    """Return whether a person may come in, and see to it that this stays so until the transaction ends."""
    held = select(User.standing).where(User.id == user_id).with_for_update(read=True)
    return session.exec(held).one_or_none() is Standing.ACTIVE


def users_by_id(session: Session, ids: Collection[str]) -> dict[str, User]:
    """Return those of the people of these ids that there are."""
    found = session.exec(select(User).where(among(col(User.id), ids))) if ids else ()
    return {user.id: user for user in found}


def teams_by_id(session: Session, ids: Collection[str]) -> dict[str, Team]:
    """Return those of the teams of these ids that there are."""
    found = session.exec(select(Team).where(among(col(Team.id), ids))) if ids else ()
    return {team.id: team for team in found}


def users_with_email(session: Session, email: str) -> list[User]:
    """Return everybody with that e-mail address, oldest account first."""
    query = select(User).where(func.lower(User.email) == func.lower(email)).order_by(User.id)
    return list(session.exec(query))


def keys_of(session: Session, user_id: str) -> list[ApiKey]:
    """Return a person's keys that were not revoked, newest first."""
    query = (
        select(ApiKey)
        .where(ApiKey.user_id == user_id, col(ApiKey.revoked_at).is_(None))
        .order_by(col(ApiKey.id).desc())
    )
    return list(session.exec(query))


def key_to_change(session: Session, key_id: str) -> ApiKey | None:
    """Return the key of that public id; nobody else changes it until this transaction ends."""
    return session.exec(select(ApiKey).where(ApiKey.id == key_id).with_for_update()).one_or_none()


def count_working_keys(session: Session, user_id: str, now: datetime) -> int:
    """Return how many keys of a person work at this moment."""
    query = select(func.count()).where(
        ApiKey.user_id == user_id,
        col(ApiKey.revoked_at).is_(None),
        or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now),
    )
    return session.exec(query).one()


def delete_oldest_sessions(session: Session, user_id: str, *, keep: int) -> None:
    """Remove a person's sessions but for the `keep` that were used last."""
    mine = select(UserSession.id_hash).where(UserSession.user_id == user_id)
    newest = mine.order_by(col(UserSession.last_seen_at).desc(), col(UserSession.id_hash))
    old = session.exec(newest.offset(keep)).all()
    session.execute(delete(UserSession).where(col(UserSession.id_hash).in_(old)))


def delete_session(session: Session, id_hash: str) -> None:
    """Remove the session of that hash; already gone is no error."""
    session.exec(delete(UserSession).where(col(UserSession.id_hash) == id_hash))


def sessions_of(session: Session, user_id: str) -> list[UserSession]:
    """Return a person's sessions, also those that have ended and are not swept yet."""
    return list(session.exec(select(UserSession).where(UserSession.user_id == user_id)))


def delete_other_sessions(session: Session, user_id: str, kept_hash: str) -> int:
    """Remove every session of a person but the one of that hash; return how many."""
    others = col(UserSession.id_hash) != kept_hash
    return session.exec(
        delete(UserSession).where(col(UserSession.user_id) == user_id, others)
    ).rowcount


def delete_sessions_of(session: Session, user_id: str) -> int:
    """Remove every session of a person; return how many."""
    return session.exec(delete(UserSession).where(col(UserSession.user_id) == user_id)).rowcount


def people_with_sessions(session: Session) -> list[str]:
    """Return the ids of everybody who has a session, also one that has ended and is not swept yet."""
    return list(session.exec(select(UserSession.user_id).distinct().order_by(UserSession.user_id)))


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
