"""Runs as they would have been: a queue that is served first come, first served, in virtual time."""

from __future__ import annotations

import heapq

from loadtests.plans import MIX, Answered, Kind, Outcome, Stage
from loadtests.records import Requests, Run, Study, Window
from loadtests.shapes import ascent

STUDY = Study(
    machine="a machine",
    began="a day",
    command="python -m loadtests.compare",
    mode="quick",
    rounds=2,
)
STEPS = {Kind.PREDICT: 1.0, Kind.SKETCH: 0.6, Kind.FINAL: 5.0}
CAMPS = {"fastapi-lock": "study", "litserve": "study", "litserve-batched": "batched"}


def closed_loop(  # noqa: PLR0913 - by name, most with a default
    arm: str,
    image_s: float,
    *,
    scenario: str = "ascent",
    round_: int = 1,
    stages: list[Stage] | None = None,
    kinds: tuple[Kind, ...] = (Kind.PREDICT,),
) -> Run:
    """Return the run of users who ask again at once, at a server that draws one after another."""
    stages = stages or ascent()
    windows, answers, queue, free, begin = [], list[Answered](), list[float](), 0.0, 0.0
    for stage in stages:
        end = begin + stage.seconds
        windows.append(Window(users=stage.users, begin=begin, end=end))
        for _ in range(stage.users - len(queue)):
            heapq.heappush(queue, begin)
        while queue[0] < end:
            sent = heapq.heappop(queue)
            kind = kinds[len(answers) % len(kinds)]
            free = max(free, sent) + image_s * STEPS[kind]
            answers.append(Answered(kind=kind, sent=sent, done=free, outcome=Outcome.OK))
            heapq.heappush(queue, free)
        begin = end
    return Run(
        arm=arm,
        camp=CAMPS.get(arm, "ours"),
        scenario=scenario,
        round=round_,
        start_s=12.0,
        windows=windows,
        requests=Requests.of(answers),
        seconds=begin,
        cpu_s=len(answers) * image_s * 1.5,
        counters={"images": len(answers)},
    )


def study_of_two_rounds() -> list[Run]:
    """Return two rounds of four arms: ours is 2.5 times as fast as the study's best."""
    speeds = {"fastapi-lock": 0.25, "litserve": 0.2, "litserve-batched": 0.12, "engine-ray": 0.08}
    return [
        run
        for round_ in (1, 2)
        for arm, image_s in speeds.items()
        for run in _turn(arm, image_s * (1 + 0.02 * round_), round_)
    ]


def _turn(arm: str, image_s: float, round_: int) -> list[Run]:
    stages = [Stage(users=24, seconds=20.0)]
    mixed = tuple(MIX)
    return [
        closed_loop(arm, image_s, round_=round_),
        closed_loop(arm, image_s, scenario="mix", round_=round_, stages=stages, kinds=mixed),
        closed_loop(arm, image_s, scenario="mix-90", round_=round_, stages=stages, kinds=mixed),
        closed_loop(arm, image_s, scenario="leavers", round_=round_, stages=stages),
    ]
