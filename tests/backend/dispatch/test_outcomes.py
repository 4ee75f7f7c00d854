"""What each way of going wrong means for the generation."""

from __future__ import annotations

import errno

import pytest

from backend.dispatch.outcomes import (
    Deferred,
    Drawn,
    Failure,
    Outcome,
    outcome_of,
    outcome_of_event,
    pause_after,
)
from backend.kit.errors import NotReady, Unprocessable
from inference.protocol import (
    Broken,
    Canceled,
    Failed,
    InvalidParameters,
    Overloaded,
    Unavailable,
    UnknownGeneration,
    UnknownModel,
)


class TestOutcomeOf:
    @pytest.mark.parametrize("started", [True, False])
    def test_a_full_replica_costs_no_attempt(self, started: bool) -> None:
        assert outcome_of(Overloaded("full", retry_after=7), started=started) == Deferred(7)

    @pytest.mark.parametrize("error", [Unavailable("away"), NotReady("loading")])
    def test_a_replica_that_was_never_there_costs_no_attempt(self, error: Exception) -> None:
        assert isinstance(outcome_of(error, started=False), Deferred)

    def test_a_replica_that_went_away_costs_one(self) -> None:
        lost = outcome_of(Unavailable("It went away."), started=True)
        assert lost == Failure("unavailable", "It went away.", retryable=True)

    @pytest.mark.parametrize("error", [Canceled("no"), UnknownGeneration("what?")])
    def test_what_its_replica_let_go_of_is_tried_again(self, error: Exception) -> None:
        outcome = outcome_of(error, started=True)
        assert isinstance(outcome, Failure)
        assert outcome.retryable

    @pytest.mark.parametrize(
        "error",
        [Broken("oom"), InvalidParameters("no"), UnknownModel("who?"), Unprocessable("no such")],
    )
    def test_what_can_never_succeed_fails_at_once(self, error: Exception) -> None:
        outcome = outcome_of(error, started=True)
        assert isinstance(outcome, Failure)
        assert not outcome.retryable

    def test_says_when_the_disk_is_full(self) -> None:
        outcome = outcome_of(OSError(errno.ENOSPC, "No space left on device"), started=True)
        assert isinstance(outcome, Failure)
        assert (outcome.code, outcome.retryable) == ("storage_full", True)
        assert "disk is full" in outcome.message

    def test_tells_nothing_of_the_machine_when_it_cannot_store(self) -> None:
        outcome = outcome_of(OSError(errno.EACCES, "denied", "/srv/images/3f"), started=True)
        assert isinstance(outcome, Failure)
        assert outcome.code == "storage"
        assert "/srv" not in outcome.message

    def test_does_not_know_what_a_bug_means(self) -> None:
        assert outcome_of(KeyError("x"), started=True) is None


class TestPauseAfter:
    def test_a_storage_that_takes_nothing_is_not_drawn_for(self) -> None:
        full = outcome_of(OSError(errno.ENOSPC, "No space left on device"), started=True)
        assert full
        assert pause_after(full) > 0

    @pytest.mark.parametrize("outcome", [Drawn([]), Failure("broken", "oom", retryable=True)])
    def test_what_says_nothing_about_the_next_one_holds_nothing_up(self, outcome: Outcome) -> None:
        assert pause_after(outcome) == 0

    def test_a_replica_says_itself_for_how_long(self) -> None:
        assert pause_after(Deferred(3.5)) == 3.5


class TestOutcomeOfEvent:
    def test_believes_an_event_that_says_it_may_be_tried_again(self) -> None:
        event = Failed(code="broken", message="out of memory", retryable=True)
        assert outcome_of_event(event, started=True) == Failure(
            "broken", "out of memory", retryable=True
        )

    def test_defers_when_the_replica_left_before_it_began(self) -> None:
        event = Failed(code="unavailable", message="shutting down", retryable=True)
        assert isinstance(outcome_of_event(event, started=False), Deferred)

    def test_keeps_a_code_that_it_does_not_know(self) -> None:
        event = Failed(code="novel", message="new here", retryable=False)
        assert outcome_of_event(event, started=True) == Failure(
            "novel", "new here", retryable=False
        )
