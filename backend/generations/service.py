"""The verbs of a generation: submit, price, cancel. Each works in the caller's transaction.

Drawing it is `backend.dispatch`'s work; here a generation is accepted, and it is promised that it ends.
"""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.generations import events, limits, notices, pace, repository
from backend.generations.models import Generation, queue
from backend.generations.origin import Origin
from backend.generations.schemas import GenerationParameters, Price
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import AlreadyEnded, KeyReused, NotSignedIn, QueueFull, TooMany
from backend.kit.queue import State
from backend.notices import service as studio_notice
from backend.usage import service as usage
from backend.usage.price import credits_in, micro, microcredits_of
from backend.usage.service import Spender
from backend.webhooks import repository as webhooks_of
from backend.webhooks import service as webhooks
from backend.webhooks.models import Webhook
from inference.protocol import MAX_SEED, ModelCard

NOWHERE: Final = Origin()
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
    origin: Origin = NOWHERE,
) -> Submitted:
    """Accept a generation for `actor`, completed by the defaults of `card`.

    The same `idempotency_key` with the same body gives the same row again, also from two requests
    at once. `webhook_url` is told of this generation alone; it counts as a part of the body,
    and so does `origin`.

    Raises:
        NotFound: There is no gallery or image of its `origin` that they can open.
        Forbidden: They may not change what is in that gallery.
        KeyReused: That key came with another body before.
        NotSignedIn: They were deactivated while they waited for their turn.
        TooMany: This person has too many queued and running.
        QueueFull: Everybody together has too many queued.
        QuotaExceeded: Their credits, or their team's, are spent.
        QuotaTooSmall: It costs more than a whole day or month has.
        Maintenance: The studio is under maintenance.
        Unprocessable: The model cannot draw that, or nothing is sent to that URL.
    """
    fingerprint = _fingerprint(parameters, webhook_url, origin)
    if idempotency_key and (known := _known(session, actor, idempotency_key, fingerprint)):
        return known
    origin.check(session, actor)
    complete = limits.within(card, parameters.completed_by(card, seed=secrets.randbelow(MAX_SEED)))
    row = _row(context, actor, complete, card, fingerprint)
    row.idempotency_key = idempotency_key
    row.gallery_id, row.parent_id = origin.gallery_id, origin.parent_id
    try:
        with session.begin_nested():
            _join(session, context, actor, row, card)
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


def foresee(
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    idempotency_key: str | None = None,
) -> None:
    """Refuse what `submit` would refuse for a limit, by a look that keeps nobody waiting.

    Raises:
        TooMany: As `submit`.
        QueueFull: As `submit`.
        QuotaExceeded: As `submit`.
        QuotaTooSmall: As `submit`.
        Maintenance: As `submit`.
        Unprocessable: The model cannot draw that.
    """
    with context.database.read() as session:
        key = idempotency_key
        if key and repository.by_idempotency_key(session, actor.id, key):
            return
        studio_notice.refuse_under_maintenance(session)
        _refuse_too_many(session, context, actor, card.name, coming=1)
        _refuse_beyond_depth(session, context, card.name, coming=1)
        complete = limits.within(card, parameters.completed_by(card, seed=0))
        usage.refuse_beyond(session, context.settings, actor, microcredits_of(complete, card))


def cancel(session: Session, context: Context, actor: Actor, generation_id: str) -> Generation:
    """Stop a generation: at once while it is queued, between two steps while it runs.

    Canceling twice is no error.

    Raises:
        NotFound: There is none, or it is not theirs.
        AlreadyEnded: It has succeeded or failed.
    """
    row = repository.get(session, actor, generation_id)
    return stop(session, context, actor.id, row)


def stop(session: Session, context: Context, actor_id: str | None, row: Generation) -> Generation:
    """Cancel `row`, which the caller was allowed to cancel, in the name of `actor_id`.

    Raises:
        AlreadyEnded: It has succeeded or failed.
    """
    canceled = row.state is not State.CANCELED and queue.cancel(session, row.id, ended_at=utc_now())
    session.refresh(row)
    if not canceled and row.state is State.CANCELED:
        return row  # also when somebody else was faster by a moment
    if not canceled:
        raise AlreadyEnded(f"This generation has {row.state} already; there is nothing to cancel.")
    if row.state is State.CANCELED:
        refund(session, row)
    notices.announce_end(session, context, row)
    audit.record(
        session, actor_id=actor_id, verb="generation.cancel", subject=f"generation:{row.id}"
    )
    call_after_commit(session, lambda: events.say_cancel(context.notifier, row.id))
    call_after_commit(session, lambda: events.say_changed(context.notifier, row))
    return row


