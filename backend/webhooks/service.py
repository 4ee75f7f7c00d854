"""The verbs of a webhook: create, change, rotate, test, delete, send again. Each in its caller's transaction."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.database import call_after_commit
from backend.kit.errors import Conflict, FieldProblem, TooMany, Unprocessable
from backend.kit.ids import new_id
from backend.kit.keyring import CannotOpen, ring_of
from backend.kit.notifier import Notifier
from backend.kit.outbound import Refused, Rules, check_url
from backend.kit.queue import State
from backend.kit.settings import Settings
from backend.legalholds import service as legalholds
from backend.legalholds.schemas import SubjectKind
from backend.webhooks import outbox, repository
from backend.webhooks.models import Delivery, Webhook, queue
from backend.webhooks.outbox import Happening
from backend.webhooks.schemas import (
    MOST_WEBHOOKS,
    TEST,
    DeliveryPublic,
    Kind,
    WebhookChange,
    WebhookCreate,
)
from backend.webhooks.sealing import new_sealed_secret, opened
from backend.webhooks.settlement import disable

BOTH_SECRETS_FOR = timedelta(hours=24)
_AGAIN_S = 5


def rules_of(settings: Settings) -> Rules:
    """Return where this studio's webhooks may go."""
    ports = frozenset(int(word) for word in settings.webhook_ports.split(","))
    return Rules(ports=ports, loopback=settings.webhook_allow_loopback)


def create(session: Session, settings: Settings, actor: Actor, wanted: WebhookCreate) -> Webhook:
    """Add a webhook of `actor`, with a secret that is shown this once.

    Raises:
        Conflict: They have as many as one person may have.
        Unprocessable: Nothing is sent to that URL.
    """
    if repository.count_standing(session, actor.id) >= MOST_WEBHOOKS:
        raise Conflict(f"{MOST_WEBHOOKS} webhooks are as many as one person may have; delete one.")
    row = Webhook(
        owner_id=actor.id,
        url=_checked(settings, wanted.url, field="url"),
        kinds=_kinds(wanted.kinds),
        description=wanted.description,
        include_prompt=wanted.include_prompt,
        secret=new_sealed_secret(ring_of(settings)),
    )
    return _added(session, actor, row)


def create_for_generation(
    session: Session, settings: Settings, actor: Actor, generation_id: str, url: str
) -> Webhook:
    """Add a webhook that is told of that one generation of `actor`, whatever becomes of it.

    Raises:
        Unprocessable: Nothing is sent to that URL.
    """
    row = Webhook(
        owner_id=actor.id,
        generation_id=generation_id,
        url=_checked(settings, url, field="atelier-webhook-url"),
        kinds=_kinds(list(Kind)),
        secret=new_sealed_secret(ring_of(settings)),
    )
    return _added(session, actor, row)


def change(
    session: Session, settings: Settings, actor: Actor, webhook_id: str, wanted: WebhookChange
) -> Webhook:
    """Change what `wanted` names; to enable it again forgets why it was disabled.

    Raises:
        NotFound: There is none, or it is not theirs.
        Unprocessable: Nothing is sent to that URL.
    """
    row = repository.get(session, actor, webhook_id, to_change=True)
    if wanted.url is not None:
        row.url, row.failing_since = _checked(settings, wanted.url, field="url"), None
    row.kinds = row.kinds if wanted.kinds is None else _kinds(wanted.kinds)
    row.description = row.description if wanted.description is None else wanted.description
    row.include_prompt = (
        row.include_prompt if wanted.include_prompt is None else wanted.include_prompt
    )
    if wanted.enabled is False and row.enabled:
        disable(session, row, by=actor.id, why="Its owner disabled the webhook.")
    elif wanted.enabled:
        row.enabled, row.disabled_reason, row.failing_since = True, None, None
    session.add(row)
    _record(session, actor, "change", row)
    return row


