"""Which model is loaded next, and who leaves for it: the rules alone."""

from __future__ import annotations

from typing import Any

import pytest

from inference.warming import STAY_SECONDS, Plan, Resident, Wish, plan

NOW = 1000.0
LONG_AGO, JUST_NOW = NOW - 10 * STAY_SECONDS, NOW - 1
SIZES = {"a": 4, "b": 4, "c": 4, "large": 20}


def resident(name: str, **given: Any) -> Resident:
    usual = {"bytes": SIZES[name], "busy": False, "since": LONG_AGO, "used_at": LONG_AGO}
    return Resident(name=name, **{**usual, **given})


def planned(wishes: list[Wish], *residents: Resident, budget: int = 8) -> Plan:
    return plan(wishes, residents, SIZES, budget=budget, now=NOW)


class TestPlan:
    def test_nobody_waits_for_a_cold_model(self) -> None:
        assert planned([]) == planned([Wish("a", LONG_AGO)], resident("a")) == Plan()

    def test_what_fits_is_loaded_and_nobody_leaves(self) -> None:
        assert planned([Wish("b", JUST_NOW)], resident("a", busy=True)) == Plan("b")

    def test_who_was_drawn_with_longest_ago_leaves(self) -> None:
        here = (resident("a", used_at=JUST_NOW), resident("b"))
        assert planned([Wish("c", JUST_NOW)], *here) == Plan("c", ("b",))

    def test_as_many_leave_as_it_takes_and_no_more(self) -> None:
        here = (resident("a"), resident("b", used_at=JUST_NOW))
        assert planned([Wish("c", JUST_NOW)], *here, budget=5) == Plan("c", ("a", "b"))
        assert planned([Wish("c", JUST_NOW)], *here, budget=9) == Plan("c", ("a",))

    def test_who_is_drawn_with_stays_at_first(self) -> None:
        here = (resident("a", busy=True), resident("b"))
        assert planned([Wish("c", JUST_NOW)], *here) == Plan("c", ("b",))
        assert planned([Wish("c", JUST_NOW)], resident("a", busy=True), budget=4) == Plan()

    def test_after_a_while_it_is_closed_to_newcomers_until_it_is_idle(self) -> None:
        waiting = [Wish("c", LONG_AGO), Wish("a", JUST_NOW)]
        busy, idle = resident("a", busy=True), resident("a")
        assert planned(waiting, busy, budget=4) == Plan(closed=frozenset("a"))
        assert planned(waiting, idle, budget=4) == Plan("c", ("a",))

    def test_who_came_a_moment_ago_stays_although_somebody_has_waited_long(self) -> None:
        fresh = resident("a", busy=True, since=JUST_NOW)
        assert planned([Wish("c", LONG_AGO)], fresh, budget=4) == Plan()

    def test_who_somebody_waits_for_leaves_last(self) -> None:
        here = (resident("a"), resident("b", used_at=JUST_NOW))
        waiting = [Wish("c", LONG_AGO), Wish("a", LONG_AGO)]
        assert planned(waiting, *here) == Plan("c", ("b",))

    def test_one_larger_than_the_budget_is_loaded_alone(self) -> None:
        assert planned([Wish("large", JUST_NOW)], resident("a"), resident("b")) == Plan(
            "large", ("a", "b")
        )
        assert planned([Wish("large", JUST_NOW)]) == Plan("large")
        assert planned([Wish("large", JUST_NOW)], resident("a", busy=True)) == Plan()

    @pytest.mark.parametrize("budget", [4, 8, 12])
    def test_the_first_who_waits_for_a_cold_one_decides(self, budget: int) -> None:
        waiting = [Wish("a", LONG_AGO), Wish("c", JUST_NOW), Wish("b", LONG_AGO)]
        assert planned(waiting, resident("a"), budget=budget).load in {"c", None}
