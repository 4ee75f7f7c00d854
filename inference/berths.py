"""How much room there is among those who share the steps, and who fits into it. Plain numbers.

An image takes one berth. An image of an upscale takes one for each 1024 × 1024 pixels, the size of the largest image that
is drawn at once, since what it takes is memory: of its latents, of its pixels while it is finished. All upscales together
take half of the berths at most, and a single one never more, so that however large they are, half is left to others.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inference.generation import Generation


@dataclass(frozen=True)
class Taken:
    """Berths that are taken: in all, and of these by upscales."""

    berths: int = 0
    large: int = 0

    def with_(self, generations: Iterable[Generation], capacity: int) -> Taken:
        """Return what is taken once `generations` are in as well."""
        berths, large = self.berths, self.large
        for generation in generations:
            wanted = berths_of(generation, capacity)
            berths += wanted
            large += wanted if generation.enlargement else 0
        return Taken(berths, large)


def most_large(capacity: int) -> int:
    """Return how many berths of `capacity` all upscales together take at most."""
    return max(1, capacity // 2)


def berths_of(generation: Generation, capacity: int) -> int:
    """Return how many berths of `capacity` a generation takes."""
    berths = generation.berths
    return min(berths, most_large(capacity)) if generation.enlargement else berths


def fits(generation: Generation, taken: Taken, capacity: int) -> bool:
    """Say whether a generation fits beside what is `taken`; alone, any does."""
    if not taken.berths:
        return True
    free = capacity - taken.berths
    return not must_stand_aside(generation, taken, capacity) and berths_of(generation, capacity) <= free  # fmt: skip


def must_stand_aside(generation: Generation, taken: Taken, capacity: int) -> bool:
    """Say whether it is an upscale that waits for other upscales to end, and so may be overtaken by others."""
    if not generation.enlargement or not taken.large:
        return False
    return taken.large + berths_of(generation, capacity) > most_large(capacity)
