"""A message is tried ten times in three days, later when the receiver wishes it, never all at once."""

from __future__ import annotations

import pytest

from backend.webhooks.schedule import SCHEDULE_S, pause_after

DAY = 86400.0


def test_the_pauses_are_those_of_the_specification() -> None:
    assert SCHEDULE_S == (0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)


@pytest.mark.parametrize("attempt", range(1, 10))
def test_waits_as_long_as_is_written_and_a_little_longer(attempt: int) -> None:
    pauses = {pause_after(attempt, SCHEDULE_S, None) for _ in range(50)}
    assert len(pauses) > 10
    for pause in pauses:
        assert pause is not None
        assert SCHEDULE_S[attempt] <= pause <= SCHEDULE_S[attempt] * 1.1


def test_gives_up_after_the_tenth() -> None:
    assert pause_after(10, SCHEDULE_S, None) is None


def test_waits_longer_when_asked_to_but_not_for_ever() -> None:
    asked = pause_after(1, SCHEDULE_S, 60)
    assert asked is not None
    assert 60 <= asked <= 66
    endless = pause_after(1, SCHEDULE_S, float("inf"))
    assert endless is not None
    assert endless <= DAY * 1.1
