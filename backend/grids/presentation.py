"""Turns grid rows into what their owner sees: every cell with its generation, as far as that is still there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from backend.generations.presentation import present as present_generations
from backend.generations.schemas import GenerationPublic
from backend.grids import repository
from backend.grids.models import Grid
from backend.grids.schemas import Cell, CellState, GridPublic, GridSummary
from backend.kit.context import Context
from backend.kit.queue import State

_ALIVE = (CellState.QUEUED, CellState.RUNNING)


def present(session: Session, context: Context, grid: Grid) -> GridPublic:
    """Return `grid`, which the caller was allowed to read, as its owner sees it."""
    rows = repository.generations_by_place(session, grid)
    shown = present_generations(session, context, list(rows.values()))
    by_id = {one.id: one for one in shown}
    cells = [
        _cell(grid, place, by_id[rows[place].id] if place in rows else None)
        for place in range(grid.axes.total)
    ]
    alive = sum(cell.state in _ALIVE for cell in cells)
    return GridPublic(**_summary(grid, alive).model_dump(), cells=cells)


def present_page(session: Session, grids: Sequence[Grid]) -> list[GridSummary]:
    """Return `grids` without their cells."""
    alive = repository.count_alive(session, [grid.id for grid in grids])
    return [_summary(grid, alive[grid.id]) for grid in grids]


def state_of(generation: GenerationPublic | None) -> CellState:
    """Return how a cell stands whose generation is this one, or no more there."""
    if generation is None or (generation.state is State.SUCCEEDED and not generation.images):
        return CellState.DELETED
    return CellState(generation.state.value)


def _cell(grid: Grid, place: int, generation: GenerationPublic | None) -> Cell:
    sheet, row, column = grid.axes.place(place)
    x, y, z = grid.axes.x, grid.axes.y, grid.axes.z
    return Cell(
        sheet=sheet,
        row=row,
        column=column,
        x=x.values[column],
        y=y.values[row] if y else None,
        z=z.values[sheet] if z else None,
        state=state_of(generation),
        generation=generation,
    )


def _summary(grid: Grid, alive: int) -> GridSummary:
    return GridSummary(
        id=grid.id,
        parameters=grid.parameters,
        x=grid.axes.x,
        y=grid.axes.y,
        z=grid.axes.z,
        columns=grid.axes.columns,
        rows=grid.axes.rows,
        sheets=grid.axes.sheets,
        total=grid.axes.total,
        done=grid.axes.total - alive,
        created_at=grid.created_at,
    )
