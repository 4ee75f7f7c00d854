"""The time, in one place, so that tests can move it. Leases use the database's clock instead."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the present moment, with its time zone."""
    return datetime.now(UTC)
