"""The only door to grid rows. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists
from sqlmodel import Session, col, delete, func, select
from sqlmodel.sql.expression import SelectOfScalar

from backend.accounts.actor import Actor
from backend.generations.models import Generation
from backend.grids.models import Grid, GridCell
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.kit.queue import ENDED


def get(session: Session, actor: Actor, grid_id: str) -> Grid:
    """Return a grid of the actor's.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    own = select(Grid).where(Grid.id == grid_id, Grid.owner_id == actor.id)
    found = session.exec(own).one_or_none()
    if found is None:
        raise NotFound(f"There is no grid {grid_id!r} of yours.")
    return found


def page(
    session: Session, actor: Actor, *, cursor: str | None, limit: int
) -> tuple[list[Grid], str | None]:
    """Return a page of the actor's grids, newest first, and the next cursor."""
    own = select(Grid).where(Grid.owner_id == actor.id)
    return fetch_page(session, own, Grid.id, cursor=cursor, limit=limit)


def by_idempotency_key(session: Session, owner_id: str, key: str) -> Grid | None:
    """Return the grid that this person submitted under `key`, if there is one."""
    return session.exec(
        select(Grid).where(Grid.owner_id == owner_id, Grid.idempotency_key == key)
    ).one_or_none()


def generations_by_place(session: Session, grid: Grid) -> dict[int, Generation]:
    """Return the generations of a grid that are still there, by their places."""
    rows = select(GridCell.place, Generation).where(
        GridCell.generation_id == Generation.id,
        GridCell.grid_id == grid.id,
        Generation.owner_id == grid.owner_id,
    )
    return dict(session.exec(rows.order_by(col(GridCell.place))).all())


def count_alive(session: Session, grid_ids: Collection[str]) -> dict[str, int]:
    """Return how many generations of each grid are queued or running; none is left out."""
    rows = (
        select(GridCell.grid_id, func.count())
        .join(Generation, col(Generation.id) == col(GridCell.generation_id))
        .where(col(GridCell.grid_id).in_(grid_ids), col(Generation.state).not_in(ENDED))
        .group_by(GridCell.grid_id)
    )
    return dict.fromkeys(grid_ids, 0) | dict(session.exec(rows).all())


def with_cells(session: Session, generation_ids: Collection[str]) -> list[Grid]:
    """Return anybody's grids that have one of those generations in them."""
    return list(session.exec(select(Grid).where(col(Grid.id).in_(_grids_of(generation_ids)))))


def forget_cells(session: Session, generation_ids: Collection[str]) -> None:
    """Take those generations, which are about to be deleted, out of their grids; a grid goes with its last one."""
    touched = list(session.exec(select(Grid.id).where(col(Grid.id).in_(_grids_of(generation_ids)))))
    session.execute(delete(GridCell).where(col(GridCell.generation_id).in_(generation_ids)))
    left = exists().where(col(GridCell.grid_id) == col(Grid.id))
    session.execute(delete(Grid).where(col(Grid.id).in_(touched), ~left))


def _grids_of(generation_ids: Collection[str]) -> SelectOfScalar[str]:
    return select(GridCell.grid_id).where(col(GridCell.generation_id).in_(generation_ids))
