"""Who comes when in an open loop: Poisson arrivals of a mix, the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from loadtests.plans import Arrival, Kind
from loadtests.prompts import seeded

AT_MOST = 100_000


def poisson(rate: float, seconds: float, kinds: Sequence[Kind], *, seed: int) -> list[Arrival]:
    """Return arrivals at `rate` a second for `seconds`: exponential gaps, kinds dealt from a deck.

    Raises:
        ValueError: The rate is not above 0, or there would be more than `AT_MOST`.
    """
    if not 0 < rate * seconds <= AT_MOST:
        raise ValueError(f"{rate:g} a second for {seconds:g} s is nothing, or over {AT_MOST}")
    random = seeded(seed)
    dealt = deck(kinds, random)
    return [Arrival(at=at, kind=next(dealt)) for at in _times(rate, seconds, random)]


def deck(kinds: Sequence[Kind], random: Random) -> Iterator[Kind]:
    """Deal `kinds` for ever, shuffled anew each time, so that short runs hold the same shares."""
    while True:
        yield from random.sample(kinds, len(kinds))


def _times(rate: float, seconds: float, random: Random) -> Iterator[float]:
    at = random.expovariate(rate)
    while at < seconds:
        yield at
        at += random.expovariate(rate)
