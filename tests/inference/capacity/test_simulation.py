"""The simulation against formulas of queueing theory, against itself, and against the policy that it must ask."""

from __future__ import annotations

import heapq
import math
from random import Random

import pytest

from inference.capacity.arrivals import Ask, Designers
from inference.capacity.autoscaler import Autoscaler, Notes, Scaling
from inference.capacity.engines import CapacityError, EngineModel, Point
from inference.capacity.simulation import Fleet, simulate
from inference.scaling import BACKLOG, BacklogPolicy

SIDE = 4096


def engine(seconds: float = 1.0, **given: object) -> EngineModel:
    """One that takes `seconds` a row for images of `SIDE`²."""
    points = [{"rows": 1, "seconds": seconds}, {"rows": 8, "seconds": 8 * seconds}]
    told = {"name": "e", "title": "E", "source": "estimate", "how": "a test", "row_cap": 2}
    return EngineModel.model_validate(
        {**told, "points": points, "pixels": SIDE * SIDE, "cold_start_s": 5, **given}
    )


def alone(gpus: int) -> Fleet:
    """Replicas that draw one image at a time, so that the durable queue is the only one."""
    scaling = Scaling(min_replicas=gpus, max_replicas=gpus)
    return Fleet(scaling, floor=gpus, in_flight=gpus, slots=1)


def poisson(rate: float, number: int, seed: int, *, random_size: bool) -> list[Ask]:
    """Arrivals of one step and row; with `random_size`, of exponential length."""
    random, now, asks = Random(seed), 0.0, []
    for _ in range(number):
        now += random.expovariate(rate)
        wide = 8192 * 8 if not random_size else max(1.0, random.expovariate(1.0) * 2048)
        side = SIDE if not random_size else round(wide)
        asks.append(
            Ask.model_construct(
                seconds=now, images=1, steps=1, width=side, height=SIDE, guided=False
            )
        )
    return asks


def mean_wait(asks: list[Ask], gpus: int, seconds: float) -> float:
    """By Little's law, from the time that images were waited for."""
    from inference.capacity.replicas import Job
    from inference.capacity.simulation import _Studio

    studio = _Studio(engine(seconds), asks, alone(gpus), 0)
    studio.run()
    jobs: list[Job] = studio._jobs
    return sum((job.started or 0) - job.ask.seconds for job in jobs) / len(jobs)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_equal_images_wait_as_pollaczek_and_khinchine_say(load: float) -> None:
    wanted = load / (2 * (1 - load))
    waits = [mean_wait(poisson(load, 20_000, seed, random_size=False), 1, 1.0) for seed in (1, 2)]
    assert sum(waits) / 2 == pytest.approx(wanted, rel=0.1)


@pytest.mark.parametrize(("gpus", "load"), [(1, 0.6), (3, 0.5)])
def test_images_of_random_length_wait_as_erlang_says(gpus: int, load: float) -> None:
    offered = gpus * load
    terms = [offered**k / math.factorial(k) for k in range(gpus)]
    last = offered**gpus / math.factorial(gpus) / (1 - load)
    wanted = last / (sum(terms) + last) / (gpus * (1 - load))  # of a mean service of one second
    asks = [poisson(offered, 20_000, seed, random_size=True) for seed in (1, 2)]
    waits = [mean_wait(one, gpus, SIDE / 2048) for one in asks]
    assert sum(waits) / 2 == pytest.approx(wanted, rel=0.12)


def test_three_gpus_serve_whoever_came_first_exactly() -> None:
    asks = poisson(2.25, 2_000, 7, random_size=True)
    free, waits = [0.0] * 3, []
    for ask in asks:  # Kiefer and Wolfowitz: the next one goes to whoever is free first
        begins = max(ask.seconds, heapq.heappop(free))
        heapq.heappush(free, begins + 2 * ask.width / SIDE)
        waits.append(begins - ask.seconds)
    assert mean_wait(asks, 3, 2.0) == pytest.approx(sum(waits) / len(waits), rel=1e-6)


