"""However a single look fares, everything is answered for in time, and what hangs is asked once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import NoReturn

import pytest

from backend.system.examination import Examination, Look, in_thread
from backend.system.findings import ok
from backend.system.schemas import Check, CheckState


class Stuck:
    """A look that waits until the test lets it go."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.begun = 0

    def __call__(self) -> Check:
        self.begun += 1
        self.go_on.wait(20)
        return ok("stuck", "It answers again.")


@pytest.fixture
def stuck() -> Iterator[Stuck]:
    look = Stuck()
    yield look
    look.go_on.set()


def broken() -> NoReturn:
    raise RuntimeError("postgresql://user:secret@host")


def states(checks: list[Check]) -> dict[str, CheckState]:
    return {one.name: one.state for one in checks}


async def _look_thrice(stuck: Stuck) -> tuple[list[Check], list[Check], list[Check]]:
    looks: dict[str, Look] = {
        "well": in_thread(lambda: ok("well", "Fine.")),
        "broken": in_thread(broken),
        "stuck": in_thread(stuck),
    }
    examined = Examination(looks, within_s=0.3)
    first, second = await examined.checks(), await examined.checks()
    stuck.go_on.set()
    third = await examined.checks()
    return first, second, third


def test_each_is_answered_for(stuck: Stuck) -> None:
    first, second, third = asyncio.run(_look_thrice(stuck))
    expected = {"well": CheckState.OK, "broken": CheckState.BAD, "stuck": CheckState.BAD}
    assert states(first) == states(second) == expected
    assert list(states(first)) == ["well", "broken", "stuck"]
    assert first[2].says == "Did not answer within 0.3 seconds."
    assert states(third)["stuck"] is CheckState.OK
    assert stuck.begun == 1
    assert first[1].says == "Could not be looked at: RuntimeError."
    assert all(one.do_next for one in first[1:])
