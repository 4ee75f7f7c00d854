"""The verbs of the notice: tell, post, clear, and refuse while it says maintenance. Each in its caller's transaction.

Whoever accepts a generation asks `must_be_open` in the same transaction. Maintenance that is posted meanwhile waits
until that has ended, so from the moment its administrator is answered nothing more is accepted, by any process.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any, Final

from sqlmodel import Session

from backend.audit import service as audit
from backend.kit.database import call_after_commit, now_of
from backend.kit.errors import FieldProblem, Maintenance, Unprocessable
from backend.kit.notifier import Notifier
from backend.notices import repository
from backend.notices.models import Notice
from backend.notices.schemas import NoticeNow, NoticePublic, NoticeWrite
from backend.stops import service as stops

CHANNEL: Final = "notices"
SUBJECT: Final = "notice:studio"


def tell(session: Session) -> NoticeNow:
    """Return what there is to tell everybody at this moment."""
    notice, now, stopped = repository.current(session), now_of(session), stops.told(session)
    if notice is None:
        return NoticeNow(notice=None, in_force=False, stops=stopped, changes_in_s=None)
    in_force = notice.starts_at <= now
    change = notice.ends_at if in_force else notice.starts_at
    return NoticeNow(
        notice=_public(notice),
        in_force=in_force,
        stops=stopped,
        changes_in_s=None if change is None else round(max(0.0, change - now), 3),
    )


def post(
    session: Session, notifier: Notifier, actor_id: str | None, wanted: NoticeWrite
) -> NoticeNow:
    """Have everybody told `wanted`, in place of what they were told before.

    Raises:
        Unprocessable: It would have ended already.
    """
    now = now_of(session)
    starts_at = wanted.starts_at.timestamp() if wanted.starts_at else now
    ends_at = wanted.ends_at.timestamp() if wanted.ends_at else None
    if ends_at is not None and ends_at <= max(now, starts_at):
        raise _ends_too_soon(max(now, starts_at))
    repository.put(
        session,
        Notice(
            kind=wanted.kind, text=wanted.text, starts_at=starts_at, ends_at=ends_at, posted_at=now
        ),
    )
    _record_and_say(session, notifier, actor_id, "notice.post", kind=wanted.kind.value)
    return tell(session)


def clear(session: Session, notifier: Notifier, actor_id: str | None) -> None:
    """End the notice, and maintenance with it. Clearing twice is no error."""
    if repository.remove(session):
        _record_and_say(session, notifier, actor_id, "notice.clear")


def say_changed(session: Session, notifier: Notifier) -> None:
    """Have every open page ask anew what there is to tell, once this transaction has ended."""
    call_after_commit(session, lambda: notifier.publish(CHANNEL, {"event": "notice", "data": {}}))


def must_be_open(session: Session) -> None:
    """Return if generations are accepted, which stays so until this writing transaction ends.

    Raises:
        Maintenance: The studio is under maintenance.
    """
    repository.keep_new_ones_out(session)
    refuse_under_maintenance(session)


def refuse_under_maintenance(session: Session) -> None:
    """Return if generations are accepted at this moment; a look that keeps nobody waiting.

    Raises:
        Maintenance: The studio is under maintenance.
    """
    if notice := repository.maintenance(session):
        left = None if notice.ends_at is None else notice.ends_at - now_of(session)
        raise Maintenance(
            notice.text, retry_after=None if left is None else max(1, math.ceil(left))
        )


def _ends_too_soon(after: float) -> Unprocessable:
    message = f"must be later than {_moment(after):%Y-%m-%d %H:%M:%S} UTC"
    return Unprocessable(
        f"ends_at {message}", fields=[FieldProblem(field="ends_at", message=message)]
    )


def _public(notice: Notice) -> NoticePublic:
    times: dict[str, Any] = {
        "starts_at": _moment(notice.starts_at),
        "ends_at": None if notice.ends_at is None else _moment(notice.ends_at),
        "posted_at": _moment(notice.posted_at),
    }
    return NoticePublic(kind=notice.kind, text=notice.text, **times)


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _record_and_say(
    session: Session, notifier: Notifier, actor_id: str | None, verb: str, **detail: str
) -> None:
    audit.record(session, actor_id=actor_id, verb=verb, subject=SUBJECT, detail=detail)
    say_changed(session, notifier)
