"""The only door to the rows of runs. What is not yours and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, and_, delete, exists, or_, update
from sqlmodel import Session, col, select

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.generations.models import Generation
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.kit.queue import ENDED
from backend.recipes.models import RecipeRun, RecipeRunStep
from backend.recipes.schemas import RunState

_ALIVE = (RunState.RUNNING, RunState.HELD)
_UNDECIDED = (Moderation.PENDING, Moderation.HELD)


def get(session: Session, actor: Actor, run_id: str) -> RecipeRun:
    """Return a run of the actor's.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    own = select(RecipeRun).where(RecipeRun.id == run_id, RecipeRun.owner_id == actor.id)
    found = session.exec(own).one_or_none()
    if found is None:
        raise NotFound(f"There is no run {run_id!r} of yours.")
    return found


def page(
    session: Session, actor: Actor, *, cursor: str | None, limit: int
) -> tuple[list[RecipeRun], str | None]:
    """Return a page of the actor's runs, newest first, and the next cursor."""
    own = select(RecipeRun).where(RecipeRun.owner_id == actor.id)
    return fetch_page(session, own, RecipeRun.id, cursor=cursor, limit=limit)


def by_idempotency_key(session: Session, owner_id: str, key: str) -> list[RecipeRun]:
    """Return the runs that this person began under `key`, in their order."""
    known = select(RecipeRun).where(
        RecipeRun.owner_id == owner_id, RecipeRun.idempotency_key == key
    )
    return list(session.exec(known.order_by(col(RecipeRun.number))))


def lock(session: Session, run_id: str) -> RecipeRun | None:
    """Return a run that nobody else moves until this transaction ends, read anew; its person stays as they are.

    First the person, then the run, then a generation, then the gate: everybody locks in this order.
    """
    owner_id = session.exec(select(RecipeRun.owner_id).where(RecipeRun.id == run_id)).one_or_none()
    if owner_id is None:
        return None
    accounts_of.hold_active(session, owner_id)
    row = select(RecipeRun).where(RecipeRun.id == run_id).with_for_update()
    return session.exec(row, execution_options={"populate_existing": True}).one_or_none()


def lock_of(session: Session, generation_id: str) -> RecipeRun | None:
    """Return the run that a generation is a step of, locked; None: it is of no run."""
    step = session.get(RecipeRunStep, generation_id)
    return lock(session, step.run_id) if step else None


def due(session: Session, limit: int) -> list[str]:
    """Return runs that nobody took on: their generation ended or is gone, or a reviewer has decided."""
    rows = (
        select(RecipeRun.id)
        .outerjoin(Generation, col(Generation.id) == col(RecipeRun.generation_id))
        .outerjoin(Image, and_(col(Image.generation_id) == col(Generation.id), _first()))
        .where(
            col(RecipeRun.state).in_(_ALIVE),
            or_(
                col(Generation.id).is_(None),
                and_(col(RecipeRun.state) == RunState.RUNNING, col(Generation.state).in_(ENDED)),
                and_(col(RecipeRun.state) == RunState.HELD, _decided()),
            ),
        )
    )
    return list(session.exec(rows.order_by(col(RecipeRun.id)).limit(limit)))


def pictures_of_alive(session: Session) -> set[str]:
    """Return the ids of everything that anybody's runs under way were given: their later steps may need it."""
    plans = session.exec(select(col(RecipeRun.plan)).where(col(RecipeRun.state).in_(_ALIVE)))
    return {name for plan in plans for name in (plan.over, plan.mask) if name is not None}


def needing(session: Session, owner_id: str, upload_id: str) -> RecipeRun | None:
    """Return a run of that person which is under way and whose later steps draw with that mask, if there is one."""
    alive = select(RecipeRun).where(
        RecipeRun.owner_id == owner_id, col(RecipeRun.state).in_(_ALIVE)
    )
    for run in session.exec(alive.order_by(col(RecipeRun.id))):
        later = run.plan.steps[run.place + 1 :]
        if run.plan.mask == upload_id and any(step.settings.masked for step in later):
            return run
    return None


def break_off(session: Session, owner_id: str) -> None:
    """Cancel whatever run of that person is under way: it is not gone on with in anybody else's name."""
    alive = update(RecipeRun).where(
        col(RecipeRun.owner_id) == owner_id, col(RecipeRun.state).in_(_ALIVE)
    )
    session.execute(alive.values(state=RunState.CANCELED, ended_at=utc_now()))


def first_image(session: Session, generation_id: str) -> Image | None:
    """Return the image that the step after this generation draws over, unless it is in the trash or gone."""
    there = select(Image).where(
        Image.generation_id == generation_id, _first(), col(Image.trashed_at).is_(None)
    )
    return session.exec(there, execution_options={"populate_existing": True}).one_or_none()


def steps_of(
    session: Session, rows: Sequence[RecipeRun]
) -> dict[tuple[str, int], tuple[str, Generation]]:
    """Return the generation that counts for each step of runs, by run and place, as far as they are there."""
    found = select(RecipeRunStep, Generation).where(
        RecipeRunStep.generation_id == Generation.id,
        col(RecipeRunStep.run_id).in_([row.id for row in rows]),
        col(Generation.owner_id).in_({row.owner_id for row in rows}),
    )
    ordered = session.exec(found.order_by(col(RecipeRunStep.generation_id)))
    return {(step.run_id, step.place): (step.generation_id, row) for step, row in ordered}


def generation_at(session: Session, run: RecipeRun, place: int) -> str | None:
    """Return the newest generation that was drawn for a step."""
    drawn = select(RecipeRunStep.generation_id).where(
        RecipeRunStep.run_id == run.id, RecipeRunStep.place == place
    )
    return session.exec(drawn.order_by(col(RecipeRunStep.generation_id).desc()).limit(1)).first()


def with_generations(session: Session, generation_ids: Collection[str]) -> list[RecipeRun]:
    """Return anybody's runs that have one of those generations among their steps."""
    theirs = select(RecipeRunStep.run_id).where(
        col(RecipeRunStep.generation_id).in_(generation_ids)
    )
    return list(session.exec(select(RecipeRun).where(col(RecipeRun.id).in_(theirs))))


def forget_generations(session: Session, generation_ids: Collection[str]) -> None:
    """Take those generations, which are about to be deleted, out of their runs; a run goes with its last one."""
    touched = [run.id for run in with_generations(session, generation_ids)]
    of_them = col(RecipeRunStep.generation_id).in_(generation_ids)
    session.execute(delete(RecipeRunStep).where(of_them))
    left = exists().where(col(RecipeRunStep.run_id) == col(RecipeRun.id))
    session.execute(delete(RecipeRun).where(col(RecipeRun.id).in_(touched), ~left))


def _first() -> ColumnElement[bool]:
    return col(Image.index) == 0


def _decided() -> ColumnElement[bool]:
    return or_(
        col(Image.id).is_(None),
        col(Image.trashed_at).is_not(None),
        col(Image.moderation).not_in(_UNDECIDED),
    )
