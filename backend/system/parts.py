"""Checks of the parts that a generation needs: database, storage, inference, the models and their safety checkers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from sqlalchemy import text
from starlette.concurrency import run_in_threadpool

from backend import doctor, migrations
from backend.catalog import management
from backend.catalog.service import Catalog
from backend.kit.context import Context
from backend.kit.errors import NotReady
from backend.kit.notifier.postgres import APPLICATION
from backend.kit.storage.file import FileStorage
from backend.kit.storage.objects import protocol_of
from backend.migrations import Standing
from backend.system.findings import bad, of_doctor, ok, warn
from backend.system.schemas import Check, CheckState
from inference.protocol import InferenceError, ModelCard

SLOW_MS: Final = 250
_SIZES: Final = {
    True: "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    False: "SELECT pg_database_size(current_database())",
}
_PROCESSES: Final = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE application_name LIKE :ours AND datname = current_database()"
)
_UPGRADING: Final = {
    Standing.WAITING: "What older versions use is still there.",
    Standing.NEWER: "A newer version has prepared it, and this one works with it.",
}
_FINISH: Final = {
    Standing.WAITING: "Once no process of an older version runs: atelier migrate",
    Standing.NEWER: "Finish the upgrade: replace this process, too.",
}
_CONNECTIONS_EACH: Final = 2  # a notifier speaks on one and hears on the other


def database(context: Context) -> Check:
    """Look whether it answers, how fast, how large it is, and whether its schema is the newest."""
    name, kind = "database", "SQLite" if context.database.is_sqlite else "PostgreSQL"
    began = time.monotonic()
    context.database.ping()
    took_ms = (time.monotonic() - began) * 1000
    with context.database.read() as session:
        size = int(session.execute(text(_SIZES[context.database.is_sqlite])).scalar_one())
        connection = session.connection()
        at, stands = migrations.revision_of(connection), migrations.standing_of(connection)
    says = f"{kind} answers in {took_ms:.0f} ms, {_megabytes(size)}, schema {at}."
    if stands is Standing.BEHIND:
        return bad(
            name,
            f"{kind} has schema {at}, and this version wants {migrations.newest()}.",
            "Run: atelier migrate",
        )
    if stands is not Standing.NEWEST:
        return warn(name, f"{says} {_UPGRADING[stands]}", _FINISH[stands])
    if took_ms > SLOW_MS:
        return warn(name, says, "It is slow: look at the load of its machine and at its disk.")
    return ok(name, says)


def processes(context: Context) -> int | None:
    """Return how many processes of the studio are connected; None on SQLite, where nobody counts them."""
    if context.database.is_sqlite:
        return None
    with context.database.read() as session:
        connections = int(
            session.execute(text(_PROCESSES), {"ours": f"{APPLICATION}%"}).scalar_one()
        )
    return max(1, -(-connections // _CONNECTIONS_EACH))


def storage(context: Context) -> Check:
    """Look whether files can be written, and whether there is room for more of them."""
    name = "storage"
    try:
        context.storage.check()
    except OSError as error:
        return bad(
            name,
            f"Files cannot be written: {error.strerror or type(error).__name__}.",
            "Look at the store that ATELIER_STORAGE_URL names: whether it is there, and who may write to it.",
        )
    if isinstance(context.storage, FileStorage):
        return of_doctor(name, doctor.room_in(Path(context.storage.folder).absolute()))
    return ok(
        name, f"Objects can be written ({protocol_of(context.settings.resolved_storage_url)})."
    )


async def inference(context: Context) -> Check:
    """Look whether something draws, and on what."""
    name = "inference"
    try:
        health = await context.inference.health()
    except InferenceError as error:
        return bad(
            name,
            f"Nothing that draws can be reached: {error.message}",
            "Look at the inference server and at ATELIER_INFERENCE_URL; what is queued waits meanwhile.",
        )
    if not health.ready:
        return warn(
            name,
            f"It cannot draw now: {health.detail or 'the models are still loading'}.",
            "Wait a minute; if it stays so, look at its log.",
        )
    return ok(
        name,
        f"Draws on {health.device} in {health.dtype}; {health.running} running, {health.waiting} waiting there.",
    )


async def models(context: Context, catalog: Catalog) -> Check:
    """Look which models are on offer, whether each comes with a safety checker that is no demonstration, and with the weights approved."""
    name = "models"
    try:
        cards = await catalog.cards()
    except NotReady as error:
        return bad(name, error.message, "See inference; without a model nothing can be drawn.")
    listed = ", ".join(_with_checkers(card) for card in cards)
    demo = [card.name for card in cards if card.demonstration]
    if demo and not context.settings.on_loopback:
        return warn(
            name,
            f"The safety checker of {', '.join(demo)} is a demonstration; others can reach this studio.",
            "Offer models with a real safety checker.",
        )
    if troubles := [f"{one.name} of {card.name}: {one.trouble}" for card in cards for one in card.checkers if one.trouble]:  # fmt: skip
        return warn(
            name,
            f"A safety checker cannot measure, so every image of its model is held. {'; '.join(troubles)}.",
            "Put sound weights there, or take its table out of the models file.",
        )
    if changed := await run_in_threadpool(_changed, context, cards):
        return warn(
            name,
            f"{', '.join(changed)} is drawn with other weights than those that were approved.",
            "Look at it on the page Models: approve the new weights there, or roll back.",
        )
    return Check(name=name, state=CheckState.OK, says=f"{len(cards)} on offer: {listed}.")


def _with_checkers(card: ModelCard) -> str:
    """Return a model with who looks at its images, a demonstration in its own words."""
    names = " and ".join(one.name for one in card.checkers) or card.safety_checker
    return f"{card.name} with {names}{f' ({card.demonstration})' if card.demonstration else ''}"


def _changed(context: Context, cards: list[ModelCard]) -> list[str]:
    with context.database.read() as session:
        return [one.name for one in management.changed_weights(session, cards)]


def _megabytes(size: int) -> str:
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"  # noqa: PLR2004
