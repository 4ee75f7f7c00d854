"""The verbs of emergencies: look, say how far a stop would reach, pull and lift one. Each in its caller's transaction.

`actor_id` None is the command line of the studio itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts
from backend.catalog import repository as catalog
from backend.emergency import repository
from backend.emergency.schemas import (
    EmergencyNow,
    ReachWanted,
    StopDone,
    StopReach,
)
from backend.emergency.takedown import categories, category_named
from backend.generations import events, halting
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import FieldProblem, Unprocessable
from backend.kit.queue import State
from backend.notices import service as notices
from backend.stops import repository as stops_of
from backend.stops import service as stops
from backend.stops.models import EmergencyStop
from backend.stops.schemas import Scope, StopPublic, StopWanted
from inference.protocol import ModelCard

LATELY: Final = 20


def look(session: Session, cards: Collection[ModelCard]) -> EmergencyNow:
    """Return what is stopped, what could be, and what was."""
    lifted = [row for row in stops_of.lately(session, limit=2 * LATELY) if row.lifted_at]
    return EmergencyNow(
        stops=_public(session, stops_of.in_force(session)),
        lately=_public(session, lifted[:LATELY]),
        models=_models(session, cards),
        categories=categories(session),
    )


def reach(session: Session, cards: Collection[ModelCard], wanted: ReachWanted) -> StopReach:
    """Return what a stop would end.

    Raises:
        Unprocessable: There is no such model or category.
    """
    _require_known(session, cards, wanted.scope, wanted.name)
    if wanted.scope is Scope.CATEGORY:
        released = len(repository.released_of(session, wanted.name))
        return StopReach(queued=0, running=0, people=0, released=released)
    rows = repository.alive(session, wanted.name)
    queued = sum(row.state is State.QUEUED for row in rows)
    return StopReach(
        queued=queued,
        running=len(rows) - queued,
        people=len({row.owner_id for row in rows}),
        released=0,
    )


def pull(
    session: Session,
    context: Context,
    actor_id: str | None,
    cards: Collection[ModelCard],
    wanted: StopWanted,
) -> StopDone:
    """Stop something in every process: nothing of it is accepted, begun or gone on with.

    What waits ends here, in this transaction; what runs is ended by whoever draws it, within a second.

    Raises:
        Conflict: It is stopped already.
        Unprocessable: There is no such model or category.
    """
    _require_known(session, cards, wanted.scope, wanted.name)
    row = stops.pull(session, actor_id, wanted.scope, wanted.name, wanted.reason)
    ended = halting.end_waiting(session, context, stops.now(session))
    _tell(session, context)
    return StopDone(stop=_public(session, [row])[0], ended=ended)


def lift(session: Session, context: Context, actor_id: str | None, stop_id: str) -> StopPublic:
    """Let it be drawn again; what was ended stays so. Lifting twice is no error.

    Raises:
        NotFound: There is no such stop.
    """
    row = stops.lift(session, actor_id, stop_id)
    _tell(session, context)
    return _public(session, [row])[0]


def _tell(session: Session, context: Context) -> None:
    notices.say_changed(session, context.notifier)
    call_after_commit(session, lambda: events.say_queued(context.notifier))


def _models(session: Session, cards: Collection[ModelCard]) -> list[str]:
    """Return the models on offer, then those that were given a stage once."""
    chosen = (row.model for row in catalog.choices(session))
    return list(dict.fromkeys([*(card.name for card in cards), *chosen]))


def _require_known(session: Session, cards: Collection[ModelCard], scope: Scope, name: str) -> None:
    if scope is Scope.CATEGORY:
        category_named(session, name)
    known = _models(session, cards)
    # While inference is away nobody knows what it offers, and a stop has to be possible all the same.
    if scope is not Scope.MODEL or name in known or not cards:
        return
    nearest = (get_close_matches(name, known, n=1, cutoff=0.0) or known)[0]
    message = f"must be one of {', '.join(known)}, not {name!r}"
    problem = FieldProblem(field="name", message=message, nearest=nearest)
    raise Unprocessable(f"name {message}", fields=[problem])


def _public(session: Session, rows: Iterable[EmergencyStop]) -> list[StopPublic]:
    rows = list(rows)
    ids = {one for row in rows for one in (row.by, row.lifted_by) if one}
    names = {one.id: one.name or one.email for one in accounts.users_by_id(session, ids).values()}
    return [
        StopPublic(
            **row.model_dump(exclude={"by", "lifted_by"}),
            by=names.get(row.by or ""),
            lifted_by=names.get(row.lifted_by or ""),
        )
        for row in rows
    ]
