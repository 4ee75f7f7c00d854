"""The load generator's process, when servers refuse, are gone or do not come to an end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtests.arms import Arm, ArmFailed, Camp, running
from loadtests.driving import Generator, running_generator
from loadtests.measuring import warm_up
from loadtests.plans import Outcome, Plan
from loadtests.shapes import steady

pytestmark = pytest.mark.serial
FAKE = (sys.executable, "-m", "tests.loadtests.fake_server")


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generator]:
    with running_generator(tmp_path_factory.mktemp("logs") / "generator.log") as running_:
        yield running_


def test_refusals_are_told_and_the_pause_they_ask_for_is_kept(
    generator: Generator, tmp_path: Path
) -> None:
    with running(Arm("full", Camp.OURS, (*FAKE, "--full")), tmp_path / "log") as server:
        with pytest.raises(ArmFailed, match="429"):
            warm_up(server.url, requests=1)
        traffic = generator.run(Plan(url=server.url, stages=steady(2, 2.0)))
    assert {answer.outcome for answer in traffic.answers} == {Outcome.ERROR}
    assert traffic.answers[0].error == '429: {"code": "overloaded"}'
    assert 4 <= len(traffic.answers) <= 8  # two users, at 0, 1 and 2 s


def test_a_server_that_is_gone_is_an_error_like_another(generator: Generator) -> None:
    traffic = generator.run(Plan(url="http://127.0.0.1:9", stages=steady(1, 1.0)))
    assert {answer.outcome for answer in traffic.answers} == {Outcome.ERROR}
    assert "refused" in str(traffic.answers[0].error)


def test_what_is_under_way_is_waited_for_but_not_for_ever(
    generator: Generator, tmp_path: Path
) -> None:
    with running(Arm("slow", Camp.OURS, (*FAKE, "--seconds=2")), tmp_path / "log") as server:
        traffic = generator.run(Plan(url=server.url, stages=steady(3, 1.0), drain_s=1.5))
    outcomes = sorted(answer.outcome for answer in traffic.answers)
    assert outcomes == [Outcome.OK, Outcome.UNFINISHED, Outcome.UNFINISHED]
    cut_off = [a for a in traffic.answers if a.outcome is Outcome.UNFINISHED]
    assert all(2.0 <= answer.done - answer.sent <= 4.0 for answer in cut_off)
