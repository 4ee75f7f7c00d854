"""Who waits for a slot, in which order, and what they are told of it. Small; the long queue is SQL.

Not safe between threads by itself: the engine's lock is held around every call.
"""

from __future__ import annotations

from collections.abc import Iterator

from inference.generation import Generation
from inference.policy import CLASSES
from inference.protocol import Queued


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

    def first(self) -> Generation:
        """Return whose turn it is."""
        return min(self._waiting, key=lambda waiting: CLASSES.index(waiting.parameters.priority))

    def waiting_beside(self, newest: Generation, *, free: int) -> int:
        """Return how many would wait with `newest` among them; who finds one of `free` slots does not."""
        waiting = 0
        for generation in (*self._waiting, newest):
            images = generation.parameters.num_images
            if waiting or images > free:
                waiting += 1
            else:
                free -= images
        return waiting

    def take_first(self) -> Generation:
        """Let go whose turn it is."""
        generation = self.first()
        self._waiting.remove(generation)
        return generation

    def tell_positions(self, *, running: int) -> None:
        """Tell everybody how many run or wait before them now."""
        for position, generation in enumerate(self._waiting, start=running):
            generation.mailbox.put(Queued(position=position))
