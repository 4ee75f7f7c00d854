"""The verbs of grids: submit, price, look, cancel. Each works in the caller's transaction.

A grid draws nothing itself: its cells are generations like any other, priced, limited, judged and kept as those are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations import foresight
from backend.generations import service as generations
from backend.generations.origin import Origin
from backend.generations.recall import NOTHING_RECALLED, Recalled
from backend.grids import repository
from backend.grids.models import Grid, GridCell
from backend.grids.schemas import GridCreate, GridPrice
from backend.grids.spreading import Spread
from backend.kit.context import Context
from backend.kit.errors import FieldProblem, KeyReused, NotFound, Unprocessable

_OF_PICTURES: Final = {"init_image", "mask", "control", "upscale"}


@dataclass(frozen=True)
class Submitted:
    """The grid, and whether this very call made it."""

    row: Grid
    is_new: bool


def submit(  # noqa: PLR0913
    session: Session,
    context: Context,
    actor: Actor,
    wanted: GridCreate,
    asked: Spread,
    *,
    idempotency_key: str | None = None,
    origin: Origin,
    fresh: bool = False,
    recalled: Mapping[int, Recalled] = NOTHING_RECALLED,
) -> Submitted:
    """Accept a grid with all its cells; `asked` is what `wanted` comes to.

    The cells at the places in `recalled` were drawn before, are there at once and cost nothing.

    The same `idempotency_key` with the same body gives the same grid again, also from two requests at once.

    Raises:
        KeyReused: That key came with another body before.
        NotFound, Forbidden, NotSignedIn, Maintenance: As a generation's submission.
        TooMany, QueueFull, QuotaExceeded, QuotaTooSmall: The same, all cells together.
        Unprocessable: They are more than anybody may have at once.
    """
    fingerprint = _fingerprint(wanted, origin, fresh=fresh)
    if idempotency_key and (known := _known(session, actor, idempotency_key, fingerprint)):
        return known
    grid = Grid(
        owner_id=actor.id,
        parameters=asked.base,
        axes=asked.axes,
        idempotency_key=idempotency_key,
        request_hash=fingerprint,
    )
    try:
        with session.begin_nested():
            session.add(grid)
    except IntegrityError:
        # The same key in two requests at once: the other one was first, and is visible now.
        if idempotency_key and (known := _known(session, actor, idempotency_key, fingerprint)):
            return known
        raise
    with _about_the_base():
        rows = generations.submit_all(
            session, context, actor, asked.cells, origin, recalled=recalled
        )
    session.add_all(
        GridCell(grid_id=grid.id, generation_id=row.id, place=place)
        for place, row in enumerate(rows)
    )
    return Submitted(grid, is_new=True)


def foresee(
    context: Context,
    actor: Actor,
    asked: Spread,
    *,
    idempotency_key: str | None = None,
    fresh: bool = False,
) -> Mapping[int, Recalled]:
    """Refuse what `submit` would refuse for a limit, by a look that keeps nobody waiting.

    Return what it needs for the cells that were drawn before, unless all are to be drawn `fresh`.

    Raises:
        TooMany: As `submit`.
        QueueFull: As `submit`.
        QuotaExceeded: As `submit`.
        QuotaTooSmall: As `submit`.
        Maintenance: As `submit`.
        Unprocessable: As `submit`.
    """
    if idempotency_key:
        with context.database.read() as session:
            if repository.by_idempotency_key(session, actor.id, idempotency_key):
                return NOTHING_RECALLED
    with _about_the_base():
        return foresight.recall_all(context, actor, asked.cells, fresh=fresh)


def price(
    session: Session, context: Context, actor: Actor, asked: Spread, *, fresh: bool = False
) -> GridPrice:
    """Return what a grid would cost `actor`, how many images it is, and how many of them cost nothing."""
    with _about_the_base():
        whole, known = foresight.price_of_the_new(session, context, actor, asked.cells, fresh=fresh)
    return GridPrice(
        **whole.model_dump(),
        columns=asked.axes.columns,
        rows=asked.axes.rows,
        sheets=asked.axes.sheets,
        total=len(asked.cells),
        known=known,
    )


def cancel(session: Session, context: Context, actor: Actor, grid_id: str) -> Grid:
    """Stop whatever of a grid is queued or runs. Canceling twice is no error, nor when it has ended.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    grid = repository.get(session, actor, grid_id)
    alive = repository.generations_by_place(session, grid).values()
    generations.stop_all(session, context, actor.id, [row for row in alive if not row.state.ended])
    return grid


@contextmanager
def _about_the_base() -> Iterator[None]:
    """Say of a picture that is refused meanwhile, or of what it would become, where in a grid it is named."""
    try:
        yield
    except (NotFound, Unprocessable) as refusal:
        refusal.fields = [_of_the_base(problem) for problem in refusal.fields]
        raise


def _of_the_base(problem: FieldProblem) -> FieldProblem:
    if problem.field.partition(".")[0] not in _OF_PICTURES:
        return problem
    return problem.model_copy(update={"field": f"base.{problem.field}"})


def _known(session: Session, actor: Actor, key: str, fingerprint: str) -> Submitted | None:
    grid = repository.by_idempotency_key(session, actor.id, key)
    if grid is None:
        return None
    if grid.request_hash != fingerprint:
        raise KeyReused.of("grid")
    return Submitted(grid, is_new=False)


def _fingerprint(wanted: GridCreate, origin: Origin, *, fresh: bool) -> str:
    """Return the digest of what was asked, before defaults and seeds are filled in."""
    asked = f"{wanted.model_dump_json(exclude_unset=True)} {origin}{' fresh' if fresh else ''}"
    return sha256(asked.encode()).hexdigest()
