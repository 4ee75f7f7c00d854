"""The only door to generation rows. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import JSON, or_, type_coerce
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.generations.models import Generation
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.kit.queue import State

ALIVE = (State.QUEUED, State.RUNNING)
_MEASURED = 20


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


def page(
    session: Session, actor: Actor, *, cursor: str | None, limit: int, prompt: str | None
) -> tuple[list[Generation], str | None]:
    """Return a page of the actor's generations, newest first, and the next cursor.

    `prompt` keeps those whose prompt contains it, whatever the case of its letters.
    """
    rows = readable_by(actor)
    if prompt:
        rows = rows.where(_prompt().icontains(prompt, autoescape=True))
    return fetch_page(session, rows, Generation.id, cursor=cursor, limit=limit)


def alive(session: Session, actor: Actor) -> list[Generation]:
    """Return the actor's queued and running generations, oldest first."""
    rows = readable_by(actor).where(col(Generation.state).in_(ALIVE))
    return list(session.exec(rows.order_by(col(Generation.id))))


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


def by_idempotency_key(session: Session, owner_id: str, key: str) -> Generation | None:
    """Return the generation that this person submitted under `key`, if there is one."""
    return session.exec(
        select(Generation).where(Generation.owner_id == owner_id, Generation.idempotency_key == key)
    ).one_or_none()


def lately_succeeded(session: Session, model: str) -> list[Generation]:
    """Return the last twenty generations that `model` finished, to measure its pace by."""
    name = type_coerce(col(Generation.parameters), JSON)["model"].as_string()
    rows = select(Generation).where(Generation.state == State.SUCCEEDED, name == model)
    return list(session.exec(rows.order_by(col(Generation.id).desc()).limit(_MEASURED)))


def _prompt() -> Any:  # noqa: ANN401
    return type_coerce(col(Generation.parameters), JSON)["prompt"].as_string()
