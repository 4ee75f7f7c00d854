"""The verbs of runs: begin, price, cancel, try again. Each works in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.generations import foresight, pictures
from backend.generations import service as generations
from backend.generations.foresight import Wanted
from backend.generations.models import Generation
from backend.generations.origin import about
from backend.kit.context import Context
from backend.kit.errors import AlreadyEnded, Conflict, KeyReused, NotFound
from backend.recipes import building, chain, runs
from backend.recipes.building import Picture
from backend.recipes.models import Plan, PlannedStep, RecipeRun
from backend.recipes.schemas import RunCreate, RunPrice, RunState
from backend.recipes.steps import Needs
from backend.screening import service as screening
from backend.uploads import repository as uploads
from backend.uploads.models import Upload
from inference.protocol import MAX_SEED, RANDOM_SEED


@dataclass(frozen=True)
class Asked:
    """A recipe as it stood when it was asked to run, with the cards of its models, and what it is run with."""

    recipe_id: str
    title: str
    steps: tuple[PlannedStep, ...]
    wanted: RunCreate


@dataclass(frozen=True)
class Begun:
    """The runs, and whether this very call began them."""

    rows: list[RecipeRun]
    is_new: bool


def begin(
    session: Session, context: Context, actor: Actor, asked: Asked, *, key: str | None = None
) -> Begun:
    """Begin a run for each picture: the first steps are submitted together, all of them or none.

    The same `key` with the same body gives the same runs again, also from two requests at once.

    Raises:
        KeyReused: That key came with another body before.
        NotFound: A picture or mask that they cannot draw over.
        Unprocessable: An input is missing or needless, or a step cannot be drawn; it is named.
        NotSignedIn, Maintenance, TooMany, QueueFull, QuotaExceeded, QuotaTooSmall: As a generation's submission, all
            first steps together.
    """
    fingerprint = sha256(f"{asked.recipe_id} {asked.wanted.model_dump_json()}".encode()).hexdigest()
    if key and (known := _known(session, actor, key, fingerprint)):
        return known
    planned = _planned(session, actor, asked)
    rows = [
        RecipeRun(
            owner_id=actor.id,
            recipe_id=asked.recipe_id,
            title=asked.title,
            plan=plan,
            idempotency_key=key,
            number=number,
            request_hash=fingerprint,
        )
        for number, (plan, _) in enumerate(planned)
    ]
    try:
        with session.begin_nested():
            session.add_all(rows)
    except IntegrityError:
        # The same key in two requests at once: the other one was first, and is visible now.
        if key and (known := _known(session, actor, key, fingerprint)):
            return known
        raise
    every = [one for _, wanted in planned for one in wanted]
    screening.refuse(session, actor.id, (one.parameters for one in every))
    firsts = [wanted[0] for _, wanted in planned]
    drawn = generations.submit_all(session, context, actor, firsts)
    for run, row in zip(rows, drawn, strict=True):
        chain.join(session, context, run, row, 0)
        _record(session, actor, run, "run.start", {"recipe": asked.recipe_id})
    return Begun(rows, is_new=True)


def price(session: Session, context: Context, actor: Actor, asked: Asked) -> RunPrice:
    """Return what all steps of all runs would cost `actor`, if each comes out. Submits nothing.

    Raises:
        NotFound: As `begin`.
        Unprocessable: As `begin`.
    """
    planned = _planned(session, actor, asked)
    every: list[Wanted] = [one for _, wanted in planned for one in wanted]
    whole = foresight.price_of_all(session, context, actor, every)
    return RunPrice(**whole.model_dump(), runs=len(planned), steps=len(every))


def cancel(session: Session, context: Context, actor: Actor, run_id: str) -> RecipeRun:
    """Stop a run and the generation that it waits for; images that were drawn stay. Canceling twice is no error.

    Raises:
        NotFound: There is none, or it is not theirs.
        AlreadyEnded: It has succeeded or failed.
    """
    run = _to_change(session, actor, run_id)
    if not run.state.alive:
        if run.state is RunState.CANCELED:
            return run
        raise AlreadyEnded(f"This run has {run.state} already; there is nothing to cancel.")
    row = session.get(Generation, run.generation_id) if run.generation_id else None
    chain.end(session, context, run, RunState.CANCELED, "canceled", "You canceled this run.")
    if row is not None and not row.state.ended:
        generations.stop_all(session, context, actor.id, [row])
    _record(session, actor, run, "run.cancel")
    return run


def retry(
    session: Session,
    context: Context,
    actor: Actor,
    run_id: str,
    steps: Sequence[PlannedStep],
) -> RecipeRun:
    """Go on with a run from the step that ended it; `steps` are its own, with the cards that their models have now.

    Raises:
        NotFound: There is none, or it is not theirs; or the picture that it goes on from is gone.
        Conflict: It has not failed and was not canceled.
        AtelierError: As a generation's submission.
    """
    run = _to_change(session, actor, run_id)
    if run.state not in {RunState.FAILED, RunState.CANCELED}:
        raise Conflict(f"This run is {run.state}; only one that broke off can be tried again.")
    run.plan = run.plan.model_copy(update={"steps": tuple(steps)})
    chain.submit(session, context, run, run.place)
    _record(session, actor, run, "run.retry")
    return run


def _planned(session: Session, actor: Actor, asked: Asked) -> list[tuple[Plan, list[Wanted]]]:
    """Return the plan of each run and what its steps will draw."""
    wanted = asked.wanted
    building.check_inputs(Needs.of(tuple(one.settings for one in asked.steps)), wanted)
    names = {*wanted.over, *([wanted.mask] if wanted.mask else [])}
    usable = pictures.usable_among(session, actor, names)
    if wanted.mask:
        with about("mask", pictures.LIMIT):
            _take(session, usable.get(wanted.mask), wanted.mask)
    found = []
    for place, name in enumerate(wanted.over or [None]):
        over = None
        if name:
            with about(f"over.{place}", pictures.LIMIT):
                over = _take(session, usable.get(name), name)
        seed = secrets.randbelow(MAX_SEED) if wanted.seed == RANDOM_SEED else wanted.seed
        plan = Plan(steps=asked.steps, over=name, prompt=wanted.prompt, mask=wanted.mask, seed=seed)
        found.append((plan, building.foreseen(plan, over)))
    return found


def _take(session: Session, found: pictures.Picture | None, name: str) -> Picture:
    """Return a picture that may be drawn over; an upload counts as used from now on."""
    if found is None or (isinstance(found, Upload) and not uploads.touch(session, found)):
        raise NotFound(f"There is no upload or image {name!r} that you can draw over.")
    return Picture(found.id, found.width, found.height)


def _to_change(session: Session, actor: Actor, run_id: str) -> RecipeRun:
    runs.get(session, actor, run_id)
    found = runs.lock(session, run_id)
    if found is None or found.owner_id != actor.id:
        raise NotFound(f"There is no run {run_id!r} of yours.")
    return found


def _known(session: Session, actor: Actor, key: str, fingerprint: str) -> Begun | None:
    rows = runs.by_idempotency_key(session, actor.id, key)
    if not rows:
        return None
    if rows[0].request_hash != fingerprint:
        raise KeyReused.of("run")
    return Begun(rows, is_new=False)


def _record(
    session: Session,
    actor: Actor,
    run: RecipeRun,
    verb: str,
    detail: dict[str, str] | None = None,
) -> None:
    audit.record(session, actor_id=actor.id, verb=verb, subject=f"run:{run.id}", detail=detail)
