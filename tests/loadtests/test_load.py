"""What is sent: shapes, arrivals, prompts, bodies, plans. All pure."""

from __future__ import annotations

from collections import Counter
from itertools import islice, pairwise

import numpy as np
import pytest

from inference.protocol import GenerationParameters
from loadtests.arrivals import poisson
from loadtests.asks import Asks, body_of
from loadtests.plans import MIX, Kind, Leaving, Plan
from loadtests.prompts import WORDS, random_prompt, seeded
from loadtests.scenarios import FULL, QUICK
from loadtests.shapes import CEILINGS, ascent, stage_at, staircase, steady, stretched


class TestShapes:
    def test_staircase_is_the_studys(self) -> None:
        stages = staircase(30)
        assert [stage.users for stage in stages] == [5, 10, 15, 20, 25, 30]
        assert {stage.seconds for stage in stages} == {30.0}

    def test_staircase_ends_at_a_ceiling_between_two_steps(self) -> None:
        assert [stage.users for stage in staircase(24)] == [5, 10, 15, 20, 24]

    def test_ascent_rests_at_every_ceiling(self) -> None:
        assert set(CEILINGS) <= {stage.users for stage in ascent()}

    @pytest.mark.parametrize(
        ("elapsed", "index"), [(0.0, 0), (9.9, 0), (10.0, 1), (19.9, 1), (20.0, None)]
    )
    def test_stage_at(self, elapsed: float, index: int | None) -> None:
        assert stage_at([*steady(5, 10), *steady(9, 10)], elapsed) == index

    def test_stretched_keeps_the_users(self) -> None:
        shorter = stretched(staircase(10), 0.1)
        assert [(stage.users, stage.seconds) for stage in shorter] == [(5, 3.0), (10, 3.0)]


class TestArrivals:
    def test_come_at_the_rate_with_exponential_gaps(self) -> None:
        times = [arrival.at for arrival in poisson(5.0, 400.0, MIX, seed=1)]
        assert len(times) == pytest.approx(2000, abs=4 * 2000**0.5)
        gaps = np.array([late - early for early, late in pairwise(times)])
        assert gaps.min() >= 0
        assert gaps.std() / gaps.mean() == pytest.approx(1.0, abs=0.1)

    def test_hold_the_shares_of_the_mix(self) -> None:
        kinds = Counter(arrival.kind for arrival in poisson(5.0, 200.0, MIX, seed=2))
        assert kinds[Kind.FINAL] / kinds.total() == pytest.approx(0.2, abs=0.01)

    def test_are_the_same_for_the_same_seed(self) -> None:
        assert poisson(2.0, 30.0, MIX, seed=3) == poisson(2.0, 30.0, MIX, seed=3)
        assert poisson(2.0, 30.0, MIX, seed=3) != poisson(2.0, 30.0, MIX, seed=4)

    @pytest.mark.parametrize("rate", [0.0, -1.0, 1e9])
    def test_refuse_nothing_and_too_many(self, rate: float) -> None:
        with pytest.raises(ValueError, match="a second"):
            poisson(rate, 10.0, MIX, seed=0)


class TestAsks:
    @pytest.mark.parametrize("kind", list(Kind))
    def test_bodies_are_what_the_api_takes(self, kind: Kind) -> None:
        parameters = GenerationParameters.model_validate(body_of(kind, seeded(5)))
        assert parameters.guidance_scale == (1.0 if kind is Kind.SKETCH else 7.5)
        assert (parameters.num_inference_steps == 4) == (kind is not Kind.FINAL)

    def test_no_two_prompts_are_the_same_but_for_one_seed_the_words_are(self) -> None:
        once, again = (random_prompt(seeded(6)).split() for _ in range(2))
        assert once[:8] == again[:8]
        assert once[8] != again[8]
        assert len(set(once)) == 9

    def test_words_are_all_different(self) -> None:
        assert len(set(WORDS)) == len(WORDS) > 250

    def test_every_tenth_client_leaves(self) -> None:
        plan = Plan(url="", stages=steady(1, 1), leaving=Leaving(every=10))
        asks = Asks(plan)
        patience = [ask.leave_after for ask in islice(iter(asks.next, None), 100)]
        assert [k for k, after in enumerate(patience, 1) if after] == list(range(10, 101, 10))
        assert all(0.1 <= after <= 1.0 for after in patience if after)

    def test_an_open_loop_runs_out(self) -> None:
        arrivals = poisson(2.0, 10.0, MIX, seed=7)
        asks = Asks(Plan(url="", stages=steady(1, 10), arrivals=arrivals))
        assert [ask.at for ask in iter(asks.next, None)] == [arrival.at for arrival in arrivals]


class TestScenarios:
    def test_the_whole_has_every_staircase_and_load(self) -> None:
        assert {f"staircase-{users}" for users in CEILINGS} < set(FULL)
        assert {"mix-50", "mix-70", "mix-90", "mix-110", "leavers", "mix"} < set(FULL)

    def test_every_arm_of_a_round_gets_the_same(self) -> None:
        scenario = QUICK["mix-90"]
        rate = scenario.rate(2.0)
        assert rate == pytest.approx(1.8)
        plans = [scenario.plan(url, round_=1, scale=1.0, rate=rate) for url in ("a", "b")]
        assert plans[0].model_copy(update={"url": "b"}) == plans[1]
        other = scenario.plan("b", round_=2, scale=1.0, rate=rate)
        assert other.arrivals != plans[1].arrivals

    def test_an_open_loop_needs_a_capacity_and_a_closed_one_none(self) -> None:
        with pytest.raises(ValueError, match="capacity"):
            QUICK["mix-90"].rate(None)
        assert QUICK["ascent"].rate(None) is None

    def test_when_all_leave_they_ask_once_and_together(self) -> None:
        plan = QUICK["abandoned"].plan("", round_=1, scale=1.0, rate=None)
        asks = list(iter(Asks(plan).next, None))
        assert len(asks) == 8
        assert all(ask.at == 0.0 and ask.leave_after for ask in asks)

    def test_scale_shortens_and_keeps_the_users(self) -> None:
        plan = QUICK["ascent"].plan("", round_=1, scale=0.5, rate=None)
        assert plan.seconds == pytest.approx(QUICK["ascent"].seconds / 2)
        assert plan.stages[-1].users == 100
