"""The verbs of a generation: submit, cancel. Each works in the caller's transaction.

Drawing it is `backend.dispatch`'s work; here a generation is accepted, and it is promised that it ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.generations import events, notices, pictures, recall, repository, room
from backend.generations.foresight import Wanted, measured
from backend.generations.models import Generation, queue
from backend.generations.origin import Origin
from backend.generations.recall import NOTHING_RECALLED, Recalled
from backend.generations.sameness import NOWHERE, fingerprint_of
from backend.generations.schemas import GenerationParameters
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.database import call_after_commit
from backend.kit.errors import AlreadyEnded, KeyReused
from backend.kit.queue import State
from backend.screening import service as screening
from backend.stops import service as stops
from backend.usage import service as usage
from backend.usage.price import credits_in, micro
from backend.usage.service import Spender
from backend.webhooks import repository as webhooks_of
from backend.webhooks import service as webhooks
from backend.webhooks.models import Webhook
from inference import tracing
from inference.protocol import MAX_SEED, ModelCard


@dataclass(frozen=True)
class Submitted:
    """The row, the webhook given with it, and whether this very call made them."""

    row: Generation
    webhook: Webhook | None
    is_new: bool


@tracing.traced("submit")
def submit(  # noqa: PLR0913
    session: Session,
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    by_canary: bool = False,
    idempotency_key: str | None = None,
    webhook_url: str | None = None,
    origin: Origin = NOWHERE,
    fresh: bool = False,
    recalled: Recalled | None = None,
) -> Submitted:
    """Accept a generation for `actor`, completed by the defaults of `card`.

    `by_canary`: nobody named its model, a lot chose it. With `recalled` it has ended already, with those images, and
    costs nothing; should one of them not answer any more, it is drawn. `fresh`: it was asked to be drawn whatever there is.
    The same `idempotency_key` with the same body gives the same row again, also from two requests at once;
    `webhook_url`, which is told of this generation alone, `origin` and `fresh` are parts of the body.

    Raises:
        NotFound: There is no gallery or image of its `origin` that they can open, or none that it draws over.
        Forbidden: They may not change what is in that gallery.
        KeyReused: That key came with another body before.
        NotSignedIn: They were deactivated meanwhile.
        TooMany, QueueFull: This person has too many queued and running, or everybody together.
        QuotaExceeded, QuotaTooSmall: Their credits, or their team's, are spent, or a whole day has fewer.
        Maintenance, DrawingStopped, Unprocessable: Nothing is taken now; or not that by this model, or not that URL.
    """
    fingerprint = fingerprint_of(parameters, webhook_url, origin, fresh=fresh)
    if idempotency_key and (known := _known(session, actor, idempotency_key, fingerprint)):
        return known
    origin = pictures.checked(session, actor, parameters, origin)
    wanted = Wanted(parameters, card, by_canary=by_canary)
    row_of = partial(_row, session, context, actor, wanted, fingerprint, origin)
    try:
        with session.begin_nested():
            room.hold_person(session, actor)
            row = row_of(idempotency_key)
            if not (recalled and recall.answer(session, context, actor, row, recalled)):
                row = row_of(idempotency_key)
                _join(session, context, actor, [row], card.name)
            webhook = _webhook(session, context, actor, row, webhook_url)
    except IntegrityError:
        # The same key in two requests at once: the other one was first, and is visible now.
        if idempotency_key and (known := _known(session, actor, idempotency_key, fingerprint)):
            return known
        raise
    _tell_of(session, context, actor, [row])
    return Submitted(row, webhook, is_new=True)


@tracing.traced("submit several")
def submit_all(  # noqa: PLR0913
    session: Session,
    context: Context,
    actor: Actor,
    wanted: Sequence[Wanted],
    origin: Origin = NOWHERE,
    *,
    recalled: Mapping[int, Recalled] = NOTHING_RECALLED,
) -> list[Generation]:
    """Accept several generations at once, each as `submit` would: all of them, or an error and none.

    Those at the places in `recalled` are answered as there; the others are charged, and counted by the limits, together.

    Raises:
        NotFound, Forbidden, NotSignedIn, TooMany, QueueFull, QuotaExceeded, QuotaTooSmall: As `submit`, for all of them.
        Unprocessable: A model cannot draw that, or they are more than anybody may have at once.
    """
    makers = []
    for one in wanted:
        fingerprint = fingerprint_of(one.parameters, None, origin)
        placed = pictures.checked(session, actor, one.parameters, origin)
        makers.append(partial(_row, session, context, actor, one, fingerprint, placed))
    rows = [make() for make in makers]
    with session.begin_nested():
        room.hold_person(session, actor)
        room.enter(session)  # before anybody's tally is locked, whatever is answered
        drawn = [row for place, row in enumerate(rows) if place not in recalled]
        for place, answer in recalled.items():
            if not recall.answer(session, context, actor, rows[place], answer):
                rows[place] = makers[place]()
                drawn.append(rows[place])
        if drawn:
            _join(session, context, actor, drawn, wanted[0].card.name)
    _tell_of(session, context, actor, rows)
    return rows


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
    if not stop_all(session, context, actor_id, [row]) and row.state is not State.CANCELED:
        # Canceled already is no error, also when somebody else was faster by a moment.
        raise AlreadyEnded(f"This generation has {row.state} already; there is nothing to cancel.")
    return row


def stop_all(
    session: Session, context: Context, actor_id: str | None, rows: Iterable[Generation]
) -> list[Generation]:
    """Cancel those of `rows` that have not ended, and return them; each is read again.

    Rows in the order of their ids, then the gate, then the audit: everybody locks in this order.
    """
    stopped = []
    for row in sorted(rows, key=lambda one: one.id):
        if row.state is not State.CANCELED and queue.cancel(session, row.id, ended_at=utc_now()):
            stopped.append(row)
        session.refresh(row)
    for row in stopped:
        if row.state is State.CANCELED:
            refund(session, row)
    for row in stopped:
        _tell_of_stop(session, context, actor_id, row)
    return stopped


def pay(session: Session, spender: Spender, row: Generation) -> None:
    """Charge `spender` for `row`, as it stands in the queue; nobody else is charged meanwhile.

    Raises:
        Maintenance: The studio is under maintenance.
        DrawingStopped, ModelStopped: It is stopped in an emergency.
    """
    stops.refuse(session, row.parameters.model)
    room.enter(session)
    usage.charge(session, spender, row.id, micro(row.cost))


def refund(session: Session, row: Generation, *, drawn: float = 0.0) -> None:
    """Give back what `row`, which ended without images, was charged, but for the share `drawn`."""
    # Whoever is charged holds the gate too: the tallies of two people are never locked in two orders.
    queue.gate.lock(session)
    usage.refund(session, row.id, drawn=drawn)


def _join(
    session: Session, context: Context, actor: Actor, rows: Sequence[Generation], model: str
) -> None:
    room.enter(session)
    for row in rows:
        queue.put(session, row, person=actor.id)
    room.refuse(session, context.settings, actor, model, of=len(rows))
    prices = [micro(row.cost) for row in rows]
    usage.refuse_beyond(session, context.settings, actor, sum(prices))
    session.flush()
    for row, paid in zip(rows, prices, strict=True):
        usage.charge(session, actor, row.id, paid)


def _tell_of(session: Session, context: Context, actor: Actor, rows: Sequence[Generation]) -> None:
    for row in rows:
        tracing.note(generation_id=row.id)  # of several, the last
        audit.record(
            session, actor_id=actor.id, verb="generation.submit", subject=f"generation:{row.id}"
        )
        if row.from_cache:
            recall.tell(session, context, row)

    def say() -> None:
        events.say_queued(context.notifier)
        for row in rows:
            events.say_changed(context.notifier, row)

    call_after_commit(session, say)


def _tell_of_stop(
    session: Session, context: Context, actor_id: str | None, row: Generation
) -> None:
    notices.announce_end(session, context, row)
    audit.record(
        session, actor_id=actor_id, verb="generation.cancel", subject=f"generation:{row.id}"
    )
    call_after_commit(session, lambda: events.say_cancel(context.notifier, row.id))
    call_after_commit(session, lambda: events.say_changed(context.notifier, row))


def _row(  # noqa: PLR0913, PLR0917
    session: Session,
    context: Context,
    actor: Actor,
    wanted: Wanted,
    fingerprint: str,
    origin: Origin,
    idempotency_key: str | None = None,
) -> Generation:
    stops.refuse(session, wanted.card.name)
    screening.refuse(session, actor.id, [wanted.parameters])
    [wanted] = measured(session, actor, [wanted])
    complete = wanted.completed(seed=secrets.randbelow(MAX_SEED))
    return Generation(
        owner_id=actor.id,
        parameters=complete,
        priority=complete.priority,
        cost=credits_in(wanted.price(complete)),
        max_attempts=context.settings.max_attempts,
        idempotency_key=idempotency_key,
        request_hash=fingerprint,
        gallery_id=origin.gallery_id,
        parent_id=origin.parent_id,
        by_canary=wanted.by_canary,
    )


def _known(session: Session, actor: Actor, key: str, fingerprint: str) -> Submitted | None:
    row = repository.by_idempotency_key(session, actor.id, key)
    if row is None:
        return None
    if row.request_hash != fingerprint:
        raise KeyReused.of("generation")
    return Submitted(row, webhooks_of.of_generation(session, row.id), is_new=False)


def _webhook(
    session: Session, context: Context, actor: Actor, row: Generation, url: str | None
) -> Webhook | None:
    if url is None:
        return None
    return webhooks.create_for_generation(session, context.settings, actor, row.id, url)
