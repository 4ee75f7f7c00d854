"""From what is asked and wanted to a plan: sizes the busiest hours, then lets each mix work through a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from backend.capacity.asking import Asked
from backend.capacity.limits import reached_by, read_limits, scales
from backend.capacity.plan import Plan
from inference.capacity.engines import EngineModel
from inference.capacity.money import Prices
from inference.capacity.sizing import Planner, Row, Until


@dataclass(frozen=True)
class Wanted:
    """95 of 100 wait at most `within_s` `until` then, whichever of so many `seeds`; `beside`: also what breaks first."""

    within_s: float
    until: Until
    seeds: int
    beside: bool


def planned(
    engine: EngineModel,
    asked: Asked,
    prices: Prices,
    wanted: Wanted,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> Plan:
    """Return the plan.

    Raises:
        CapacityError: What is wanted makes no sense; the message says what would.
    """
    tell("simulating the busiest hours")
    planner = Planner(engine, asked.busiest, prices, seeds=wanted.seeds)
    answer = planner.smallest(wanted.within_s, wanted.until)
    plan = Plan(
        engine=engine,
        prices=prices,
        asked=asked.in_words(),
        designers=asked.people,
        answer=answer,
        day=_mixes(engine, asked, prices, answer.gpus, tell),
    )
    if wanted.beside:
        tell("simulating 1 to 1,000 GPUs")
        limits = read_limits()
        plan.scales, plan.limits = scales(engine, limits), reached_by(engine, limits)
    return plan


def _mixes(
    engine: EngineModel,
    asked: Asked,
    prices: Prices,
    gpus: int | None,
    tell: Callable[[str], None],
) -> list[Row]:
    """Return each mix with one GPU less than enough, enough and one more, over a day."""
    if gpus is None:
        return []
    day = Planner(engine, asked.day, prices, seeds=1)
    rows = []
    for count in sorted({max(1, gpus - 1), gpus, gpus + 1}):
        tell(f"simulating a day with {count} GPUs")
        rows += day.mixes(count)
    return rows
