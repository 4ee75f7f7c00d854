"""Who runs next: shares, shortest first, one key a tick, nobody starves. Time is a number here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pytest

from inference.policy import Policy
from inference.protocol import Priority

HIGH, NORMAL, LOW = Priority.HIGH, Priority.NORMAL, Priority.LOW


@dataclass(eq=False)
class Image:
    """An image that wants steps."""

    name: str = "image"
    steps_left: int = 10
    rows: int = 1
    priority: Priority = NORMAL
    key: object = "512x512"
    served_at: float = 0.0


def run(policy: Policy[Image], images: list[Image], ticks: int, cap: int = 4) -> Counter[str]:
    """Take `ticks` ticks of one second on images that never end; return the rows each name had."""
    had: Counter[str] = Counter()
    for now in range(ticks):
        for image in policy.choose(images, lambda _: cap, float(now)):
            had[image.name] += image.rows
            image.served_at = float(now)
    return had


class TestShares:
    def test_classes_share_sixteen_to_four_to_one(self) -> None:
        images = [Image(str(p), priority=p) for p in (HIGH, NORMAL, LOW) for _ in range(4)]
        had = run(Policy(age_seconds=1e9), images, 210)
        assert had["high"] == pytest.approx(640, abs=4)
        assert had["normal"] == pytest.approx(160, abs=4)
        assert had["low"] == pytest.approx(40, abs=4)

    def test_what_nobody_else_wants_goes_to_the_low(self) -> None:
        images = [Image("low", priority=LOW) for _ in range(3)] + [Image("high", priority=HIGH)]
        assert run(Policy(age_seconds=1e9), images, 10) == {"high": 10, "low": 30}

    def test_a_class_that_was_away_has_saved_nothing_up(self) -> None:
        policy = Policy[Image](age_seconds=1e9)
        low = [Image("low", priority=LOW) for _ in range(4)]
        run(policy, low, 100)
        high = [Image("high", priority=HIGH) for _ in range(4)]
        assert run(policy, [*low, *high], 21)["high"] == pytest.approx(79, abs=2)


class TestOrder:
    def test_the_fewest_steps_left_go_first(self) -> None:
        images = [Image("final", steps_left=50) for _ in range(4)] + [Image("sketch", steps_left=4)]
        chosen = Policy[Image]().choose(images, lambda _: 2, 0.0)
        assert [image.name for image in chosen] == ["sketch", "final"]

    def test_first_come_among_equals(self) -> None:
        images = [Image(str(k)) for k in range(5)]
        chosen = Policy[Image]().choose(images, lambda _: 3, 0.0)
        assert [image.name for image in chosen] == ["0", "1", "2"]

    def test_a_final_among_endless_sketches_does_not_starve(self) -> None:
        policy = Policy[Image](age_seconds=5.0)
        final = Image("final", steps_left=50)
        waits, last = [], 0
        for now in range(100):
            sketches = [Image("sketch", steps_left=4, served_at=float(now)) for _ in range(8)]
            if final in policy.choose([final, *sketches], lambda _: 4, float(now)):
                waits.append(now - last)
                final.served_at = last = now
        assert len(waits) >= 8
        assert max(waits) <= 10

    def test_a_low_one_rises_past_endless_high_ones(self) -> None:
        policy = Policy[Image](age_seconds=2.0)
        low = Image("low", priority=LOW)
        served = 0
        for now in range(60):
            high = [Image("high", priority=HIGH, served_at=float(now)) for _ in range(8)]
            if low in policy.choose([*high, low], lambda _: 2, float(now)):
                low.served_at, served = float(now), served + 1
        assert served >= 6


class TestRows:
    def test_a_tick_has_one_key(self) -> None:
        images = [Image(key=size) for size in ("a", "b", "a", "b", "a")]
        chosen = Policy[Image]().choose(images, lambda _: 8, 0.0)
        assert [image.key for image in chosen] == ["a", "a", "a"]

    def test_keys_take_turns(self) -> None:
        images = [Image(key, key=key, steps_left=steps) for key, steps in (("a", 4), ("b", 50))]
        had = run(Policy(age_seconds=3.0), images, 40)
        assert had["a"] > had["b"] >= 8

    def test_no_more_rows_than_the_cap(self) -> None:
        images = [Image(rows=2) for _ in range(9)] + [Image(rows=1)]
        assert sum(i.rows for i in Policy[Image]().choose(images, lambda _: 7, 0.0)) == 7

    def test_one_image_alone_always_fits(self) -> None:
        assert len(Policy[Image]().choose([Image(rows=2)], lambda _: 1, 0.0)) == 1

    def test_nobody_is_nobody(self) -> None:
        assert Policy[Image]().choose([], lambda _: 8, 0.0) == []
