"""What an administrator does with roles: rows of permissions and of models, never an `if`.

Each verb works in the caller's transaction, and one after another. What a role may do counts from the next
request of those who have it; their event streams begin anew.
"""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches
from typing import Final

from sqlmodel import Session

from backend.accounts import permissions as known
from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.accounts.invites import repository as invites
from backend.accounts.models import Role
from backend.accounts.watch import say_changed
from backend.audit import service as audit
from backend.kit.clock import utc_now
from backend.kit.errors import Conflict, FieldProblem, NotFound, Unprocessable
from backend.kit.notifier import Notifier
from backend.people import repository
from backend.people.schemas import RoleChange, RoleCreate, RoleList, RolePublic
from backend.people.service import refuse_without_administrator

PERMANENT: Final = frozenset(seed.name for seed in known.ROLE_SEEDS)


def look(session: Session) -> RoleList:
    """Return every role, the highest rank first, and every permission there is."""
    items = _shown(session, repository.roles(session))
    return RoleList(items=items, permissions=sorted(known.ALL))


def create(
    session: Session, actor: Actor, wanted: RoleCreate, offered: Collection[str]
) -> RolePublic:
    """Make a role. Its models must be among those `offered`.

    Raises:
        Conflict: There is one of that name.
        Unprocessable: An unknown permission, or a model that is not on offer.
    """
    repository.hold_roles(session)
    if repository.find_role(session, wanted.name):
        raise Conflict(f"There is a role {wanted.name!r} already.")
    _refuse_unknown("permissions", wanted.permissions, known.ALL)
    _refuse_unknown("models", wanted.models, offered)
    role = Role(name=wanted.name, rank=wanted.rank)
    session.add(role)
    session.flush()
    repository.replace_grants(session, role.name, wanted.permissions)
    repository.replace_models(session, role.name, wanted.models)
    _note(session, actor, role, "role.create", wanted.model_dump(exclude={"name"}))
    session.flush()
    return _shown(session, [role])[0]


def change(  # noqa: PLR0913
    session: Session,
    notifier: Notifier,
    actor: Actor,
    name: str,
    wanted: RoleChange,
    *,
    offered: Collection[str],
) -> RolePublic:
    """Change what `wanted` names of a role. A model that is new to it must be among those `offered`.

    Raises:
        NotFound: There is no such role.
        Unprocessable: An unknown permission, or a model that is not on offer.
        Conflict: The role admin would lose `administer`, or nobody would be left who may administer.
    """
    repository.hold_roles(session)
    role = _get(session, name)
    asked = wanted.model_fields_set
    if "rank" in asked:
        role.rank = wanted.rank
        session.add(role)
    if "permissions" in asked:
        _refuse_unknown("permissions", wanted.permissions, known.ALL)
        _refuse_powerless_admin(name, wanted.permissions)
        repository.replace_grants(session, name, wanted.permissions)
    if "models" in asked:
        had = accounts_of.models_of(session, name)
        _refuse_unknown("models", wanted.models, {*offered, *had})
        repository.replace_models(session, name, wanted.models)
    _note(session, actor, role, "role.change", wanted.model_dump(include=asked))
    refuse_without_administrator(session)
    say_changed(session, notifier)
    return _shown(session, [role])[0]


def delete(session: Session, actor: Actor, name: str) -> None:
    """Remove a role that nobody has.

    Raises:
        NotFound: There is no such role.
        Conflict: Somebody has it, an open invite gives it, or every studio has it.
    """
    repository.hold_roles(session)
    role = _get(session, name)
    if name in PERMANENT:
        raise Conflict(f"Every studio has the role {name!r}; change what it may do instead.")
    if repository.holds_somebody(session, name):
        raise Conflict("There are people with this role. Give them another one first.")
    if not invites.forget_role(session, name, utc_now()):
        raise Conflict("An open invite gives this role. Revoke it first.")
    repository.delete_role(session, role)
    _note(session, actor, role, "role.delete", {})


def _get(session: Session, name: str) -> Role:
    role = repository.find_role(session, name)
    if role is None:
        raise NotFound(f"There is no role {name!r}.")
    return role


def _refuse_unknown(field: str, wanted: Collection[str], choices: Collection[str]) -> None:
    strange = [one for one in wanted if one not in choices]
    if not strange:
        return
    listed = sorted(choices)
    limit = "one of " + ", ".join(listed) if listed else "nothing, since none is on offer"
    near = get_close_matches(strange[0], listed, n=1, cutoff=0.0)
    problem = FieldProblem(
        field=field,
        message=f"must be {limit}, not {strange[0]!r}",
        limit=limit,
        nearest=near[0] if near else None,
    )
    raise Unprocessable(f"{field} {problem.message}", fields=[problem])


def _refuse_powerless_admin(name: str, wanted: Collection[str]) -> None:
    if name == known.ADMIN and known.ADMINISTER not in wanted:
        raise Conflict(f"The role {name!r} cannot lose {known.ADMINISTER!r}.")


def _note(session: Session, actor: Actor, role: Role, verb: str, detail: dict[str, object]) -> None:
    told = {
        name: ", ".join(sorted(map(str, value))) if isinstance(value, list) else str(value)
        for name, value in detail.items()
    }
    audit.record(session, actor_id=actor.id, verb=verb, subject=f"role:{role.name}", detail=told)


def _shown(session: Session, roles: list[Role]) -> list[RolePublic]:
    granted = accounts_of.permissions_by_role(session)
    models, people = repository.models_by_role(session), repository.people_by_role(session)
    return [
        RolePublic(
            name=role.name,
            rank=role.rank,
            permissions=sorted(granted.get(role.name, ())),
            models=sorted(models.get(role.name, ())),
            people=people.get(role.name, 0),
            permanent=role.name in PERMANENT,
        )
        for role in roles
    ]