def test_a_shared_step_takes_what_its_points_say() -> None:
    shared = engine(0.1, row_cap=8)
    asks = [Ask(seconds=0, images=2, steps=5, width=SIDE, height=SIDE)]
    done = simulate(shared, asks, Fleet.of(1))
    assert done.to_image.p50 == pytest.approx(5 * 4 * 0.1, abs=1e-3)
    assert done.images == 2


def test_points_are_joined_by_lines_and_kept_in_proportion_beyond_the_last() -> None:
    one = engine(row_cap=8, points=[{"rows": 2, "seconds": 1.0}, {"rows": 4, "seconds": 1.5}])
    took = [one.step_s(rows, SIDE * SIDE) for rows in (1, 2, 3, 4, 8)]
    assert took == [1.0, 1.0, 1.25, 1.5, 3.0]
    assert one.step_s(2, SIDE * SIDE // 4) == 0.25


def test_more_gpus_never_wait_longer() -> None:
    asks = Designers(number=60).asks(1800, seed=3)
    device = engine(0.05, pixels=512 * 512, row_cap=8)
    waits = [simulate(device, asks, Fleet.of(gpus)).waiting.p95 for gpus in (1, 2, 3, 5, 8, 20)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] > waits[-1]


def test_the_same_seed_gives_the_same_and_nothing_is_lost_when_machines_go() -> None:
    asks = Designers(number=40).asks(1800, seed=1)
    fleet = Fleet(Scaling(min_replicas=3, max_replicas=3), floor=1, spot_per_hour=30, notice_s=1)
    device = engine(0.2, pixels=512 * 512, row_cap=8, cold_start_s=60)
    first, second = (simulate(device, asks, fleet, seed=5) for _ in range(2))
    assert first == second
    assert first.asks == len(asks)
    assert first.machines > 3
    assert first.drawn_again > 0
    assert first.on_demand_hours > 0
    assert first.spot_hours > 0


def test_the_real_policy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    real = BacklogPolicy.__call__

    def noted(self: BacklogPolicy, context: object) -> object:
        told = getattr(context, "aggregated_metrics", {}).get(BACKLOG, {})
        asked.append(sum(told.values()))
        return real(self, context)  # type: ignore[arg-type] # a context of ours

    monkeypatch.setattr(BacklogPolicy, "__call__", noted)
    asks = [Ask(seconds=k / 2, steps=20, width=SIDE, height=SIDE) for k in range(60)]
    grown = simulate(engine(0.1), asks, Fleet(Scaling(max_replicas=4), floor=1))
    assert grown.most_gpus == 4
    assert max(asked) > 4


def test_a_backlog_must_last_for_the_delay_before_it_counts() -> None:
    scaler = Autoscaler(Scaling(max_replicas=5, upscale_delay_s=15, downscale_delay_s=600))
    assert [scaler.decide(now, {0: 12.0}, 1) for now in (0, 14, 15)] == [1, 1, 3]
    assert scaler.decide(16, {}, 1) == 3  # nobody told: asked with one that runs, it wants one
    assert [scaler.decide(now, {0: 1.0}, 3) for now in (20, 600, 620)] == [3, 3, 1]


def test_a_replica_tells_the_mean_over_time_of_what_it_noted() -> None:
    notes = Notes(0.0, Scaling())
    for now in range(21):
        notes.take(float(now), 6.0 if now >= 12 else 0.0)
    assert notes.mean(24.0) == pytest.approx((24 - 12) * 6 / 24)


def test_a_trace_of_nobody_is_refused_in_words() -> None:
    with pytest.raises(CapacityError, match="at least one arrival"):
        simulate(engine(), [], Fleet())


def test_points_in_disorder_are_refused() -> None:
    wrong = (Point(rows=4, seconds=1), Point(rows=2, seconds=1))
    with pytest.raises(ValueError, match="rows must grow"):
        engine(points=wrong)
