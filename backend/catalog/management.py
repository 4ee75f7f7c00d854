"""The verbs of administrators about models, each in its caller's transaction: list, switch off and on, choose the default.

Shares of traffic for a new model, and comparing two of them blindly, are not here.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts import repository as accounts
from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.catalog import repository
from backend.catalog.choosing import Choices
from backend.catalog.models import ModelChoice
from backend.catalog.schemas import ManagedModel, ModelChange
from backend.kit import clock
from backend.kit.errors import Conflict, FieldProblem, NotFound, Unprocessable
from inference.protocol import ModelCard


class LastModel(Conflict):
    """Without this model nobody could draw any more."""

    code = "last_model"
    title = "This is the last model"


def managed(session: Session, cards: list[ModelCard]) -> list[ManagedModel]:
    """Return the models on offer, then those that are not any more, with what was chosen about each."""
    rows = {row.model: row for row in repository.choices(session)}
    offer = Choices.of(list(rows.values())).offer(cards)
    default = offer[0].name if offer else None
    known = {card.name: card for card in cards}
    people = accounts.users_by_id(
        session, {row.changed_by for row in rows.values() if row.changed_by}
    )
    names = {one.id: one.name or one.email or None for one in people.values()}
    return [
        _told(name, known.get(name), rows.get(name), names, is_default=name == default)
        for name in [*known, *(name for name in rows if name not in known)]
    ]


def change(
    session: Session, actor: Actor, name: str, wanted: ModelChange, cards: list[ModelCard]
) -> ManagedModel:
    """Switch a model off or on, or make it the default, for everything that is asked for from now on.

    Raises:
        NotFound: There is no such model.
        Unprocessable: It is to be switched off without a reason.
        LastModel: It is to be switched off, and no other one is on.
        Conflict: It is to be the default, and is off or not offered.
    """
    offered = [card.name for card in cards]
    rows = {row.model: row for row in repository.locked_choices(session)}
    if name not in offered and name not in rows:
        raise NotFound(f"There is no model {name!r}.")
    row = rows.setdefault(name, ModelChoice(model=name))
    deeds = [*_switch(row, wanted, rows, offered), *_prefer(row, wanted, offered)]
    if deeds:
        row.changed_at, row.changed_by = clock.utc_now(), actor.id
        repository.keep(session, row)
    for verb in deeds:
        detail = {"reason": row.reason} if verb == "model.off" else None
        audit.record(session, actor_id=actor.id, verb=verb, subject=f"model:{name}", detail=detail)
    return next(one for one in managed(session, cards) if one.name == name)


def _switch(
    row: ModelChoice, wanted: ModelChange, rows: dict[str, ModelChoice], offered: list[str]
) -> list[str]:
    """Switch it as is wanted; return the verb for it, or nothing where it was so already."""
    if wanted.enabled is None:
        return []
    if not wanted.enabled:
        _need_reason(wanted)
        _need_another(row.model, rows, offered)
    if (wanted.enabled, wanted.reason) == (row.enabled, row.reason):
        return []
    row.enabled, row.reason = wanted.enabled, "" if wanted.enabled else wanted.reason
    return ["model.on" if wanted.enabled else "model.off"]


def _prefer(row: ModelChoice, wanted: ModelChange, offered: list[str]) -> list[str]:
    if not wanted.is_default:
        return []
    if not row.enabled or row.model not in offered:
        why = "is off; switch it on first" if row.model in offered else "is not offered now"
        raise Conflict(f"{row.model} cannot be the default: it {why}.")
    if row.is_default:
        return []
    row.is_default = True
    return ["model.default"]


def _need_reason(wanted: ModelChange) -> None:
    if not wanted.reason:
        problem = FieldProblem(
            field="reason", message="say why, for whoever asks for it", limit="at least 1 character"
        )
        raise Unprocessable("reason: say why it is off, for whoever asks for it", fields=[problem])


def _need_another(name: str, rows: dict[str, ModelChoice], offered: list[str]) -> None:
    on = [one for one in offered if one not in rows or rows[one].enabled]
    if all(one == name for one in on):
        raise LastModel(
            f"{name} is the only model that is on; without it nobody could draw. Switch another one on "
            "first, or drain the queue to stop drawing."
        )


def _told(
    name: str,
    card: ModelCard | None,
    row: ModelChoice | None,
    names: dict[str, str | None],
    *,
    is_default: bool,
) -> ManagedModel:
    return ManagedModel(
        name=name,
        card=card,
        enabled=row.enabled if row else True,
        reason=row.reason if row else "",
        is_default=is_default,
        changed_at=row.changed_at if row else None,
        changed_by=names.get(row.changed_by) if row and row.changed_by else None,
    )
