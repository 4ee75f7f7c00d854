"""The load generator's own process: takes plans on standard input, tells every answer on standard output.

`python -m loadtests.generator` is started by `loadtests.driving`; a process of its own because Locust
lets gevent patch the standard library, and so that the CPU it takes is not the server's. Starting it
costs seconds; it then waits for plans without using any time.
"""

from __future__ import annotations

import sys

import gevent
from locust.env import Environment

from loadtests.people import Asker, Course, PlannedShape
from loadtests.plans import Ended, Plan, Told

GRACE_S = 10.0  # what Locust may take beyond the plan before its users are ended


def main() -> int:
    """Carry out one plan after another until standard input closes."""
    for line in sys.stdin:
        run(Plan.model_validate_json(line))
    return 0


def run(plan: Plan) -> None:
    """Carry out one plan and tell all of it."""
    course = Course(plan, _tell)

    class Person(Asker):
        network_timeout = plan.timeout_s
        connection_timeout = plan.timeout_s

    Person.course = course
    shape = PlannedShape(course)
    environment = Environment(
        user_classes=[Person], shape_class=shape, host=plan.url, stop_timeout=plan.drain_s
    )
    runner = environment.create_local_runner()
    runner.start_shape()
    under_way = runner.shape_greenlet
    with gevent.Timeout(plan.seconds + plan.drain_s + GRACE_S, exception=False):
        gevent.joinall([under_way])
    runner.quit()
    _tell(Ended(at=course.sent_until or course.now))


def _tell(told: Told) -> None:
    print(told.model_dump_json(), flush=True)  # noqa: T201 - the interface


if __name__ == "__main__":
    sys.exit(main())
