"""Moves a run from step to step: what becomes of it once the generation that it waits for has ended.

`go_on` works in the transaction in which the generation ended, so that there is no moment at which the one is over and
the next is not there. Whoever comes later, or twice, finds that nothing is left to do: it goes by what the rows say.
What a limit or a rule refuses ends the run and says why; nobody is there who could be asked.
"""

from __future__ import annotations

from typing import Any, Final

from sqlmodel import Session

from backend.accounts import recognition
from backend.accounts.actor import Actor
from backend.accounts.permissions import GENERATE
from backend.catalog import repository as catalog
from backend.catalog.choosing import Choices, ModelRetired
from backend.generations import events
from backend.generations import service as generations
from backend.generations.models import Generation
from backend.generations.pictures import PictureGone
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import AtelierError, Forbidden
from backend.kit.queue import State
from backend.recipes import building, runs
from backend.recipes.building import Picture
from backend.recipes.models import RecipeRun, RecipeRunStep
from backend.recipes.schemas import RunState
from backend.uploads.models import Upload
from inference.protocol import ModelCard

EVENT: Final = "run"
_GONE: Final = "The image of this step is gone: it, or its generation, was deleted."
_CANCELED: Final = "This step was canceled."
_LONGEST: Final = 2000


def go_on(session: Session, context: Context, run: RecipeRun) -> None:
    """Take a run, which the caller has locked, as far as it goes; most often that is nowhere."""
    if not run.state.alive:
        return
    row = _read_anew(session, run.generation_id)
    if row is None:
        end(session, context, run, RunState.FAILED, "gone", _GONE)
    elif row.state is State.SUCCEEDED:
        _judged(session, context, run, row)
    elif row.state is State.FAILED:
        why = row.error_message or ""
        end(session, context, run, RunState.FAILED, row.error_code or "broken", why)
    elif row.state is State.CANCELED:
        end(session, context, run, RunState.CANCELED, "canceled", _CANCELED)


def submit(session: Session, context: Context, run: RecipeRun, place: int) -> None:
    """Have step `place` of a run drawn, in the name of whoever runs it.

    Raises:
        AtelierError: As a generation's submission; or they may not draw, or not with that model, any more.
    """
    actor = recognition.person(session, run.owner_id)
    if actor is None:
        raise Forbidden("this account was deactivated; ask an administrator of the studio")
    planned = run.plan.steps[place]
    _refuse_model(session, actor, planned.card)
    over = _picture(session, run, place)
    wanted = building.wanted_of(run.plan, place, over)
    made = generations.submit(session, context, actor, wanted.parameters, wanted.card)
    join(session, context, run, made.row, place)


def join(session: Session, context: Context, run: RecipeRun, row: Generation, place: int) -> None:
    """Have a run wait for `row`, the generation of its step `place`."""
    session.add(RecipeRunStep(generation_id=row.id, run_id=run.id, place=place))
    run.generation_id, run.place, run.state = row.id, place, RunState.RUNNING
    run.error_code = run.error_message = run.ended_at = None
    session.add(run)
    session.flush()
    tell(session, context, run)


def end(  # noqa: PLR0913, PLR0917
    session: Session,
    context: Context,
    run: RecipeRun,
    state: RunState,
    code: str | None = None,
    message: str = "",
) -> None:
    """End a run at the step that it is at."""
    run.state, run.ended_at = state, utc_now()
    run.error_code, run.error_message = code, message[:_LONGEST] if code else None
    session.add(run)
    session.flush()
    tell(session, context, run)


def tell(session: Session, context: Context, run: RecipeRun) -> None:
    """Tell the owner's tabs how a run stands, once that is so."""
    data: dict[str, Any] = {"id": run.id, "state": run.state.value, "at": run.place + 1}
    channel = events.person_channel(run.owner_id)
    message = {"event": EVENT, "data": data}
    call_after_commit(session, lambda: context.notifier.publish(channel, message))


def _judged(session: Session, context: Context, run: RecipeRun, row: Generation) -> None:
    """Go on with the first image of a step that was drawn, as far as moderation lets it."""
    image = runs.first_image(session, row.id)
    if image is None:
        end(session, context, run, RunState.FAILED, PictureGone.code, _GONE)
    elif image.moderation is Moderation.REJECTED:
        why = image.reason or "A reviewer rejected the image of this step."
        end(session, context, run, RunState.FAILED, "rejected", why)
    elif image.moderation is not Moderation.RELEASED:
        _wait(session, context, run)
    elif run.place + 1 == len(run.plan.steps):
        end(session, context, run, RunState.SUCCEEDED)
    else:
        _next(session, context, run)


def _wait(session: Session, context: Context, run: RecipeRun) -> None:
    if run.state is not RunState.HELD:
        run.state = RunState.HELD
        session.add(run)
        session.flush()
        tell(session, context, run)


def _next(session: Session, context: Context, run: RecipeRun) -> None:
    place = run.place + 1
    try:
        with session.begin_nested():
            submit(session, context, run, place)
    except AtelierError as refusal:
        session.refresh(run)
        run.place, run.generation_id = place, None
        end(session, context, run, RunState.FAILED, refusal.code, refusal.message)


def _refuse_model(session: Session, actor: Actor, card: ModelCard) -> None:
    actor.must(GENERATE)
    offer = Choices.of(catalog.choices(session)).offered_to(actor, [card])
    if retired := offer.retired.get(card.name):
        raise ModelRetired(f"{card.name} is retired: {retired.reason}")
    if not offer.cards:
        raise Forbidden(f"your role may no longer draw with {card.name}")


def _picture(session: Session, run: RecipeRun, place: int) -> Picture | None:
    """Return what a step draws over; whether its owner still may is asked when it is submitted."""
    if place == 0:
        return _given(session, run.plan.over)
    drawn = runs.generation_at(session, run, place - 1)
    image = runs.first_image(session, drawn) if drawn else None
    if image is None:
        raise PictureGone("The image of the step before is gone; run the recipe anew.")
    return Picture(image.id, image.width, image.height)


def _given(session: Session, name: str | None) -> Picture | None:
    if name is None:
        return None
    found = session.get(Image, name) or session.get(Upload, name)
    if found is None:
        raise PictureGone(f"The picture {name!r} that this was run on is gone; choose another.")
    return Picture(found.id, found.width, found.height)


def _read_anew(session: Session, generation_id: str | None) -> Generation | None:
    if generation_id is None:
        return None
    return session.get(Generation, generation_id, populate_existing=True)
