"""Whether a model offers what was asked for by name, of LoRAs and of ControlNets alike; else what is said about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import NamedTuple, Protocol


class Offered(Protocol):
    """A card of something that a model offers; one with `trouble` cannot be used."""

    @property
    def name(self) -> str:
        """By which it is asked for."""

    @property
    def trouble(self) -> str:
        """Why it cannot be used; empty: it can."""


class Wrong(NamedTuple):
    """Why what was asked for is not drawn with; `nearest` is empty where the model has none."""

    name: str
    limit: str
    message: str
    nearest: str


def first_wrong(
    kind: str, model: str, cards: Sequence[Offered], asked: Iterable[str]
) -> Wrong | None:
    """Return the first of the names `asked` for that the model of these `cards` cannot draw with, if there is one."""
    known = {card.name: card for card in cards}
    for name in asked:
        card = known.get(name)
        if card is None or card.trouble:
            return _wrong(kind, model, name, card, [one.name for one in cards if not one.trouble])
    return None


def _wrong(kind: str, model: str, name: str, card: Offered | None, usable: list[str]) -> Wrong:
    if not usable:
        limit, advice, nearest = f"no {kind} with {model}", "leave it out", ""
    else:
        limit = f"a {kind} of {model}: {', '.join(usable)}"
        nearest = get_close_matches(name, usable, n=1, cutoff=0.0)[0]
        advice = f"the nearest good value is {nearest}"
    because = f" ({card.trouble})" if card else ""
    return Wrong(name, limit, f"must be {limit}, not {name!r}{because}; {advice}", nearest)
