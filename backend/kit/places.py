"""So many at once, and the rest wait: a limiter that every event loop has one of its own of."""

from __future__ import annotations

from collections.abc import Callable

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar


def places(name: str, most: int) -> Callable[[], CapacityLimiter]:
    """Return a function that returns the running loop's limiter of that name, with `most` places."""
    kept = RunVar[CapacityLimiter](name)

    def limiter() -> CapacityLimiter:
        try:
            return kept.get()
        except LookupError:
            kept.set(made := CapacityLimiter(most))
            return made

    return limiter
