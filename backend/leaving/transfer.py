"""Hands the work of one person on to another: all of it or nothing, in the caller's transaction.

Files stay as they are: they say which generation drew them and with what, which is as true as before, and never
said who asked.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlmodel import Session, col

from backend.accounts.models import User
from backend.audit import service as audit
from backend.galleries.models import Gallery
from backend.generations import repository as generations
from backend.generations.models import Generation
from backend.grids.models import Grid
from backend.images.models import Image
from backend.kit.errors import Conflict
from backend.leaving import repository
from backend.leaving.schemas import Transferred
from backend.legalholds import service as legalholds
from backend.legalholds.schemas import SubjectKind
from backend.recipes import runs
from backend.recipes.models import RecipeRun


def transfer(session: Session, actor_id: str | None, giver: User, taker: User) -> Transferred:
    """Make all generations, images, galleries, grids and runs of recipes of `giver` those of `taker`.

    Five statements, however many rows they are. Keys under which they were submitted are forgotten: they
    were the giver's, and the taker may have used the same.

    Raises:
        Conflict: They are one person, the taker is not active, or something of the giver's is queued or running.
        UnderLegalHold: The giver is; what is handed on would not be covered any more.
    """
    _refuse_those_who_cannot(giver, taker)
    legalholds.must_be_free(session, {SubjectKind.PERSON: [giver.id]})
    repository.lock_person(session, giver.id)
    if alive := generations.count_alive(session, giver.id):
        raise Conflict(
            f"{alive} generations of theirs are queued or running; cancel them or let them end first."
        )
    runs.break_off(session, giver.id)
    moved = Transferred(
        generations=_move(session, Generation, giver, taker, idempotency_key=None),
        images=_move(session, Image, giver, taker),
        galleries=_move(session, Gallery, giver, taker),
        grids=_move(session, Grid, giver, taker, idempotency_key=None),
        runs=_move(session, RecipeRun, giver, taker, idempotency_key=None),
    )
    _record(session, actor_id, giver, {"to": taker.id}, moved)
    _record(session, actor_id, taker, {"from": giver.id}, moved)
    return moved


def _refuse_those_who_cannot(giver: User, taker: User) -> None:
    if giver.id == taker.id:
        raise Conflict("Giver and taker are one person.")
    if not taker.active:
        raise Conflict(
            "Who gets the work is not active; choose somebody who can come in and see it."
        )


def _move(session: Session, table: Any, giver: User, taker: User, **values: Any) -> int:  # noqa: ANN401
    theirs = update(table).where(col(table.owner_id) == giver.id)
    done = session.exec(theirs.values(owner_id=taker.id, **values))
    return done.rowcount


def _record(
    session: Session,
    actor_id: str | None,
    person: User,
    other: dict[str, str],
    moved: Transferred,
) -> None:
    numbers = {name: str(number) for name, number in moved.model_dump().items()}
    audit.record(
        session,
        actor_id=actor_id,
        verb="person.transfer",
        subject=f"person:{person.id}",
        detail={**other, **numbers},
    )
