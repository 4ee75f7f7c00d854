"""What is looked at, in the order in which it is told, and what the studio says of itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib.metadata import version
from typing import Final

from starlette.concurrency import run_in_threadpool

from backend import doctor
from backend.catalog.service import Catalog
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.settings import Settings
from backend.system import parts, work
from backend.system.examination import Examination, Look, in_thread
from backend.system.findings import of_doctor
from backend.system.schemas import Check, SystemPublic

_PARTS: Final = (parts.database, parts.storage)
_WORK: Final = (
    work.maintenance,
    work.queue,
    work.dispatchers,
    work.dead_letters,
    work.webhooks,
    work.audit,
    work.retention,
    work.unsigned,
)


def examination(context: Context, catalog: Catalog) -> Examination:
    """Return everything that is looked at."""
    looks: dict[str, Look] = {check.__name__: _of(context, check) for check in _PARTS}
    looks["inference"] = partial(parts.inference, context)
    looks["models"] = partial(parts.models, context, catalog)
    looks |= {check.__name__: _of(context, check) for check in _WORK}
    for name, look in doctor.WHILE_RUNNING.items():
        looks[name] = in_thread(partial(_ask_doctor, name, look, context.settings))
    return Examination(looks)


async def look(context: Context, examined: Examination) -> SystemPublic:
    """Return how the studio stands."""
    checks = await examined.checks()
    return SystemPublic(
        version=version("atelier"),
        started_at=context.started_at,
        processes=await run_in_threadpool(parts.processes, context),
        checked_at=utc_now(),
        checks=checks,
    )


def _of(context: Context, check: Callable[[Context], Check]) -> Look:
    return in_thread(partial(check, context))


def _ask_doctor(
    name: str, look_at: Callable[[Settings], doctor.Finding], settings: Settings
) -> Check:
    return of_doctor(name, look_at(settings))
