"""The parts of the queue that need no database; the rest is tests/conformance/test_queue.py."""

from __future__ import annotations

from backend.kit.queue import State, backoff


class TestBackoff:
    def test_doubles_up_to_a_minute_and_jitters(self) -> None:
        for attempt, most in ((1, 2), (2, 4), (5, 32), (6, 60), (40, 60)):
            pauses = [backoff(attempt) for _ in range(200)]
            assert min(pauses) >= 0
            assert most / 2 < max(pauses) <= most


class TestState:
    def test_three_are_final(self) -> None:
        assert {state for state in State if state.ended} == {"succeeded", "failed", "canceled"}
