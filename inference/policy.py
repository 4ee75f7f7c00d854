"""Who takes part in the next step of the UNet, and in which order. Plain numbers, no torch, no clock.

Rows of one call must share a *key* (model, size and tokens), so each tick serves one key. Priority classes
share the rows 16 : 4 : 1 by deficit round robin (Shreedhar and Varghese 1995), whatever is left over
going to whoever can use it. Within a class the image with the fewest steps left goes first, which is
what keeps a sketch of 4 steps from waiting behind finals of 50. An image that was passed over for
`age_seconds` rises a class, and again for as long: finals take longer under load but never starve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from inference.protocol import Priority

CLASSES: Final = (Priority.HIGH, Priority.NORMAL, Priority.LOW)
WEIGHTS: Final[Mapping[Priority, int]] = {
    Priority.HIGH: 16,
    Priority.NORMAL: 4,
    Priority.LOW: 1,
}
AGE_SECONDS: Final = 8.0


class Runner(Protocol):
    """An image that wants a step: what a decision needs to know of it."""

    @property
    def key(self) -> Hashable:
        """What it must share with its batch mates: model, height, width and tokens."""

    @property
    def rows(self) -> int:
        """UNet rows of one step of it: 2 with guidance, 1 without."""

    @property
    def steps_left(self) -> int:
        """How many steps it still needs."""

    @property
    def priority(self) -> Priority:
        """The class it was asked for in."""

    @property
    def served_at(self) -> float:
        """When it last took part in a step, or was admitted; seconds of a monotonic clock."""


R = TypeVar("R", bound=Runner)


@dataclass
class Policy(Generic[R]):
    """Chooses the rows of every tick; remembers only what it owes each class."""

    age_seconds: float = AGE_SECONDS
    weights: Mapping[Priority, int] = field(default_factory=lambda: dict(WEIGHTS))
    _owed: dict[Priority, float] = field(default_factory=lambda: dict.fromkeys(CLASSES, 0.0))

    def choose(
        self, runners: Iterable[R], row_cap: Callable[[Hashable], int], now: float
    ) -> list[R]:
        """Return who runs next: one key, no more rows than `row_cap` of that key allows.

        One image alone always fits, whatever its rows. Empty only if there is nobody.
        """
        queues = self._queues(runners, now)
        if not queues:
            return []
        first = queues[self._most_owed({c: queue[0] for c, queue in queues.items()})][0]
        chosen: list[R] = []
        room = max(row_cap(first.key), first.rows)
        while heads := _heads(queues, first.key, room):
            runner = heads[self._most_owed(heads)]
            self._serve(runner, queues, heads)
            chosen.append(runner)
            room -= runner.rows
        return chosen

    def _queues(self, runners: Iterable[R], now: float) -> dict[Priority, list[R]]:
        """Sort everybody into the class they have risen to, the most deserving first."""
        ranked = sorted(
            (
                (self._level(runner, now), runner.steps_left, place, runner)
                for place, runner in enumerate(runners)
            ),
            key=lambda entry: entry[:3],
        )
        queues: dict[Priority, list[R]] = {}
        for level, _, _, runner in ranked:
            queues.setdefault(CLASSES[max(0, level)], []).append(runner)
        for priority in CLASSES:
            if priority not in queues:
                self._owed[priority] = 0.0
        return queues

    def _level(self, runner: R, now: float) -> int:
        """0 for the highest class, more for lower ones, less than 0 for who rose past the highest."""
        risen = math.floor(max(0.0, now - runner.served_at) / self.age_seconds)
        return CLASSES.index(runner.priority) - risen

    def _most_owed(self, heads: Mapping[Priority, R]) -> Priority:
        """Return the class whose turn it is, the highest among equals."""
        total = sum(self.weights[priority] for priority in heads)

        def due(priority: Priority) -> tuple[float, int]:
            coming = heads[priority].rows * self.weights[priority] / total
            return self._owed[priority] + coming, -CLASSES.index(priority)

        return max(heads, key=due)

    def _serve(
        self, runner: R, queues: Mapping[Priority, list[R]], heads: Mapping[Priority, R]
    ) -> None:
        """Take `runner` out of its queue; its class pays its rows, and all who wanted them earn their share."""
        total = sum(self.weights[priority] for priority in heads)
        for priority, head in heads.items():
            self._owed[priority] += runner.rows * self.weights[priority] / total
            if head is runner:
                self._owed[priority] -= runner.rows
                queues[priority].remove(runner)


def _heads(queues: Mapping[Priority, list[R]], key: Hashable, room: int) -> dict[Priority, R]:
    """Return the first of each class that has this key and fits into `room` rows."""
    heads = {}
    for priority, queue in queues.items():
        fitting = (runner for runner in queue if runner.key == key and runner.rows <= room)
        if (head := next(fitting, None)) is not None:
            heads[priority] = head
    return heads
