"""Reads the days that people write: 2026, 2026-11, 2026-11-22, today, yesterday, and 7d for seven days ago. All UTC."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

_DAY: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", re.ASCII)
_AGO: Final = re.compile(r"([0-9]{1,5})d", re.ASCII)
_WORDS: Final = {"today": 0, "yesterday": 1}
_LONGEST_AGO: Final = 36500


def is_moment(value: str) -> bool:
    """Return whether `moment_of` can read `value`."""
    if ago := _AGO.fullmatch(value):
        return int(ago[1]) <= _LONGEST_AGO
    return value in _WORDS or _written(value) is not None


def moment_of(value: str, now: datetime) -> datetime:
    """Return when what `value` names begins; `7d` is exactly that long before `now`.

    Raises:
        ValueError: It is no day.
    """
    if not is_moment(value):
        raise ValueError(f"{value!r} is no day")
    if ago := _AGO.fullmatch(value):
        return now - timedelta(days=int(ago[1]))
    if value in _WORDS:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=_WORDS[value])
    return _written(value) or now


def _written(value: str) -> datetime | None:
    found = _DAY.fullmatch(value)
    if found is None:
        return None
    year, month, day = (int(part) if part else 1 for part in found.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
