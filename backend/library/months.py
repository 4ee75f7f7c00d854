"""From which month to which a search finds something: one look at the newest match, and one at the oldest.

Months between them may have none: to know that, each would have to be looked into. They go by the time within an image's
id, in UTC, as the order of images does.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlmodel import col

from backend.images.models import Image
from backend.kit.ids import birth_of, earliest_id
from backend.library.conditions import Asking, Wanted
from backend.library.matches import select_matches

MOST_MONTHS: Final = 600
_MONTHS_A_YEAR: Final = 12
# Of this century: ids begin with the year 1970, and dates end with 9999.
MONTH_PATTERN: Final = "^20[0-9]{2}-(0[1-9]|1[0-2])$"


def months(asking: Asking, looked_for: Wanted) -> list[str]:
    """Return the months from that of the newest match back to that of the oldest, such as 2026-11."""
    newest, oldest = (_end(asking, looked_for, oldest=end) for end in (False, True))
    if newest is None or oldest is None:
        return []
    last, first = _number_of(newest), _number_of(oldest)
    return [_named(number) for number in range(last, first - 1, -1)][:MOST_MONTHS]


def end_of(month: str) -> str:
    """Return the id that everything made in that month, or before, is older than."""
    year, number = (int(part) for part in month.split("-"))
    following = (year + 1, 1) if number == _MONTHS_A_YEAR else (year, number + 1)
    return earliest_id(datetime(*following, 1, tzinfo=UTC))


def _end(asking: Asking, looked_for: Wanted, *, oldest: bool) -> datetime | None:
    query = select_matches(asking, looked_for, col(Image.id), oldest_first=oldest).limit(1)
    found = asking.session.execute(query).scalar()
    return None if found is None else birth_of(found)


def _number_of(moment: datetime) -> int:
    return _MONTHS_A_YEAR * moment.year + moment.month - 1


def _named(number: int) -> str:
    year, month = divmod(number, _MONTHS_A_YEAR)
    return f"{year}-{month + 1:02d}"
