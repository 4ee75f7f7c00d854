"""Turns rows of runs into what their owner sees: every step with its generation, as far as that is there."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from backend.generations.presentation import present as present_generations
from backend.generations.schemas import GenerationPublic
from backend.images.schemas import Moderation
from backend.kit.context import Context
from backend.kit.queue import State
from backend.recipes import runs
from backend.recipes.models import RecipeRun
from backend.recipes.schemas import RunError, RunPublic, RunState, RunStepPublic, StepState

_BROKEN_OFF = {RunState.FAILED: StepState.FAILED, RunState.CANCELED: StepState.CANCELED}
_UNDECIDED = {Moderation.HELD, Moderation.PENDING}


def present(session: Session, context: Context, rows: Sequence[RecipeRun]) -> list[RunPublic]:
    """Return `rows`, which the caller was allowed to read, as their owner sees them."""
    if not rows:
        return []
    found = runs.steps_of(session, rows)
    shown = present_generations(session, context, [row for _, row in found.values()])
    by_id = {one.id: one for one in shown}
    drawn = {where: by_id[generation_id] for where, (generation_id, _) in found.items()}
    return [_public(run, drawn) for run in rows]


def present_one(session: Session, context: Context, row: RecipeRun) -> RunPublic:
    """Return `row`, which the caller was allowed to read, as its owner sees it."""
    return present(session, context, [row])[0]


def _public(run: RecipeRun, drawn: dict[tuple[str, int], GenerationPublic]) -> RunPublic:
    steps = [
        RunStepPublic(
            settings=planned.settings,
            state=_state(run, place, drawn.get((run.id, place))),
            generation=drawn.get((run.id, place)),
        )
        for place, planned in enumerate(run.plan.steps)
    ]
    return RunPublic(
        id=run.id,
        recipe_id=run.recipe_id,
        title=run.title,
        state=run.state,
        at=run.place + 1,
        steps=steps,
        over=run.plan.over,
        prompt=run.plan.prompt,
        mask=run.plan.mask,
        seed=run.plan.seed,
        error=_error(run),
        can_retry=run.state in _BROKEN_OFF,
        created_at=run.created_at,
        ended_at=run.ended_at,
    )


def _state(run: RecipeRun, place: int, generation: GenerationPublic | None) -> StepState:
    if generation is None:
        if place < run.place or (place == run.place and run.state is RunState.SUCCEEDED):
            return StepState.DELETED
        broken_off = _BROKEN_OFF.get(run.state) if place == run.place else None
        return broken_off or StepState.WAITING
    if generation.state is not State.SUCCEEDED:
        return StepState(generation.state.value)
    if not generation.images:
        return StepState.DELETED
    verdict = Moderation(generation.images[0].moderation)
    if verdict is Moderation.REJECTED:
        return StepState.FAILED
    return StepState.HELD if verdict in _UNDECIDED else StepState.SUCCEEDED


def _error(run: RecipeRun) -> RunError | None:
    if run.error_code is None:
        return None
    return RunError(step=run.place + 1, code=run.error_code, message=run.error_message or "")
