"""F15: cancel against whatever else happens at that moment: one end each, and the one that was answered."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from backend.dispatch.outcomes import Deferred, Drawn, Outcome
from backend.dispatch.settlement import settle
from backend.generations.models import Generation
from backend.kit.errors import AlreadyEnded
from backend.kit.queue import Lease, State
from tests.fixtures.telling import Tell
from tests.fixtures.workshop import Workshop

ROUNDS = 20
pytestmark = [pytest.mark.faults]


def race(*runners: Callable[[], object]) -> list[object]:
    """Let all of `runners` go at the same moment; return what each returned or raised."""
    line = threading.Barrier(len(runners))

    def run(runner: Callable[[], object]) -> object:
        line.wait()
        try:
            return runner()
        except AlreadyEnded as error:
            return error

    with ThreadPoolExecutor(len(runners)) as pool:
        return [task.result() for task in [pool.submit(run, one) for one in runners]]


def ends_of(workshop: Workshop, row: Generation) -> list[str]:
    """Return the ends that were written down about `row`."""
    finals = [f"generation.{state}" for state in State if state.ended]
    verbs = [entry.verb for entry in workshop.audited(f"generation:{row.id}")]
    return [verb for verb in verbs if verb in finals]


@pytest.mark.parametrize("outcome", [Drawn([]), Deferred()], ids=["finishing", "giving back"])
def test_a_cancel_that_was_accepted_is_the_end(
    workshop: Workshop, outcome: Outcome, tell: Tell
) -> None:
    too_late = 0
    for _ in range(ROUNDS):
        row = workshop.submit()
        [held] = workshop.claim()
        lease = Lease(held.id, held.fence)
        finish = partial(settle, workshop.context, lease, outcome)
        _, answered = race(finish, partial(workshop.cancel, row))
        if isinstance(answered, AlreadyEnded):
            too_late += 1
            assert workshop.row(row).state is State.SUCCEEDED
        else:
            assert workshop.row(row).cancel_requested
            finish()  # a no-op for whoever has lost the lease
            assert workshop.row(row).state is State.CANCELED
        assert len(ends_of(workshop, row)) <= 1
    told = {
        "fault": "F15",
        "database": workshop.context.database.engine.dialect.name,
        "against": type(outcome).__name__,
        "races": ROUNDS,
        "canceled": ROUNDS - too_late,
    }
    tell(told)


def test_one_that_is_claimed_at_that_moment_hears_of_it(workshop: Workshop) -> None:
    for _ in range(ROUNDS):
        row = workshop.submit()
        claimed, answered = race(workshop.claim, partial(workshop.cancel, row))
        assert not isinstance(answered, AlreadyEnded)
        now = workshop.row(row)
        assert now.cancel_requested
        assert now.state is (State.RUNNING if claimed else State.CANCELED)
        if claimed:
            settle(workshop.context, Lease(now.id, now.fence), Drawn([]))
            assert workshop.row(row).state is State.CANCELED


def test_of_two_cancels_one_is_written_down(workshop: Workshop) -> None:
    for _ in range(ROUNDS):
        row = workshop.submit()
        answers = race(partial(workshop.cancel, row), partial(workshop.cancel, row))
        assert not any(isinstance(one, AlreadyEnded) for one in answers)
        assert len(workshop.audited(f"generation:{row.id}", "generation.cancel")) == 1
