"""Writes down what was done, in the same transaction as the deed. There is no verb to change an entry."""

from __future__ import annotations

from sqlmodel import Session

from backend.audit.models import AuditEntry


def record(
    session: Session,
    *,
    actor_id: str | None,
    verb: str,
    subject: str,
    detail: dict[str, str] | None = None,
) -> None:
    """Add an entry: `actor_id` (None: the studio itself) did `verb` to `subject`."""
    session.add(AuditEntry(actor_id=actor_id, verb=verb, subject=subject, detail=detail or {}))
