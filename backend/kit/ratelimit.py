"""How often somebody may ask: the generic cell rate algorithm over one row for each key, shared by all processes.

A row holds the *theoretical arrival time*: when the requests taken so far would have come, had they come evenly.
A request is taken while that is less than one window ahead, so that a whole quota may come at once and then one
each `interval`. One statement decides and counts, by the database's clock: exact whoever else asks at the moment.

`kit.metering` asks for many at a time, and has the cheap sibling for requests that are not worth a write.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from sqlalchemy import case, delete
from sqlmodel import Field, Session, SQLModel, col, select

from backend.kit.database import database_time, insert_into

LONGEST_KEY: Final = 120
_WINDOW_S: Final = 60.0
SLACK: Final = 1e-3  # of an interval: two requests in one tick of SQLite's clock add up exactly


class RateLimit(SQLModel, table=True):
    """One key that was asked under lately. `tat` is seconds since 1970; once it has passed the row says nothing."""

    __tablename__ = "rate_limit"

    key: str = Field(primary_key=True, max_length=LONGEST_KEY)
    tat: float = Field(index=True)


@dataclass(frozen=True)
class Policy:
    """`quota` requests in `window_s` seconds, for each of whoever it counts; a quota of 0 limits nobody."""

    name: str
    quota: int
    window_s: float = _WINDOW_S

    @property
    def interval(self) -> float:
        """Seconds after which one more may come."""
        return self.window_s / self.quota

    def key(self, who: str) -> str:
        """Return the row's key for `who`."""
        return f"{self.name}:{who}"[:LONGEST_KEY]

    def decide(self, tat: float, now: float, *, taken: bool) -> Decision:
        """Return the decision that leaves, or found, `tat` at `now`."""
        ahead = max(0.0, tat - now)
        remaining = math.floor((self.window_s - ahead) / self.interval + SLACK)
        wait = 0.0 if taken else max(0.0, ahead + self.interval - self.window_s)
        return Decision(self, taken, max(0, remaining), wait, ahead)


@dataclass(frozen=True)
class Decision:
    """Whether a request may pass, how many more may now, and the seconds until one may, and until all may."""

    policy: Policy
    taken: bool
    remaining: int
    wait_s: float
    full_in_s: float

    @property
    def retry_after(self) -> int:
        """Whole seconds after which the next one is taken."""
        return max(1, math.ceil(self.wait_s - SLACK))

    @property
    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers."""
        name, quota = self.policy.name, self.policy.quota
        return {
            "RateLimit-Policy": f'"{name}";q={quota};w={self.policy.window_s:.0f}',
            "RateLimit": f'"{name}";r={self.remaining};t={math.ceil(self.full_in_s)}',
        }


def take(session: Session, policy: Policy, who: str) -> Decision:
    """Count one request of `who` if the limit leaves room for it, and say so."""
    now, step = database_time(session), policy.interval
    fresh = insert_into(session, RateLimit).values(key=policy.key(who), tat=now + step)
    tat, first = col(RateLimit.tat), fresh.excluded.tat  # `first` is the present moment and a step
    counted = fresh.on_conflict_do_update(
        index_elements=[col(RateLimit.key)],
        set_={"tat": case((tat < first - step, first), else_=tat + step)},
        where=tat <= first - 2 * step + policy.window_s + SLACK * step,
    ).returning(tat, now)
    while True:
        row = session.execute(counted, execution_options={"synchronize_session": False}).first()
        if row is not None:
            return policy.decide(*row, taken=True)
        # The clock was read before the wait for somebody else's transaction: there may be room by now, to be counted.
        found = look(session, policy, who)
        if not found.taken:
            return found


def look(session: Session, policy: Policy, who: str) -> Decision:
    """Say whether one request of `who` would be refused now, and count none."""
    query = select(RateLimit.tat, database_time(session)).where(RateLimit.key == policy.key(who))
    row = session.execute(query).first()
    if row is None:
        return policy.decide(0.0, 0.0, taken=True)
    found = policy.decide(*row, taken=False)
    return found if found.wait_s > 0 else policy.decide(*row, taken=True)


def forget(session: Session, *, limit: int) -> int:
    """Delete at most `limit` rows that say nothing any more; return how many."""
    past = select(RateLimit.key).where(col(RateLimit.tat) < database_time(session)).limit(limit)
    gone = delete(RateLimit).where(
        col(RateLimit.key).in_(past), col(RateLimit.tat) < database_time(session)
    )
    keys = session.execute(gone.returning(col(RateLimit.key)))
    return len(keys.all())
