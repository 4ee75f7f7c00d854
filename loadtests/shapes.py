"""How many users there are when: the study's staircases, and a short ascent for who is in a hurry.

Plain data; `people` shows it to Locust.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loadtests.plans import Stage

CEILINGS: Final = (24, 30, 100)  # the study's, for Ray Serve, FastAPI and LitServe
STEP_USERS: Final = 5
STEP_SECONDS: Final = 30.0


def staircase(
    ceiling: int, *, step: int = STEP_USERS, seconds: float = STEP_SECONDS
) -> list[Stage]:
    """Return the study's staircase: `step` users more every `seconds`, up to `ceiling`."""
    levels = [*range(step, ceiling, step), ceiling]
    return [Stage(users=users, seconds=seconds) for users in levels]


def ascent() -> list[Stage]:
    """Return one climb that rests at each of the study's ceilings instead of starting anew for each."""
    rests = ((5, 4.0), (24, 8.0), (30, 8.0), (100, 10.0))
    return [Stage(users=users, seconds=seconds) for users, seconds in rests]


def steady(users: int, seconds: float) -> list[Stage]:
    """Return one stage."""
    return [Stage(users=users, seconds=seconds)]


def stretched(stages: Sequence[Stage], scale: float) -> list[Stage]:
    """Return the same stages, each `scale` times as long."""
    return [Stage(users=stage.users, seconds=stage.seconds * scale) for stage in stages]


def stage_at(stages: Sequence[Stage], elapsed: float) -> int | None:
    """Return the index of the stage `elapsed` seconds after the start; None when all are over."""
    until = 0.0
    for index, stage in enumerate(stages):
        until += stage.seconds
        if elapsed < until:
            return index
    return None
