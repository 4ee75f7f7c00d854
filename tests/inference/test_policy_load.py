"""The policy under load, in virtual time: sketches among finals at 90 % of what the device can do.

The device is a number: a call costs a launch and so much a row, as measured for the bundled model on two
cores. The same arrivals are served first come first served, one request at a time, and by the policy.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from inference.policy import Policy
from inference.protocol import Priority

LAUNCH_S, ROW_S, ROW_CAP = 0.012, 0.011, 8
SKETCH_STEPS, FINAL_STEPS = 4, 30
ARRIVALS = 600
LOAD = 0.9


@dataclass(eq=False)
class Image:
    """A request of one image."""

    arrives: float
    steps_left: int
    rows: int
    served_at: float = 0.0
    ends: float = 0.0
    priority: Priority = Priority.NORMAL
    key: str = "512x512"
    sketch: bool = field(init=False)

    def __post_init__(self) -> None:
        self.sketch, self.served_at = self.steps_left == SKETCH_STEPS, self.arrives

    @property
    def took(self) -> float:
        return self.ends - self.arrives


def arrivals(seed: int) -> list[Image]:
    """Poisson arrivals of 80 % sketches without and 20 % finals with guidance."""
    rng = random.Random(seed)
    alone = 0.8 * SKETCH_STEPS * (LAUNCH_S + ROW_S) + 0.2 * FINAL_STEPS * (LAUNCH_S + 2 * ROW_S)
    images, now = [], 0.0
    for _ in range(ARRIVALS):
        now += rng.expovariate(LOAD / alone)
        is_sketch = rng.random() < 0.8
        images.append(Image(now, SKETCH_STEPS if is_sketch else FINAL_STEPS, 1 if is_sketch else 2))
    return images


def first_come_first_served(images: list[Image]) -> None:
    now = 0.0
    for image in images:
        now = max(now, image.arrives) + image.steps_left * (LAUNCH_S + image.rows * ROW_S)
        image.ends = now


def by_policy(images: list[Image]) -> None:
    policy, waiting, now = Policy[Image](), list(images), 0.0
    here: list[Image] = []
    while waiting or here:
        if not here:
            now = max(now, waiting[0].arrives)
        while waiting and waiting[0].arrives <= now:
            here.append(waiting.pop(0))
        chosen = policy.choose(here, lambda _: ROW_CAP, now)
        now += LAUNCH_S + ROW_S * sum(image.rows for image in chosen)
        for image in chosen:
            image.steps_left, image.served_at, image.ends = image.steps_left - 1, now, now
        here = [image for image in here if image.steps_left]


def p95(images: list[Image], *, sketch: bool) -> float:
    took = sorted(image.took for image in images if image.sketch is sketch)
    return took[int(0.95 * len(took))]


def test_sketches_wait_a_third_as_long_and_finals_pay_no_more_than_they_gain() -> None:
    for seed in range(3):
        queued, shared = arrivals(seed), arrivals(seed)
        first_come_first_served(queued)
        by_policy(shared)
        assert p95(shared, sketch=True) <= 0.35 * p95(queued, sketch=True)
        assert p95(shared, sketch=False) <= 1.5 * p95(queued, sketch=False)
