"""What an attempt means for its delivery and for the webhook: done, again later, given up, disabled.

Whoever lost the lease writes nothing. The webhook is locked before the delivery, here as everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from sqlmodel import Session

from backend.audit import service as audit
from backend.kit import clock
from backend.kit.outbound import Answer
from backend.kit.queue import Lease, State
from backend.webhooks import repository
from backend.webhooks.models import Delivery, Webhook, queue
from backend.webhooks.schedule import GIVE_UP_AFTER, pause_after

MOST_ANSWER_CHARACTERS: Final = 500


@dataclass(frozen=True)
class Attempt:
    """How one attempt went. No `status`: nobody answered; no `error`: the message was taken."""

    error: str | None = None
    status: int | None = None
    text: str | None = None
    retry_after: float | None = None


def answered(answer: Answer) -> Attempt:
    """Return what `answer` means: any 2xx is a yes."""
    status = answer.status
    taken = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    return Attempt(
        error=None if taken else _refusal(status, answer.headers.get("location")),
        status=status,
        text=answer.text[:MOST_ANSWER_CHARACTERS],
        retry_after=_seconds(answer.headers.get("retry-after")),
    )


def settle(
    session: Session, webhook_id: str, lease: Lease, attempt: Attempt, schedule: Sequence[float]
) -> State | None:
    """Write down how `attempt` went; return where the delivery is now, or None if it is not ours."""
    webhook = repository.lock(session, webhook_id)
    row = queue.lock(session, lease)
    if webhook is None or row is None:
        return None
    row.tried_at, row.error = clock.utc_now(), attempt.error
    row.answer_status, row.answer_text = attempt.status, attempt.text
    if attempt.error is None:
        webhook.failing_since = None
        _end(row, State.SUCCEEDED)
    else:
        _fail(session, webhook, row, attempt, schedule)
    session.add_all([webhook, row])
    return row.state


def drop(session: Session, lease: Lease, why: str) -> None:
    """End a delivery that must not be sent any more."""
    queue.finish(session, lease, State.CANCELED, error=why, ended_at=clock.utc_now())


def disable(session: Session, webhook: Webhook, *, by: str | None, why: str) -> None:
    """Send nothing more to `webhook`; `by` nobody: the studio decided it, and the owner reads `why`."""
    webhook.enabled = False
    webhook.disabled_reason = None if by else why
    session.add(webhook)
    repository.cancel_waiting(session, webhook.id, why=why, now=clock.utc_now())
    audit.record(
        session,
        actor_id=by,
        verb="webhook.disable",
        subject=f"webhook:{webhook.id}",
        detail={"reason": why},
    )


def _fail(
    session: Session, webhook: Webhook, row: Delivery, attempt: Attempt, schedule: Sequence[float]
) -> None:
    webhook.failing_since = webhook.failing_since or clock.utc_now()
    why = _reason_to_disable(webhook, attempt)
    if why and webhook.enabled:
        disable(session, webhook, by=None, why=why)
    pause = pause_after(row.attempt, schedule, attempt.retry_after)
    if pause is None or not webhook.enabled:
        _end(row, State.FAILED)
    else:
        _again(session, webhook, row, pause)


def _reason_to_disable(webhook: Webhook, attempt: Attempt) -> str | None:
    if attempt.status == HTTPStatus.GONE:
        return "It answered 410 Gone, so nothing more is sent there."
    since: datetime | None = webhook.failing_since
    if since and clock.utc_now() - since >= GIVE_UP_AFTER:
        days = GIVE_UP_AFTER.days
        return f"Every attempt of {days} days has failed; the last one: {attempt.error}"[:500]
    return None


def _end(row: Delivery, state: State) -> None:
    row.state, row.ended_at = state, clock.utc_now()
    row.lease_owner = row.lease_until = None


def _again(session: Session, webhook: Webhook, row: Delivery, pause: float) -> None:
    """Put it at the end of its owner's line: with its old place it would be before everybody's news."""
    row.state, row.lease_owner, row.lease_until = State.QUEUED, None, None
    queue.put(session, row, person=webhook.owner_id)
    row.run_at += pause


def _refusal(status: int, location: str | None) -> str:
    if location and HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return (
            f"answered {status}; redirects are not followed, so give the address {location[:300]!r}"
        )
    return f"answered {status}; any 2xx would have been a yes"


def _seconds(retry_after: str | None) -> float | None:
    """Return the seconds that Retry-After asks for, as a number or as a date (RFC 9110 §10.2.3)."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        wished = parsedate_to_datetime(retry_after)
        return max(0.0, (wished - clock.utc_now()).total_seconds())
    except (TypeError, ValueError):
        return None


def unanswered(error: Exception) -> Attempt:
    """Return what it means that nobody answered, or that we do not send there."""
    return Attempt(error=str(error)[:1000])
