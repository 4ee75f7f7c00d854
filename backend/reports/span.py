"""The days that a report is about, both ends counted, and the days of the same number before them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from backend.kit.errors import FieldProblem, Unprocessable

USUAL_DAYS: Final = 30
MOST_DAYS: Final = 366
EARLIEST: Final = date(2000, 1, 1)
LATEST: Final = date(2999, 12, 31)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """From `first` to `last`."""

    first: date
    last: date

    @property
    def begins(self) -> datetime:
        """The first moment."""
        return datetime.combine(self.first, time(), UTC)

    @property
    def ends(self) -> datetime:
        """The moment after the last."""
        return datetime.combine(self.last + _DAY, time(), UTC)

    @property
    def days(self) -> list[date]:
        """Every day of it, oldest first."""
        return [self.first + number * _DAY for number in range(self._count)]

    @property
    def before(self) -> Span:
        """As many days, ending the day before."""
        return Span(self.first - self._count * _DAY, self.first - _DAY)

    @property
    def _count(self) -> int:
        return (self.last - self.first).days + 1


def span_of(first: date | None, last: date | None, today: date) -> Span:
    """Return the days from `first` to `last`; today is the usual end, and thirty days the usual length.

    Raises:
        Unprocessable: They are the wrong way round, or too many.
    """
    last = last or today
    first = first or max(EARLIEST, last - (USUAL_DAYS - 1) * _DAY)
    earliest = max(EARLIEST, last - (MOST_DAYS - 1) * _DAY)
    if first > last:
        raise _wrong(f"is after {last}, the last day", f"at most {last}", last)
    if first < earliest:
        what = (
            f"is {(last - first).days + 1} days before the end; at most {MOST_DAYS} fit in a report"
        )
        raise _wrong(what, f"at least {earliest}", earliest)
    return Span(first, last)


def _wrong(what: str, limit: str, nearest: date) -> Unprocessable:
    problem = FieldProblem(field="from", message=what, limit=limit, nearest=str(nearest))
    return Unprocessable(f"from: {what}; the nearest good value is {nearest}", fields=[problem])
