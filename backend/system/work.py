"""Checks of the work: the queue and who serves it, dead letters, webhooks, the audit, retention, maintenance."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session

from backend.dispatch.signing import count_unsigned
from backend.generations.models import queue as line
from backend.kit.context import Context
from backend.leaving import retention as kept
from backend.notices import service as notices
from backend.notices.schemas import NoticeKind
from backend.oversight import service as oversight
from backend.queue import repository as operators
from backend.queue import service as operating
from backend.system.findings import bad, ok, warn
from backend.system.schemas import Check
from backend.webhooks import repository as webhooks_of

NEARLY_FULL: Final = 0.8
LONG_WAIT_S: Final = 600.0
AUDITED: Final = 500
OVERDUE_HOURS: Final = 3.0


def maintenance(context: Context) -> Check:
    """Look whether new generations are refused because somebody said so, or stopped something in an emergency."""
    name = "maintenance"
    with context.database.read() as session:
        told = notices.tell(session)
    if told.stops:
        names = ", ".join(one.name or "all drawing" for one in told.stops)
        return warn(name, f"Stopped: {names}.", "Lift it on this page once it is safe.")
    if told.notice is None or told.notice.kind is not NoticeKind.MAINTENANCE:
        return ok(name, "New generations are accepted.")
    ends = told.notice.ends_at
    until = f"until {ends:%Y-%m-%d %H:%M} UTC" if ends else "until somebody ends it"
    if not told.in_force:
        return ok(name, f"Announced from {told.notice.starts_at:%Y-%m-%d %H:%M} UTC, {until}.")
    return warn(
        name, f"New generations are refused, {until}.", "End it on this page when the work is done."
    )


def queue(context: Context) -> Check:
    """Look how long the line is and for how long its first has waited."""
    name, most = "queue", context.settings.max_queued
    with context.database.read() as session:
        status, waited = operating.status(session), line.longest_wait(session)
    says = f"{status.queued} queued, {status.running} running"
    says += f"; the oldest is due for {_lasting(waited)}." if status.queued else "."
    if status.drained_at:
        return warn(
            name,
            f"Drained since {status.drained_at:%Y-%m-%d %H:%M} UTC: {says}",
            "Resume it on the queue page.",
        )
    if status.queued >= most:
        return bad(
            name,
            f"Full, nothing more is accepted: {says}",
            "Add a GPU, or raise ATELIER_MAX_QUEUED.",
        )
    if status.queued >= NEARLY_FULL * most or waited > LONG_WAIT_S:
        return warn(
            name,
            says,
            f"Nothing is accepted beyond {most}: add a GPU, or find out who sends so much.",
        )
    return ok(name, says)


def dispatchers(context: Context) -> Check:
    """Look whether somebody takes up what waits: who holds leases, and whether any ran out unseen."""
    name = "dispatchers"
    with context.database.read() as session:
        seen = operators.holders(session)
        idle = _nobody_serves(session, context)
    own = context.settings.dispatch_concurrency
    here = (
        f"this process keeps up to {own} in flight" if own else "this process leaves it to others"
    )
    says = f"{seen.alive or 'none'} with a lease now; {here}.".capitalize()
    if seen.silent:
        return bad(
            name,
            f"{seen.silent} generations have lost their dispatcher and nobody gave them back. {says}",
            "Start a process with ATELIER_DISPATCH_CONCURRENCY above 0; it takes them up by itself.",
        )
    if idle:
        return bad(
            name,
            f"Generations are due and nobody takes them up. {says}",
            "Start a process with ATELIER_DISPATCH_CONCURRENCY above 0, or look at the log of the one there is.",
        )
    return ok(name, says)


def dead_letters(context: Context) -> Check:
    """Look whether generations were given up that nobody has retried."""
    name = "dead_letters"
    with context.database.read() as session:
        number = operators.count_dead(session)
    if number:
        return warn(
            name,
            f"{number} generations failed for good.",
            "Read why on the queue page, and retry them.",
        )
    return ok(name, "None.")


def webhooks(context: Context) -> Check:
    """Look whether receivers fail, or were given up."""
    name = "webhooks"
    with context.database.read() as session:
        standing, failing, disabled = webhooks_of.count_troubled(session)
    if failing or disabled:
        return warn(
            name,
            f"{failing} of {standing} fail, {disabled} were switched off after failing.",
            "Their owners see why on their account page; tell them.",
        )
    return ok(name, f"{standing} standing, none fails.")


def audit(context: Context) -> Check:
    """Walk along the end of the chain."""
    name = "audit"
    with context.database.read() as session:
        seen = oversight.check(session, most=AUDITED)
    if not seen.holds:
        return bad(
            name,
            f"Entry {seen.breaks[0].seq} is not as it was written: {seen.breaks[0].why}.",
            "Keep a copy of the database and the logs, and run: atelier audit verify",
        )
    return ok(
        name,
        f"The last {seen.checked} of {seen.entries} entries are as written; anchor {seen.head}.",
    )


def retention(context: Context) -> Check:
    """Look whether what is too old was removed when it was due."""
    name = "retention"
    overdue = dict(kept.overdue(context.database, context.settings, hours=OVERDUE_HOURS))
    if overdue:
        listed = ", ".join(f"{number} {what}" for what, number in overdue.items())
        return warn(
            name,
            f"Kept longer than the settings say: {listed}.",
            "Dispatchers remove it once an hour: look at the log of one, and run: atelier retention run --dry-run",
        )
    return ok(name, "Nothing is kept longer than the settings say.")


def unsigned(context: Context) -> Check:
    """Look whether files are stored that are not signed."""
    name = "unsigned"
    with context.database.read() as session:
        number = count_unsigned(session)
    if number:
        which = "1 stored image is" if number == 1 else f"{number} stored images are"
        return warn(
            name,
            f"{which} not signed: nobody else can check that they come from here.",
            "Run: atelier sign. If more come, atelier doctor says why.",
        )
    return ok(name, "Every stored image is signed.")


def _nobody_serves(session: Session, context: Context) -> bool:
    """Whether something is due for longer than a lease, nothing runs, and nothing explains it."""
    status = operating.status(session)
    waited = line.longest_wait(session)
    explained = status.drained_at or status.inference_away or status.running
    return not explained and waited > context.settings.lease_seconds


def _lasting(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
