"""Writes down what webhooks must be told, in the transaction in which it happened. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from sqlmodel import Session

from backend.kit import clock
from backend.kit.database import call_after_commit
from backend.kit.notifier import Notifier
from backend.webhooks import repository
from backend.webhooks.models import Delivery, Webhook, queue
from backend.webhooks.schedule import SCHEDULE_S
from backend.webhooks.schemas import Message
from inference.protocol import Priority

CHANNEL: Final = "webhooks"
MOST_BODY_BYTES: Final = 20_000


@dataclass(frozen=True)
class Happening:
    """Something to be told. `data` holds ids and addresses; `prompt` goes to those who asked for it."""

    kind: str
    subject: str
    data: dict[str, Any]
    prompt: str = ""


def announce(
    session: Session,
    notifier: Notifier,
    *,
    owner_id: str,
    generation_id: str,
    happenings: Iterable[Happening],
) -> None:
    """Add a delivery for each webhook of `owner_id` that wants to hear it."""
    webhooks = repository.listening(session, owner_id, generation_id)
    wanted = [(hook, what) for what in happenings for hook in webhooks if what.kind in hook.kinds]
    for webhook, happening in wanted:
        put(session, notifier, webhook, happening)


def put(session: Session, notifier: Notifier, webhook: Webhook, happening: Happening) -> Delivery:
    """Add one delivery, due at once, in its owner's line; wake whoever sends once it is committed."""
    row = Delivery(
        webhook_id=webhook.id,
        kind=happening.kind,
        subject=happening.subject,
        body=_body(happening, with_prompt=webhook.include_prompt),
        priority=Priority.NORMAL,
        cost=1.0,
        max_attempts=len(SCHEDULE_S),
    )
    queue.put(session, row, person=webhook.owner_id)
    call_after_commit(session, lambda: wake(notifier))
    return row


def wake(notifier: Notifier) -> None:
    """Tell whoever sends that there may be something to send."""
    notifier.publish(CHANNEL, {"event": "queued"})


def _body(happening: Happening, *, with_prompt: bool) -> str:
    """Return the message as JSON; a prompt that would make it too long is left out."""
    message = Message(type=happening.kind, timestamp=clock.utc_now(), data=happening.data)
    if with_prompt and happening.prompt:
        told = message.model_copy(update={"data": {**happening.data, "prompt": happening.prompt}})
        text = told.model_dump_json()
        if len(text.encode()) <= MOST_BODY_BYTES:
            return text
    return message.model_dump_json()