def pay(session: Session, spender: Spender, row: Generation) -> None:
    """Charge `spender` for `row`, as it stands in the queue; nobody else is charged meanwhile.

    Raises:
        Maintenance: The studio is under maintenance.
    """
    _enter(session)
    usage.charge(session, spender, row.id, micro(row.cost))


def refund(session: Session, row: Generation, *, drawn: float = 0.0) -> None:
    """Give back what `row`, which ended without images, was charged, but for the share `drawn`."""
    # Whoever is charged holds the gate too: the tallies of two people are never locked in two orders.
    queue.gate.lock(session)
    usage.refund(session, row.id, drawn=drawn)


def price(
    session: Session,
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
) -> Price:
    """Return what `parameters` would cost `actor` on the model of `card`, and what they have left.

    Raises:
        Unprocessable: The model cannot draw that.
    """
    complete = limits.within(card, parameters.completed_by(card, seed=0))
    measured = pace.lately(session).get(card.name)
    cost = credits_in(microcredits_of(complete, card))
    least = usage.narrowest(usage.allowances(session, context.settings, actor))
    return Price(
        credits=cost,
        estimated_seconds=None if measured is None else round(cost * measured, 2),
        remaining=credits_in(least.remaining or 0) if least else None,
        resets_at=least.resets_at if least else None,
    )


def _join(
    session: Session, context: Context, actor: Actor, row: Generation, card: ModelCard
) -> None:
    # The person before the gate: whoever shuts them out takes them, their generations, then the gate.
    if not accounts_of.hold_active(session, actor.id):
        raise NotSignedIn("this account was deactivated; ask an administrator of the studio")
    _enter(session)
    queue.put(session, row, person=actor.id)
    _refuse_too_many(session, context, actor, card.name)
    _refuse_beyond_depth(session, context, card.name)
    price = micro(row.cost)
    usage.refuse_beyond(session, context.settings, actor, price)
    session.flush()
    usage.charge(session, actor, row.id, price)


def _enter(session: Session) -> None:
    """Pass the one door of whatever adds to the queue: one after another, so that all limits are exact."""
    queue.gate.lock(session)
    studio_notice.must_be_open(session)


def _row(
    context: Context,
    actor: Actor,
    complete: GenerationParameters,
    card: ModelCard,
    fingerprint: str,
) -> Generation:
    return Generation(
        owner_id=actor.id,
        parameters=complete,
        priority=complete.priority,
        cost=credits_in(microcredits_of(complete, card)),
        max_attempts=context.settings.max_attempts,
        request_hash=fingerprint,
    )


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


def _fingerprint(parameters: GenerationParameters, webhook_url: str | None, origin: Origin) -> str:
    """Return the digest of what was asked, before the model's defaults and the seed are filled in."""
    asked = parameters.model_dump_json(exclude_unset=True) + (webhook_url or "")
    if origin != NOWHERE:
        asked += f" {origin}"
    return sha256(asked.encode()).hexdigest()


def _refuse_too_many(
    session: Session, context: Context, actor: Actor, model: str, coming: int = 0
) -> None:
    limit = context.settings.max_outstanding
    outstanding = repository.count_alive(session, actor.id)
    if outstanding + coming <= limit:
        return
    measured = pace.lately(session).get(model)
    least = repository.least_cost_alive(session, actor.id)  # they may just have ended
    usual = least * measured if measured else _USUAL_SECONDS
    raise TooMany(
        f"You have {limit} generations queued or running, which is the limit; "
        "wait for one to end, or cancel one.",
        retry_after=max(1, math.ceil(usual)),
    )


def _refuse_beyond_depth(session: Session, context: Context, model: str, coming: int = 0) -> None:
    limit = context.settings.max_queued
    queued, cost = repository.waiting_work(session)
    if queued + coming <= limit:
        return
    paces = pace.lately(session)
    measured = paces.get(model) or pace.usual(paces)
    each = cost / queued * measured if measured else _USUAL_SECONDS
    # A place is free when one of those that run at once is done.
    soon = each / max(1, context.settings.dispatch_concurrency)
    raise QueueFull(
        f"{limit} generations are queued, which is all that this studio takes on; try again in a while.",
        retry_after=max(1, math.ceil(soon)),
    )
