"""The verbs of grids: submit, price, look, cancel. Each works in the caller's transaction.

A grid draws nothing itself: its cells are generations like any other, priced, limited, judged and kept as those are.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations import foresight, pictures
from backend.generations import service as generations
from backend.generations.origin import Origin
from backend.grids import repository
from backend.grids.models import Grid, GridCell
from backend.grids.schemas import GridCreate, GridPrice
from backend.grids.spreading import Spread
from backend.kit.context import Context
from backend.kit.errors import FieldProblem, KeyReused, NotFound


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
) -> Submitted:
    """Accept a grid with all its cells; `asked` is what `wanted` comes to.

    The same `idempotency_key` with the same body gives the same grid again, also from two requests at once.

    Raises:
        KeyReused: That key came with another body before.
        NotFound, Forbidden, NotSignedIn, Maintenance: As a generation's submission.
        TooMany, QueueFull, QuotaExceeded, QuotaTooSmall: The same, all cells together.
        Unprocessable: They are more than anybody may have at once.
    """
    fingerprint = _fingerprint(wanted, origin)
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
    try:
        rows = generations.submit_all(session, context, actor, asked.cells, origin)
    except NotFound as refusal:
        refusal.fields = [_of_the_base(problem) for problem in refusal.fields]
        raise
    session.add_all(
        GridCell(grid_id=grid.id, generation_id=row.id, place=place)
        for place, row in enumerate(rows)
    )
    return Submitted(grid, is_new=True)


def foresee(
    context: Context, actor: Actor, asked: Spread, *, idempotency_key: str | None = None
) -> None:
    """Refuse what `submit` would refuse for a limit, by a look that keeps nobody waiting.

    Raises:
        TooMany: As `submit`.
        QueueFull: As `submit`.
        QuotaExceeded: As `submit`.
        QuotaTooSmall: As `submit`.
        Maintenance: As `submit`.
        Unprocessable: As `submit`.
    """
    with context.database.read() as session:
        key = idempotency_key
        if not key or not repository.by_idempotency_key(session, actor.id, key):
            foresight.foresee_all(session, context, actor, asked.cells)


def price(session: Session, context: Context, actor: Actor, asked: Spread) -> GridPrice:
    """Return what a grid would cost `actor`, and how many images it is."""
    whole = foresight.price_of_all(session, context, actor, asked.cells)
    return GridPrice(
        **whole.model_dump(),
        columns=asked.axes.columns,
        rows=asked.axes.rows,
        total=len(asked.cells),
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


def _of_the_base(problem: FieldProblem) -> FieldProblem:
    """Say where in a grid a picture is named that cannot be drawn over."""
    if problem.field not in pictures.FIELDS:
        return problem
    return problem.model_copy(update={"field": f"base.{problem.field}"})


def _known(session: Session, actor: Actor, key: str, fingerprint: str) -> Submitted | None:
    grid = repository.by_idempotency_key(session, actor.id, key)
    if grid is None:
        return None
    if grid.request_hash != fingerprint:
        raise KeyReused.of("grid")
    return Submitted(grid, is_new=False)


def _fingerprint(wanted: GridCreate, origin: Origin) -> str:
    """Return the digest of what was asked, before defaults and seeds are filled in."""
    return sha256(f"{wanted.model_dump_json(exclude_unset=True)} {origin}".encode()).hexdigest()
