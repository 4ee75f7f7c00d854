"""Who waits for a slot, in which order, and what they are told of it. Small; the long queue is SQL.

Not safe between threads by itself: the engine's lock is held around every call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inference.berths import Taken, fits, must_stand_aside
from inference.generation import Generation
from inference.policy import CLASSES
from inference.protocol import Queued

Permit = Callable[[Generation], bool]


def anybody(_: Generation) -> bool:
    """Let everybody enter."""
    return True


class WaitingRoom:
    """Generations in the order they came. The most urgent one leaves first."""

    def __init__(self) -> None:
        self._waiting: list[Generation] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Generation]:
        return iter(tuple(self._waiting))

    def add(self, generation: Generation, *, running: int) -> None:
        """Let one in, and tell it how many run or wait before it."""
        generation.mailbox.put(Queued(position=len(self._waiting) + running))
        self._waiting.append(generation)

    def remove(self, generation: Generation) -> bool:
        """Let one go; false if it does not wait here."""
        if generation not in self._waiting:
            return False
        self._waiting.remove(generation)
        return True

    def clear(self) -> list[Generation]:
        """Let everybody go, and return them."""
        left, self._waiting = self._waiting, []
        return left

    def in_order(self) -> list[Generation]:
        """Return everybody, the most urgent first."""
        return sorted(self._waiting, key=lambda waiting: CLASSES.index(waiting.parameters.priority))

    def next_one(
        self, taken: Taken, capacity: int, may_enter: Permit = anybody
    ) -> Generation | None:
        """Return who fits in beside what is `taken`, the most urgent first; nobody overtakes who does not.

        Except an upscale that waits for others to end, which may be long, and who may not enter yet.
        """
        for generation in filter(may_enter, self.in_order()):
            if fits(generation, taken, capacity):
                return generation
            if not must_stand_aside(generation, taken, capacity):
                break
        return None

    def waiting_beside(self, newest: Generation, taken: Taken, capacity: int) -> int:
        """Return how many would wait with `newest` among them; who fits in beside what is `taken` does not."""
        waiting, blocked = 0, False
        for generation in (*self._waiting, newest):
            if not blocked and fits(generation, taken, capacity):
                taken = taken.with_([generation], capacity)
                continue
            waiting += 1
            blocked = blocked or not must_stand_aside(generation, taken, capacity)
        return waiting

    def tell_positions(self, *, running: int) -> None:
        """Tell everybody how many run or wait before them now."""
        for position, generation in enumerate(self._waiting, start=running):
            generation.mailbox.put(Queued(position=position))
