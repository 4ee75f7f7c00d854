"""What is simulated: designers at work, or what was recorded. The busiest hours decide how many GPUs, a day what they cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError

from backend.capacity.history import busiest
from inference.capacity.arrivals import DAY, HOUR_S, Ask, Designers
from inference.capacity.engines import CapacityError

_MOST_HOURS: Final = 24.0
_OPTIONS: Final = {
    "number": ("--designers", "1 to 100,000", "30"),
    "think_s": ("--think", "above 0 and at most 86,400 seconds", "45"),
    "sketches": ("--sketches", "0 to 1", "0.8"),
}


@dataclass(frozen=True)
class Asked:
    """Designers, or asks that were recorded, and how many `hours` are the busiest."""

    people: Designers | None
    recorded: Sequence[Ask]
    hours: float

    @classmethod
    def of(cls, people: Designers | None, recorded: Sequence[Ask], hours: float) -> Asked:
        """Return them once `hours` is known to be sound.

        Raises:
            CapacityError: It is not.
        """
        if not 0 < hours <= _MOST_HOURS or math.isnan(hours):
            raise CapacityError(
                f"--hours is {hours:g}; it must be above 0 and at most 24, for example 1"
            )
        return cls(people, recorded, hours)

    def busiest(self, seed: int) -> list[Ask]:
        """Return what is asked in the busiest hours; of recorded asks always the same."""
        if self.people is None:
            return busiest(self.recorded, self.hours)
        return self.people.asks(self.hours * HOUR_S, seed)

    def day(self, seed: int) -> list[Ask]:
        """Return what is asked on a working day of designers, or all that was recorded."""
        if self.people is None:
            return list(self.recorded)
        return self.people.asks(len(DAY) * HOUR_S, seed, day=DAY)

    def in_words(self) -> str:
        """Return what is simulated, in a sentence."""
        who = self.people
        if who is None:
            minutes = self.recorded[-1].seconds / 60
            return f"{len(self.recorded):,} asks in {minutes:,.0f} minutes, as they were recorded"
        return (
            f"{who.number:,} designers, half of their time at it, an ask every {who.think_s:g} s then: "
            f"{who.sketches:.0%} of {who.sketch_steps} steps without guidance, the others of {who.final_steps} with it, "
            f"{who.side}×{who.side}"
        )


def people(designers: int, think: float, sketches: float) -> Designers:
    """Return designers as the options describe them.

    Raises:
        CapacityError: One of these is out of its limits.
    """
    try:
        return Designers(number=designers, think_s=think, sketches=sketches)
    except ValidationError as error:
        [problem, *_] = error.errors()
        option, limit, good = _OPTIONS[str(problem["loc"][0])]
        raise CapacityError(
            f"{option} is {problem['input']}; it must be {limit}, for example {good}"
        ) from None
