"""Which model is loaded next, which leave the device for it, and who is asked to wait meanwhile. Plain data in and out.

A model that fits beside the others is loaded as soon as somebody asks for it. Otherwise those go that were drawn with
longest ago; one that is drawn with stays until it is idle, and is closed to newcomers once somebody has waited for
another model for as long as a model may stay. So that two models which do not fit side by side take turns of that
length, and do not change places with every generation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

STAY_SECONDS = 20.0


@dataclass(frozen=True)
class Resident:
    """A model on the device: how large, whether somebody is being drawn with it, and since when and when last it was."""

    name: str
    bytes: int
    busy: bool
    since: float
    used_at: float


@dataclass(frozen=True)
class Wish:
    """Somebody waits for a model, since then."""

    model: str
    since: float


@dataclass(frozen=True)
class Plan:
    """What to do now: load one model, once others have left, or take in nobody for those that are to become idle."""

    load: str | None = None
    evict: tuple[str, ...] = ()
    closed: frozenset[str] = frozenset()


def plan(  # noqa: PLR0913 - what it knows of
    wishes: Sequence[Wish],
    residents: Sequence[Resident],
    sizes: Mapping[str, int],
    *,
    budget: int,
    now: float,
    stay: float = STAY_SECONDS,
) -> Plan:
    """Return what to do for the first of `wishes`, the most urgent first, whose model is not on the device.

    A model that is larger than `budget` is loaded when no other one is left.
    """
    here = {resident.name for resident in residents}
    wish = next((wish for wish in wishes if wish.model not in here), None)
    if wish is None:
        return Plan()
    patient = now - wish.since < stay
    wanted = {other.model for other in wishes}
    free = budget - sum(resident.bytes for resident in residents)
    leaving: list[Resident] = []
    # Who nobody waits for goes first, then who was drawn with longest ago.
    for resident in sorted(residents, key=lambda one: (one.name in wanted, one.used_at)):
        if free >= sizes[wish.model]:
            break
        in_demand = resident.busy or resident.name in wanted
        if in_demand and (patient or now - resident.since < stay):
            continue
        leaving.append(resident)
        free += resident.bytes
    if free < sizes[wish.model] and len(leaving) < len(residents):
        return Plan()
    if any(resident.busy for resident in leaving):
        return Plan(closed=frozenset(resident.name for resident in leaving))
    return Plan(wish.model, tuple(resident.name for resident in leaving))
