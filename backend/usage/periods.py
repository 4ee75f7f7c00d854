"""The two periods of a quota: a day and a month of UTC, by the database's clock, the same for every process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from sqlmodel import Session

from backend.kit.database import now_of


class Period(StrEnum):
    """For how long a limit holds before it starts anew."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True)
class Today:
    """The present moment, and what it lies in."""

    now: datetime

    @property
    def day(self) -> date:
        """The day of UTC."""
        return self.now.date()

    def first_of(self, period: Period) -> date:
        """Return the first day of the period that it is."""
        return self.day if period is Period.DAY else self.day.replace(day=1)

    def resets_at(self, period: Period) -> datetime:
        """Return when the period ends and the next begins."""
        if period is Period.DAY:
            following = self.day + timedelta(days=1)
        else:
            following = (self.day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return datetime.combine(following, time(), UTC)


def today(session: Session) -> Today:
    """Return what day it is, by the database."""
    return Today(datetime.fromtimestamp(now_of(session), UTC))
