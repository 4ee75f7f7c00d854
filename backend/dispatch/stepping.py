"""Takes runs of recipes on that nobody took on: a reviewer has decided, a step was canceled or lost.

What a step drew is gone on with where it is settled, in the same transaction. Everything else that can end one, here
or in another process, is seen by this look at the rows; every dispatcher looks, and whoever comes second finds
nothing to do.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from backend.dispatch.rounds import go_round
from backend.kit.context import Context
from backend.recipes import chain, runs
from backend.recipes.models import RecipeRun
from backend.recipes.schemas import RunState

LOOK_EVERY_S: Final = 1.0
AT_ONCE: Final = 50
_BROKEN: Final = "Something went wrong on our side."

_log = logging.getLogger("atelier.recipes")


async def watch(context: Context) -> None:
    """Look once a second until cancelled."""

    async def look() -> None:
        await asyncio.to_thread(take_on, context)

    await go_round(look, every_s=LOOK_EVERY_S, log=_log, what="runs of recipes")


def take_on(context: Context) -> int:
    """Take on what is due, each run in a transaction of its own; return how many there were."""
    with context.database.read() as session:
        ids = runs.due(session, AT_ONCE)
    for run_id in ids:
        try:
            with context.database.write() as session:
                if run := runs.lock(session, run_id):
                    chain.go_on(session, context, run)
        except SQLAlchemyError:
            raise
        except Exception:  # noqa: BLE001 - the others go on
            _log.exception("run %s broke off by a bug", run_id)
            _give_up(context, run_id)
    return len(ids)


def go_on_settled(session: Session, context: Context, run: RecipeRun) -> None:
    """Take `run` on in the transaction that settled its step; what went wrong here never costs that its images."""
    try:
        with session.begin_nested():
            chain.go_on(session, context, run)
    except SQLAlchemyError:
        raise
    except Exception:  # noqa: BLE001 - the images are kept all the same
        _log.exception("run %s was left for the next look", run.id)


def _give_up(context: Context, run_id: str) -> None:
    with context.database.write() as session:
        run = runs.lock(session, run_id)
        if run and run.state.alive:
            chain.end(session, context, run, RunState.FAILED, "internal", _BROKEN)
