"""The verbs of a generation: submit, price, cancel. Each works in the caller's transaction.

Drawing it is `backend.dispatch`'s work; here a generation is accepted, and it is promised that it ends.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.generations import events, limits, notices, repository
from backend.generations.models import Generation, queue
from backend.generations.schemas import GenerationParameters, Price
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import AlreadyEnded, KeyReused, TooMany
from backend.kit.queue import State
from backend.webhooks import repository as webhooks_of
from backend.webhooks import service as webhooks
from backend.webhooks.models import Webhook
from inference.protocol import MAX_SEED, ModelCard

_USUAL_SECONDS = 10.0


@dataclass(frozen=True)
class Submitted:
    """The row, the webhook given with it, and whether this very call made them."""

    row: Generation
    webhook: Webhook | None
    is_new: bool


def submit(  # noqa: PLR0913
    session: Session,
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    idempotency_key: str | None = None,
    webhook_url: str | None = None,
) -> Submitted:
    """Accept a generation for `actor`, completed by the defaults of `card`.

    The same `idempotency_key` with the same body gives the same row again, also from two requests
    at once. `webhook_url` is told of this generation alone; it counts as a part of the body.

    Raises:
        KeyReused: That key came with another body before.
        TooMany: This person has too many queued and running.
        Unprocessable: The model cannot draw that, or nothing is sent to that URL.
    """
    fingerprint = _fingerprint(parameters, webhook_url)
    if idempotency_key and (known := _known(session, actor, idempotency_key, fingerprint)):
        return known
    complete = limits.within(card, parameters.completed_by(card, seed=secrets.randbelow(MAX_SEED)))
    row = Generation(
        owner_id=actor.id,
        parameters=complete,
        priority=complete.priority,
        cost=cost_of(complete),
        max_attempts=context.settings.max_attempts,
        idempotency_key=idempotency_key,
        request_hash=fingerprint,
    )
    try:
        with session.begin_nested():
            queue.put(session, row, person=actor.id)
            _refuse_too_many(session, context, actor, card.name)
            session.flush()
            webhook = _webhook(session, context, actor, row, webhook_url)
    except IntegrityError:
        # The same key in two requests at once: the other one was first, and is visible now.
        if idempotency_key and (known := _known(session, actor, idempotency_key, fingerprint)):
            return known
        raise
    audit.record(
        session, actor_id=actor.id, verb="generation.submit", subject=f"generation:{row.id}"
    )
    call_after_commit(session, lambda: events.say_queued(context.notifier))
    call_after_commit(session, lambda: events.say_changed(context.notifier, row))
    return Submitted(row, webhook, is_new=True)


def cancel(session: Session, context: Context, actor: Actor, generation_id: str) -> Generation:
    """Stop a generation: at once while it is queued, between two steps while it runs.

    Canceling twice is no error.

    Raises:
        NotFound: There is none, or it is not theirs.
        AlreadyEnded: It has succeeded or failed.
    """
    row = repository.get(session, actor, generation_id)
    if row.state is State.CANCELED:
        return row
    if not queue.cancel(session, row.id, ended_at=utc_now()):
        raise AlreadyEnded(f"This generation has {row.state} already; there is nothing to cancel.")
    notices.announce_end(session, context, row)
    audit.record(
        session, actor_id=actor.id, verb="generation.cancel", subject=f"generation:{row.id}"
    )
    call_after_commit(session, lambda: events.say_cancel(context.notifier, row.id))
    call_after_commit(session, lambda: events.say_changed(context.notifier, row))
    return row


def price(session: Session, parameters: GenerationParameters, card: ModelCard) -> Price:
    """Return what `parameters` would cost on the model of `card`.

    Raises:
        Unprocessable: The model cannot draw that.
    """
    complete = limits.within(card, parameters.completed_by(card, seed=0))
    pace = seconds_per_megapixel_step(session, card.name)
    cost = cost_of(complete)
    return Price(
        credits=round(cost, 4),
        estimated_seconds=None if pace is None else round(cost * pace, 2),
    )


def cost_of(parameters: GenerationParameters) -> float:
    """Return the work in it: megapixels × steps × images."""
    megapixels = parameters.width * parameters.height / 1e6
    return megapixels * parameters.num_inference_steps * parameters.num_images


def seconds_per_megapixel_step(session: Session, model: str) -> float | None:
    """Return the pace that `model` has shown lately, or None if it has finished nothing yet."""
    done = repository.lately_succeeded(session, model)
    cost = sum(row.cost for row in done)
    seconds = sum(
        (row.ended_at - row.started_at).total_seconds()
        for row in done
        if row.ended_at and row.started_at
    )
    return seconds / cost if cost else None


def _known(session: Session, actor: Actor, key: str, fingerprint: str) -> Submitted | None:
    row = repository.by_idempotency_key(session, actor.id, key)
    if row is None:
        return None
    if row.request_hash != fingerprint:
        raise KeyReused(
            "This Idempotency-Key came with another body before. Send the same body again, "
            "or use a new key for a new generation."
        )
    return Submitted(row, webhooks_of.of_generation(session, row.id), is_new=False)


def _webhook(
    session: Session, context: Context, actor: Actor, row: Generation, url: str | None
) -> Webhook | None:
    if url is None:
        return None
    return webhooks.create_for_generation(session, context.settings, actor, row.id, url)


def _fingerprint(parameters: GenerationParameters, webhook_url: str | None) -> str:
    """Return the digest of what was asked, before the model's defaults and the seed are filled in."""
    asked = parameters.model_dump_json(exclude_unset=True) + (webhook_url or "")
    return sha256(asked.encode()).hexdigest()


def _refuse_too_many(session: Session, context: Context, actor: Actor, model: str) -> None:
    limit = context.settings.max_outstanding
    outstanding = repository.count_alive(session, actor.id)
    if outstanding <= limit:
        return
    pace = seconds_per_megapixel_step(session, model)
    mine = repository.alive(session, actor)
    usual = min(row.cost for row in mine) * pace if pace else _USUAL_SECONDS
    raise TooMany(
        f"You have {limit} generations queued or running, which is the limit; "
        "wait for one to end, or cancel one.",
        retry_after=max(1, math.ceil(usual)),
    )
