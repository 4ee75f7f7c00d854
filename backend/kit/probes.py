"""Is it alive, and can it serve? For load balancers, for `make run`, and for whoever is on call.

Answers name the part that is away and nothing about it; the log says more.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from backend.kit.context import Context, ContextDep
from inference.protocol import Unavailable

ANSWER_WITHIN_S = 3.0
_NOT_READY = 503
_log = logging.getLogger("atelier.probes")

router = APIRouter(tags=["operations"])


class Alive(BaseModel):
    """The process answers."""

    status: str = "alive"


class Readiness(BaseModel):
    """Whether a generation can be accepted, kept and drawn now, by a process that stays."""

    ready: bool
    checks: dict[str, str] = Field(
        description="`ok` or `away` for each of database, storage and inference; nothing but `process: "
        "stopping` once it was asked to stop.",
        examples=[{"database": "ok", "storage": "ok", "inference": "ok"}],
    )


@router.get("/healthz")
async def is_alive() -> Alive:
    """Say that the process answers; a restart would not help it."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Readiness, "description": "Something is away."}})
async def is_ready(context: ContextDep, response: Response) -> Readiness:
    """Ask the database, the storage and inference, each within three seconds, unless it stops."""
    response.headers["Cache-Control"] = "no-store"
    if context.stopping.is_set():
        response.status_code = _NOT_READY
        return Readiness(ready=False, checks={"process": "stopping"})
    answers = await asyncio.gather(
        _answer("database", run_in_threadpool(context.database.ping)),
        _answer("storage", run_in_threadpool(context.storage.check)),
        _answer("inference", _inference_can_draw(context)),
    )
    readiness = Readiness(ready=all(ok == "ok" for _, ok in answers), checks=dict(answers))
    if not readiness.ready:
        response.status_code = _NOT_READY
    return readiness


async def _answer(name: str, question: Awaitable[None]) -> tuple[str, str]:
    try:
        await asyncio.wait_for(question, ANSWER_WITHIN_S)
    except Exception as error:  # noqa: BLE001 - whatever it is, that part is away
        _log.info("%s is away: %s: %s", name, type(error).__name__, error)
        return name, "away"
    return name, "ok"


async def _inference_can_draw(context: Context) -> None:
    if not (await context.inference.health()).ready:
        raise Unavailable("it is still loading")
