"""Answers a generation with images that were drawn before: at once, for no credits, past the queue.

In two steps, as with what is drawn: files first and without a transaction, then the rows in the one that accepts the
generation. Whoever dies in between leaves files that no row names, and retention removes them.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from prometheus_client import Counter
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.generations import events, notices
from backend.generations.metrics import ENDED
from backend.generations.models import Generation
from backend.generations.schemas import GenerationParameters
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.ids import new_id
from backend.kit.queue import State
from backend.kit.telemetry import REGISTRY
from backend.notices import service as studio_notice
from backend.provenance.marker import marker_of
from backend.results import keeping
from backend.results import service as results
from backend.results.keeping import Finished, Place
from backend.results.repository import Source
from backend.usage import service as usage
from inference.protocol import ModelCard

ASKED: Final = Counter(
    "atelier_result_cache_total",
    "Submissions with a fixed seed: answered from storage (hit), not there (miss), there and lost (lost).",
    ["outcome"],
    registry=REGISTRY,
)

_log = logging.getLogger("atelier.results")


@dataclass(frozen=True)
class Recalled:
    """A generation to be answered: its id, what it is, and its images, whose files are stored."""

    generation_id: str
    parameters: GenerationParameters
    finished: list[Finished]


NOTHING_RECALLED: Final[Mapping[int, Recalled]] = MappingProxyType({})


def prepare(
    context: Context,
    sources: Sequence[Source],
    complete: GenerationParameters,
    card: ModelCard,
) -> Recalled | None:
    """Store the files of a generation that `sources` answer; None if one is lost, and it has to be drawn."""
    generation_id = new_id()
    try:
        finished = results.copy(
            context.storage,
            marker_of(context.settings),
            sources,
            parameters=complete,
            card=card,
            generation_id=generation_id,
        )
    except (OSError, ValueError) as error:
        ASKED.labels("lost").inc()
        _log.warning("an image is drawn again, for its file cannot be used: %s", error)
        return None
    return Recalled(generation_id, complete, finished)


def answer(
    session: Session, context: Context, actor: Actor, row: Generation, recalled: Recalled
) -> Generation | None:
    """Add `row`, ended, with its images; None, and nothing added, if it has to be drawn after all.

    Raises:
        Maintenance: The studio is under maintenance.
    """
    studio_notice.must_be_open(session)
    row.id, row.from_cache, row.cost = recalled.generation_id, True, 0.0
    row.state, row.ended_at = State.SUCCEEDED, utc_now()
    place = Place(row.owner_id, row.gallery_id, row.parent_id)
    try:
        with session.begin_nested():
            results.hold(session, actor, recalled.finished)
            session.add(row)
            session.flush()
            usage.charge(session, actor, row.id, 0)  # the ledger knows whose team it was for
            keeping.keep(session, context.storage, recalled.finished, place)
    except (results.NoLonger, OSError):
        ASKED.labels("lost").inc()
        return None
    return row


def tell(session: Session, context: Context, row: Generation) -> None:
    """Say of a generation that `answer` ended what is said of any that ends."""
    notices.announce_end(session, context, row)
    audit.record(
        session,
        actor_id=None,
        verb=f"generation.{row.state}",
        subject=f"generation:{row.id}",
        detail={"from": "cache"},
    )

    def say() -> None:
        ENDED.labels(row.state.value).inc()
        ASKED.labels("hit").inc()
        events.say_changed(context.notifier, row)

    call_after_commit(session, say)
