"""Runs one scenario against one running server and writes down everything about it.

Costs are counted from the first request until the server is idle again, so that work done for clients
who have left is in them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx2

from loadtests.arms import Arm, ArmFailed, Server
from loadtests.asks import body_of
from loadtests.counters import grown, read_counters
from loadtests.driving import Generator, GeneratorFailed, Traffic
from loadtests.meters import Meter, read_all
from loadtests.plans import Kind, Plan
from loadtests.processes import cpu_seconds_of, machine_busy_seconds
from loadtests.prompts import seeded
from loadtests.records import Requests, Run, Window, count_errors

WARM_UP_REQUESTS = 20
WARM_UP_AT_ONCE = 4
WARM_UP_TIMEOUT_S = 120.0
SETTLE_WITHIN_S = 10.0


@dataclass(frozen=True)
class Reading:
    """Every meter at one moment."""

    at: float
    cpu_s: float
    generator_cpu_s: float
    machine_s: float
    joules: dict[str, float]
    counters: dict[str, float]


def warm_up(url: str, requests: int = WARM_UP_REQUESTS) -> float:
    """Ask for some images that nobody counts, and return how long that took.

    Raises:
        ArmFailed: Not one of them was drawn.
    """
    since = time.monotonic()
    random = seeded(0)
    bodies = [body_of(Kind.PREDICT, random) for _ in range(requests)]
    with (
        httpx2.Client(base_url=url, timeout=WARM_UP_TIMEOUT_S) as client,
        ThreadPoolExecutor(WARM_UP_AT_ONCE) as people,
    ):
        problems = list(people.map(lambda body: _problem_with(client, body), bodies))
    if all(problems):
        raise ArmFailed(f"it drew nothing when it was warmed up: {problems[0]}")
    return time.monotonic() - since


def _problem_with(client: httpx2.Client, body: dict[str, object]) -> str | None:
    """Ask for one image and return what went wrong."""
    try:
        answer = client.post("/predict", json=body)
    except httpx2.HTTPError as error:
        return repr(error)
    if answer.status_code == httpx2.codes.OK:
        return None
    return f"{answer.status_code}: {answer.text[:200]}"


class Measuring:
    """One server under one generator, with the meters of this machine."""

    def __init__(self, server: Server, generator: Generator, meters: Sequence[Meter]) -> None:
        self._server = server
        self._generator = generator
        self._meters = meters

    def run(self, plan: Plan, record: Run) -> Run:
        """Carry out `plan` and return `record` filled in; a plan that fails is told in it."""
        before = self._read()
        try:
            traffic = self._generator.run(plan)
        except GeneratorFailed as failure:
            return record.model_copy(update={"failure": str(failure)})
        settled = self._server.family.settle(SETTLE_WITHIN_S)
        return _filled(record, traffic, before, self._read(), settled=settled)

    def _read(self) -> Reading:
        return Reading(
            at=time.monotonic(),
            cpu_s=self._server.family.cpu_seconds(),
            generator_cpu_s=cpu_seconds_of(self._generator.pid),
            machine_s=machine_busy_seconds(),
            joules=read_all(self._meters),
            counters=read_counters(self._server.url),
        )


def record_of(arm: Arm, scenario: str, round_: int, *, start_s: float) -> Run:
    """Return the record of a run that has not begun."""
    return Run(
        arm=arm.name, camp=arm.camp, scenario=scenario, round=round_, start_s=round(start_s, 2)
    )


def _filled(
    record: Run, traffic: Traffic, before: Reading, after: Reading, *, settled: bool
) -> Run:
    seconds = after.at - before.at
    cpu = after.cpu_s - before.cpu_s
    generator = after.generator_cpu_s - before.generator_cpu_s
    others = after.machine_s - before.machine_s - cpu - generator
    return record.model_copy(
        update={
            "windows": _windows(traffic),
            "requests": Requests.of(traffic.answers),
            "errors": count_errors(traffic.answers),
            "seconds": round(seconds, 2),
            "cpu_s": round(cpu, 2),
            "generator_cpu_s": round(generator, 2),
            "others_share": round(max(0.0, others) / seconds / (os.cpu_count() or 1), 3),
            "settled": settled,
            "joules": {
                name: round(joules, 1)
                for name, joules in grown(before.joules, after.joules).items()
            },
            "counters": grown(before.counters, after.counters),
        }
    )


def _windows(traffic: Traffic) -> list[Window]:
    ends = [*(stage.at for stage in traffic.stages[1:]), traffic.until]
    return [
        Window(users=stage.users, begin=round(stage.at, 3), end=round(end, 3))
        for stage, end in zip(traffic.stages, ends, strict=True)
    ]
