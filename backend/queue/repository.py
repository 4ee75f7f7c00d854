"""The operator's door to generation rows: everybody's that wait or run, and the dead letters."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import distinct, tuple_
from sqlmodel import Session, col, func, select

from backend.accounts.models import User
from backend.generations.models import Generation, queue
from backend.generations.pictures import PictureGone, PictureTooLarge
from backend.generations.repository import ALIVE
from backend.kit.errors import NotFound
from backend.kit.pagination import cut, decode_cursor
from backend.kit.queue import State
from backend.stops.refusals import CODE_ALL, CODE_MODEL
from inference.protocol import InvalidParameters, Refused

OWN_FAULT = frozenset(
    {Refused.code, InvalidParameters.code, PictureGone.code, PictureTooLarge.code}
)
"""What a request itself was wrong about: another attempt would end the same way, so no dead letter."""
_ENDED_ON_PURPOSE = frozenset({CODE_ALL, CODE_MODEL})
_DEAD = (
    col(Generation.state) == State.FAILED,
    col(Generation.error_code).not_in(OWN_FAULT | _ENDED_ON_PURPOSE),
)
_SILENT_FOR_S = 60.0


class Owned(NamedTuple):
    """A generation and whose it is."""

    row: Generation
    owner: User


def page(session: Session, *, cursor: str | None, limit: int) -> tuple[list[Owned], str | None]:
    """Return a page of what is queued or running, in the order of the line, and the next cursor."""
    place = tuple_(col(Generation.tag), col(Generation.id))
    rows = _owned().where(col(Generation.state).in_(ALIVE)).order_by(Generation.tag, Generation.id)
    if cursor is not None:
        last = session.get(Generation, decode_cursor(cursor))
        if last is None:
            return [], None
        rows = rows.where(place > tuple_(last.tag, last.id))
    return _page(session, rows, limit)


def dead_page(
    session: Session, *, cursor: str | None, limit: int
) -> tuple[list[Owned], str | None]:
    """Return a page of the dead letters that nobody has retried, newest first, and the next cursor."""
    rows = _dead().where(col(Generation.retried_as).is_(None))
    if cursor is not None:
        rows = rows.where(col(Generation.id) < decode_cursor(cursor))
    return _page(session, rows.order_by(col(Generation.id).desc()), limit)


def count_dead(session: Session) -> int:
    """Return how many dead letters nobody has retried."""
    dead = select(func.count()).where(*_DEAD, col(Generation.retried_as).is_(None))
    return session.exec(dead).one()


class Holders(NamedTuple):
    """How many dispatchers hold a lease, and how many leases ran out without being given back."""

    alive: int
    silent: int


def holders(session: Session) -> Holders:
    """Return who holds what runs. A lease that ran out is silent after a minute: somebody should have given it back."""
    now = queue.now(session)
    until = col(Generation.lease_until)
    running = col(Generation.state) == State.RUNNING
    owners = select(func.count(distinct(col(Generation.lease_owner)))).where(running, until >= now)
    silent = select(func.count()).where(running, until < now - _SILENT_FOR_S)
    return Holders(session.exec(owners).one(), session.exec(silent).one())


def get(session: Session, generation_id: str) -> Generation:
    """Return anybody's generation.

    Raises:
        NotFound: There is none.
    """
    found = session.get(Generation, generation_id)
    if found is None:
        raise NotFound(f"There is no generation {generation_id!r}.")
    return found


def get_dead(session: Session, generation_id: str) -> Owned:
    """Return a dead letter, retried or not, locked until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    rows = _dead().where(col(Generation.id) == generation_id).with_for_update(of=Generation)
    found = session.execute(rows, execution_options={"populate_existing": True}).one_or_none()
    if found is None:
        raise NotFound(f"There is no dead letter {generation_id!r}.")
    return Owned(*found)


def owned(session: Session, row: Generation) -> Owned:
    """Return `row` with its owner."""
    return Owned(row, session.get_one(User, row.owner_id))


def _dead() -> Any:  # noqa: ANN401
    return _owned().where(*_DEAD)


def _owned() -> Any:  # noqa: ANN401
    return select(Generation, User).join(User, col(User.id) == col(Generation.owner_id))


def _page(session: Session, rows: Any, limit: int) -> tuple[list[Owned], str | None]:  # noqa: ANN401
    found = [Owned(*row) for row in session.execute(rows.limit(limit + 1))]
    return cut(found, limit, lambda one: one.row.id)
