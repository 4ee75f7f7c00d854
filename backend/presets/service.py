"""The verbs of presets: find, keep, change, delete. Sharing with everyone is for those who administer."""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.accounts.repository import users_by_id
from backend.audit import service as audit
from backend.galleries import keeping
from backend.galleries.schemas import Visibility
from backend.kit import clock
from backend.kit.errors import Conflict, Forbidden
from backend.presets import repository
from backend.presets.models import Preset
from backend.presets.schemas import (
    MOST_PRESETS,
    PresetChange,
    PresetCreate,
    PresetOwner,
    PresetPage,
    PresetPublic,
)


def find(
    session: Session, actor: Actor, *, search: str, cursor: str | None, limit: int
) -> PresetPage:
    """Return some of the presets that `actor` may use, newest first."""
    rows, following = repository.page(session, actor, search=search, cursor=cursor, limit=limit)
    owners = users_by_id(session, {row.owner_id for row in rows})
    items = [_shown(row, actor, owners.get(row.owner_id)) for row in rows]
    return PresetPage(items=items, next_cursor=following)


def create(session: Session, actor: Actor, wanted: PresetCreate) -> PresetPublic:
    """Keep a preset of `actor`.

    Raises:
        Conflict: They have as many as one person may have.
        Forbidden: It is to be everyone's, and they do not administer.
        Unprocessable: It is to be their team's, and they are in none.
    """
    keeping.lock_owner(session, actor.id)
    if repository.count_of(session, actor.id) >= MOST_PRESETS:
        raise Conflict(
            f"{MOST_PRESETS} presets are as many as one person may have; delete one first."
        )
    row = Preset(
        owner_id=actor.id,
        name=wanted.name,
        visibility=wanted.visibility,
        team_id=keeping.team_for(actor, wanted.visibility),
        parameters=wanted.parameters,
    )
    session.add(row)
    session.flush()
    _record(session, actor, row, "preset.create")
    return _shown(row, actor, session.get(User, actor.id))


def change(session: Session, actor: Actor, preset_id: str, wanted: PresetChange) -> PresetPublic:
    """Change name, parameters or visibility of a preset.

    Raises:
        NotFound: There is none, or it is not for them.
        Forbidden: It is somebody else's, or everyone's, and they do not administer.
        Unprocessable: It is to be their team's, and they are in none.
    """
    row = _to_change(session, actor, preset_id)
    visibility = wanted.visibility or row.visibility
    if visibility is Visibility.EVERYONE or visibility is not row.visibility:
        row.team_id = keeping.team_for(actor, visibility)
    row.visibility = visibility
    row.name = wanted.name or row.name
    row.parameters = wanted.parameters or row.parameters
    row.updated_at = clock.utc_now()
    session.add(row)
    session.flush()
    _record(session, actor, row, "preset.change")
    return _shown(row, actor, session.get(User, row.owner_id))


def delete(session: Session, actor: Actor, preset_id: str) -> None:
    """Delete a preset.

    Raises:
        NotFound: There is none, or it is not for them.
        Forbidden: It is somebody else's.
    """
    row = _to_change(session, actor, preset_id)
    session.delete(row)
    _record(session, actor, row, "preset.delete")


def _to_change(session: Session, actor: Actor, preset_id: str) -> Preset:
    row = repository.get(session, actor, preset_id)
    if not keeping.may_change(row, actor):
        raise Forbidden("this preset is somebody else's; keep one of your own like it")
    return row


def _record(session: Session, actor: Actor, row: Preset, verb: str) -> None:
    detail = {"visibility": row.visibility.value, "owner": row.owner_id}
    audit.record(session, actor_id=actor.id, verb=verb, subject=f"preset:{row.id}", detail=detail)


def _shown(row: Preset, actor: Actor, owner: User | None) -> PresetPublic:
    return PresetPublic(
        **row.model_dump(
            include={"id", "name", "visibility", "parameters", "created_at", "updated_at"}
        ),
        owner=PresetOwner(id=row.owner_id, name=owner.name if owner else ""),
        mine=row.owner_id == actor.id,
        can_change=keeping.may_change(row, actor),
    )
