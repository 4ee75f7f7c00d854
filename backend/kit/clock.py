"""The time, in one place, so that tests can move it. Leases use the database's clock instead."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, with its time zone."""
    return datetime.now(UTC)


def late_now() -> datetime:
    """Return the same, for a column's default, which is bound once: `utc_now` is looked up when it is asked."""
    return utc_now()
