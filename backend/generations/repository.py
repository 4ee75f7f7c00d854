"""The only door to generation rows. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import JSON, ColumnElement, or_, type_coerce
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.generations.models import Generation
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.kit.queue import State

ALIVE = (State.QUEUED, State.RUNNING)
_MEASURED = 60


class Work(NamedTuple):
    """How much work a generation is, and when it was done."""

    model: str
    cost: float
    started_at: datetime | None
    ended_at: datetime | None


def readable_by(actor: Actor) -> SelectOfScalar[Generation]:
    """Select the generations that `actor` may read: their own."""
    return select(Generation).where(Generation.owner_id == actor.id)


def get(session: Session, actor: Actor, generation_id: str) -> Generation:
    """Return one generation that `actor` may read.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    found = session.exec(readable_by(actor).where(Generation.id == generation_id)).one_or_none()
    if found is None:
        raise NotFound(f"There is no generation {generation_id!r} of yours.")
    return found


def page(  # noqa: PLR0913
    session: Session,
    actor: Actor,
    *,
    cursor: str | None,
    limit: int,
    words: str | None,
    pinned: bool,
) -> tuple[list[Generation], str | None]:
    """Return a page of the actor's generations, newest first, and the next cursor.

    `words` keeps those whose prompt or name contains it, whatever the case of its letters; `pinned` those that are.
    """
    rows = readable_by(actor)
    if words:
        named = col(Generation.name).icontains(words, autoescape=True)
        rows = rows.where(or_(_prompt().icontains(words, autoescape=True), named))
    if pinned:
        rows = rows.where(col(Generation.pinned_at).is_not(None))
    return fetch_page(session, rows, Generation.id, cursor=cursor, limit=limit)


def alive(session: Session, actor: Actor) -> list[Generation]:
    """Return the actor's queued and running generations, oldest first."""
    rows = readable_by(actor).where(col(Generation.state).in_(ALIVE))
    return list(session.exec(rows.order_by(col(Generation.id))))


def alive_of(session: Session, owner_id: str) -> list[Generation]:
    """Return anybody's queued and running generations, oldest first; for whoever may cancel them."""
    rows = select(Generation).where(
        Generation.owner_id == owner_id, col(Generation.state).in_(ALIVE)
    )
    return list(session.exec(rows.order_by(col(Generation.id))))


def drawn_from_by_alive(session: Session) -> set[str]:
    """Return the ids of everything that anybody's queued and running generations draw over and by."""
    over = (_parameters()[field].as_string() for field in ("init_image", "mask"))
    by = _parameters()["control"].as_json()
    rows = session.execute(select(by, *over).where(col(Generation.state).in_(ALIVE)))
    named = [name for shapes, *names in rows for name in (*names, *_seen(shapes))]
    return {name for name in named if name is not None}


def _seen(shapes: list[dict[str, Any]] | None) -> list[str]:
    """Return the ids of what ControlNets see; rows from before there were any say nothing of them."""
    return [shape["image"] for shape in shapes or []]


def alive_or_among(session: Session, actor: Actor, ids: Collection[str]) -> list[Generation]:
    """Return the actor's queued and running generations, and those whose id is in `ids`."""
    wanted = or_(col(Generation.state).in_(ALIVE), col(Generation.id).in_(ids))
    return list(session.exec(readable_by(actor).where(wanted).order_by(col(Generation.id))))


def count_alive(session: Session, owner_id: str) -> int:
    """Return how many generations of that person are queued or running."""
    return session.exec(
        select(func.count()).where(
            Generation.owner_id == owner_id, col(Generation.state).in_(ALIVE)
        )
    ).one()


def least_cost_alive(session: Session, owner_id: str) -> float:
    """Return the cost of the smallest of that person's queued and running generations; 0 without any."""
    found = select(func.coalesce(func.min(Generation.cost), 0.0))
    return session.exec(
        found.where(Generation.owner_id == owner_id, col(Generation.state).in_(ALIVE))
    ).one()


def by_idempotency_key(session: Session, owner_id: str, key: str) -> Generation | None:
    """Return the generation that this person submitted under `key`, if there is one."""
    return session.exec(
        select(Generation).where(Generation.owner_id == owner_id, Generation.idempotency_key == key)
    ).one_or_none()


def lately_succeeded(session: Session) -> list[Work]:
    """Return the last sixty generations that were drawn, newest first, to measure by."""
    rows = _work().where(Generation.state == State.SUCCEEDED, ~col(Generation.from_cache))
    found = session.execute(rows.order_by(col(Generation.id).desc()).limit(_MEASURED))
    return [Work(*row) for row in found]


def running_work(session: Session) -> list[Work]:
    """Return everybody's running generations."""
    found = session.execute(_work().where(Generation.state == State.RUNNING))
    return [Work(*row) for row in found]


def waiting_work(session: Session) -> tuple[int, float]:
    """Return how many generations of everybody are queued, and their cost together."""
    rows = select(func.count(), func.coalesce(func.sum(Generation.cost), 0.0))
    return session.exec(rows.where(Generation.state == State.QUEUED)).one()


def model_name() -> ColumnElement[str]:
    """Return, to be used inside a statement, the name of a generation's model."""
    name: ColumnElement[str] = _parameters()["model"].as_string()
    return name


def prompt_text() -> ColumnElement[str]:
    """Return, to be used inside a statement, the prompt of a generation."""
    text: ColumnElement[str] = _prompt()
    return text


def _work() -> Any:  # noqa: ANN401
    return select(model_name(), Generation.cost, Generation.started_at, Generation.ended_at)


def _parameters() -> Any:  # noqa: ANN401
    return type_coerce(col(Generation.parameters), JSON)


def _prompt() -> Any:  # noqa: ANN401
    return _parameters()["prompt"].as_string()
