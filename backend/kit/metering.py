"""Counts requests against `kit.ratelimit`'s limits: many in one transaction, or in this process's memory alone.

Blocks, so that it belongs into a thread; requests that wait for SQLite's one writer share one commit.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from backend.kit.database import Database
from backend.kit.ratelimit import SLACK, Decision, Policy, look, take

REMEMBERED: Final = 20_000
T = TypeVar("T")


class Memory(Generic[T]):
    """The values of the keys that were written last; the oldest are forgotten."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._values: OrderedDict[str, T] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, key: str) -> T | None:
        """Return the value of `key`, or None."""
        return self._values.get(key)

    def put(self, key: str, value: T) -> None:
        """Remember `value`."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if len(self._values) > self._most:
                self._values.popitem(last=False)


@dataclass
class _Ticket:
    """One request that waits for its decision."""

    policy: Policy
    who: str
    decision: Decision | None = None
    error: Exception | None = None


@dataclass
class Meter:
    """Takes requests from the shared rows, all that wait in one transaction. Blocks: call it in a thread.

    Who was refused is refused from memory until their time has come: a flood costs no writes.
    """

    database: Database
    _pending: list[_Ticket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _refused: Memory[float] = field(default_factory=Memory)

    def refused(self, policy: Policy, who: str) -> Decision | None:
        """Return the decision against `who` while it is known without asking that they have to wait."""
        left = (self._refused.get(policy.key(who)) or 0.0) - time.monotonic()
        if left <= 0:
            return None
        return policy.decide(left + policy.window_s - policy.interval, 0.0, taken=False)

    def take(self, policy: Policy, who: str) -> Decision:
        """Count one request of `who`, exactly.

        Raises:
            SQLAlchemyError: The database is away or full; nothing was counted.
        """
        ticket = _Ticket(policy, who)
        with self._lock:
            self._pending.append(ticket)
        with self._turn:
            if ticket.decision is None and ticket.error is None:
                self._serve()
        if ticket.decision is None:
            raise ticket.error or RuntimeError("nobody decided")
        if not ticket.decision.taken:
            until = time.monotonic() + ticket.decision.wait_s
            self._refused.put(policy.key(who), until)
        return ticket.decision

    def look(self, policy: Policy, who: str) -> Decision:
        """Say whether `who` would be refused now; counts nothing and writes nothing."""
        with self.database.read() as session:
            return look(session, policy, who)

    def _serve(self) -> None:
        with self._lock:
            batch, self._pending = self._pending, []
        try:
            decisions = self._decide(batch)
        except Exception as error:  # noqa: BLE001 - each of them raises it
            for ticket in batch:
                ticket.error = error
            return
        for ticket, decision in decisions:
            ticket.decision = decision

    def _decide(self, batch: Sequence[_Ticket]) -> list[tuple[_Ticket, Decision]]:
        # In one order everywhere, so that two processes never wait for each other's rows.
        ordered = sorted(batch, key=lambda ticket: ticket.policy.key(ticket.who))
        with self.database.write() as session:
            return [(ticket, take(session, ticket.policy, ticket.who)) for ticket in ordered]


class Tally:
    """The same algorithm in this process's memory alone; each process counts for itself."""

    def __init__(self) -> None:
        self._tats: Memory[float] = Memory()

    def take(self, policy: Policy, who: str) -> Decision:
        """Count one request of `who` if the limit leaves room for it, and say so."""
        now, key = time.monotonic(), policy.key(who)
        tat = self._tats.get(key) or 0.0
        later = max(tat, now) + policy.interval
        if later - now > policy.window_s + SLACK * policy.interval:
            return policy.decide(tat, now, taken=False)
        self._tats.put(key, later)
        return policy.decide(later, now, taken=True)