def rotate(session: Session, settings: Settings, actor: Actor, webhook_id: str) -> Webhook:
    """Give it a new secret; for a day, messages are signed with the one before as well.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    row = repository.get(session, actor, webhook_id, to_change=True)
    row.previous_secret, row.secret = row.secret, new_sealed_secret(ring_of(settings))
    row.previous_until = clock.utc_now() + BOTH_SECRETS_FOR
    session.add(row)
    _record(session, actor, "rotate", row)
    return row


def delete(session: Session, actor: Actor, webhook_id: str) -> None:
    """Delete it and its deliveries.

    Raises:
        NotFound: There is none, or it is not theirs.
        UnderLegalHold: Nothing of theirs may be deleted.
    """
    legalholds.must_be_free(session, {SubjectKind.PERSON: [actor.id]})
    row = repository.get(session, actor, webhook_id, to_change=True)
    _record(session, actor, "delete", row)
    repository.remove(session, row)


def test(session: Session, notifier: Notifier, actor: Actor, webhook_id: str) -> Delivery:
    """Send a message that means nothing, to see whether it arrives.

    Raises:
        NotFound: There is none, or it is not theirs.
        Conflict: It is disabled.
        TooMany: A test is under way.
    """
    row = repository.get(session, actor, webhook_id, to_change=True)
    _refuse_disabled(row)
    if repository.is_waiting(session, row.id, TEST):
        raise TooMany("A test of this webhook is under way.", retry_after=_AGAIN_S)
    _record(session, actor, "test", row)
    subject = f"test:{new_id()}"
    return outbox.put(session, notifier, row, Happening(TEST, subject, data={"webhook_id": row.id}))


def redeliver(session: Session, notifier: Notifier, actor: Actor, delivery_id: str) -> Delivery:
    """Send a message again from the first attempt on, under the same id.

    Raises:
        NotFound: There is none, or it is not theirs.
        Conflict: It is on its way, or its webhook is disabled.
    """
    row, webhook = repository.delivery(session, actor, delivery_id)
    _refuse_disabled(webhook)
    if not row.state.ended:
        raise Conflict("This delivery is on its way already.")
    row.state, row.attempt, row.ended_at, row.error = State.QUEUED, 0, None, None
    queue.put(session, row, person=webhook.owner_id)
    audit.record(session, actor_id=actor.id, verb="webhook.redeliver", subject=f"delivery:{row.id}")
    call_after_commit(session, lambda: outbox.wake(notifier))
    return row


def secret_of(settings: Settings, row: Webhook) -> str:
    """Return the secret of a webhook, for its owner's eyes.

    Raises:
        Conflict: It was sealed with a key that the studio no longer has.
    """
    try:
        return opened(ring_of(settings), row.secret)
    except CannotOpen as error:
        raise Conflict("The studio's keys have changed; make a new secret.") from error


def to_public(row: Delivery) -> DeliveryPublic:
    """Return a delivery as its owner reads it."""
    due = datetime.fromtimestamp(row.run_at, UTC) if row.state is State.QUEUED else None
    return DeliveryPublic(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        state=row.state,
        attempts=row.attempt,
        next_try_at=due,
        tried_at=row.tried_at,
        answer_status=row.answer_status,
        answer_text=row.answer_text,
        error=row.error,
        created_at=row.created_at,
        ended_at=row.ended_at,
    )


def _checked(settings: Settings, url: str, *, field: str) -> str:
    try:
        check_url(url, rules_of(settings))
    except Refused as error:
        raise Unprocessable(
            f"{field}: {error}", fields=[FieldProblem(field=field, message=str(error))]
        ) from error
    return url


def _kinds(wanted: list[Kind]) -> list[str]:
    return [kind.value for kind in Kind if kind in wanted]


def _refuse_disabled(row: Webhook) -> None:
    if not row.enabled:
        why = f" {row.disabled_reason}" if row.disabled_reason else ""
        raise Conflict(f"This webhook is disabled.{why} Enable it first.")


def _added(session: Session, actor: Actor, row: Webhook) -> Webhook:
    session.add(row)
    _record(session, actor, "create", row)
    session.flush()
    return row


def _record(session: Session, actor: Actor, verb: str, row: Webhook) -> None:
    audit.record(session, actor_id=actor.id, verb=f"webhook.{verb}", subject=f"webhook:{row.id}")
