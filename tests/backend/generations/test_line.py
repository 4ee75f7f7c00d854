"""Pause, resume and move: what owners do with their own generations that wait, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select

from backend.generations.models import Generation, queue
from backend.kit.queue import State
from backend.kit.settings import Settings
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

API = "/api/v1/generations"


@pytest.fixture
def studio_settings(studio_settings: Settings) -> Settings:
    return studio_settings.model_copy(update={"dispatch_concurrency": 0, "max_outstanding": 50})


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.program("designer")


def act(person: Client, generation_id: str, verb: str, **body: Any) -> Any:
    return person.post(f"{API}/{generation_id}/{verb}", json=body)


def line(studio: Studio) -> list[str]:
    with studio.context.database.read() as session:
        rows = select(Generation.id).order_by(col(Generation.tag), col(Generation.id))
        return list(session.exec(rows.where(Generation.state == State.QUEUED)))


def claim(studio: Studio, limit: int) -> list[str]:
    with studio.context.database.write() as session:
        rows = queue.claim(session, owner="here", lease_seconds=60, limit=limit)
        return [row.id for row in rows]


def only(ids: list[str], among: list[str]) -> list[str]:
    return [one for one in ids if one in among]


class TestMove:
    def test_brings_one_to_the_front_of_ones_own(self, studio: Studio, dana: Client) -> None:
        mine = [studio.submit(dana) for _ in range(3)]
        answer = act(dana, mine[2], "move")
        assert answer.status_code == 200
        assert answer.json()["position"] == 0
        assert line(studio) == [mine[2], mine[0], mine[1]]

    def test_puts_one_before_another(self, studio: Studio, dana: Client) -> None:
        mine = [studio.submit(dana) for _ in range(4)]
        act(dana, mine[3], "move", before=mine[1])
        assert line(studio) == [mine[0], mine[3], mine[1], mine[2]]
        act(dana, mine[0], "move", before=mine[2])
        assert line(studio) == [mine[3], mine[1], mine[0], mine[2]]

    def test_overtakes_nobody_else(self, studio: Studio, dana: Client) -> None:
        eve = studio.actors.program("designer")
        mine: list[str] = []
        theirs: list[str] = []
        for number in range(4):  # every tag of one is a tag of the other
            for person, ids in ((dana, mine), (eve, theirs))[:: 1 if number % 2 else -1]:
                ids.append(studio.submit(person))
        before = line(studio)
        with studio.context.database.read() as session:
            tags = {one: session.get_one(Generation, one).tag for one in theirs}
        for one in (mine[3], mine[1], mine[0]):
            act(dana, one, "move")
        after = line(studio)
        assert only(after, mine) == [mine[0], mine[1], mine[3], mine[2]]
        assert only(after, theirs) == theirs
        for one in theirs:
            assert len(only(after[: after.index(one)], mine)) <= len(
                only(before[: before.index(one)], mine)
            )
        with studio.context.database.read() as session:
            assert tags == {one: session.get_one(Generation, one).tag for one in theirs}

    def test_is_refused_before_somebody_elses_or_itself(self, studio: Studio, dana: Client) -> None:
        theirs = studio.submit(studio.actors.program("designer"))
        mine = studio.submit(dana)
        assert act(dana, mine, "move", before=theirs).status_code == 404
        assert act(dana, theirs, "move").status_code == 404
        assert act(dana, mine, "move", before=mine).status_code == 409

    def test_is_refused_once_one_of_the_two_runs(self, studio: Studio, dana: Client) -> None:
        first, second = studio.submit(dana), studio.submit(dana)
        assert claim(studio, 1) == [first]
        assert act(dana, second, "move", before=first).status_code == 409
        assert act(dana, first, "move").status_code == 409

    def test_is_written_into_the_audit(self, studio: Studio, dana: Client) -> None:
        first, second = studio.submit(dana), studio.submit(dana)
        act(dana, second, "move", before=first)
        entry = studio.audited(f"generation:{second}")[-1]
        assert (entry.verb, entry.actor_id) == ("generation.move", dana.user_id)
        assert entry.detail == {"before": first}


class TestPause:
    def test_is_not_claimed_and_keeps_its_place(self, studio: Studio, dana: Client) -> None:
        mine = [studio.submit(dana) for _ in range(3)]
        answer = act(dana, mine[1], "pause").json()
        assert (answer["state"], answer["position"]) == ("queued", None)
        assert answer["waiting_for"]["code"] == "paused"
        assert claim(studio, 1) == [mine[0]]
        answer = act(dana, mine[1], "resume").json()
        assert (answer["waiting_for"]["code"], answer["position"]) == ("room", 0)
        assert claim(studio, 2) == [mine[1], mine[2]]

    def test_nobody_saves_up_turns(self, studio: Studio, dana: Client) -> None:
        saved = [studio.submit(dana) for _ in range(3)]
        for one in saved:
            act(dana, one, "pause")
        eve = studio.actors.program("designer")
        theirs = [studio.submit(eve) for _ in range(6)]
        assert claim(studio, 4) == theirs[:4]
        for one in saved:
            act(dana, one, "resume")
        # Neither all of hers first, nor all of theirs.
        assert only(line(studio), saved) == saved
        assert line(studio)[-1] == saved[-1]

    def test_twice_is_no_error(self, studio: Studio, dana: Client) -> None:
        mine = studio.submit(dana)
        verbs = ("pause", "pause", "resume", "resume")
        assert [act(dana, mine, verb).status_code for verb in verbs] == [200] * 4
        written = [entry.verb for entry in studio.audited(f"generation:{mine}")]
        assert {"generation.pause", "generation.resume"} < set(written)

    def test_is_refused_while_it_runs(self, studio: Studio, dana: Client) -> None:
        mine = studio.submit(dana)
        claim(studio, 1)
        assert act(dana, mine, "pause").status_code == 409
        assert act(dana, mine, "resume").status_code == 409

    def test_of_somebody_else_is_not_there(self, studio: Studio, dana: Client) -> None:
        theirs = studio.submit(studio.actors.program("designer"))
        assert act(dana, theirs, "pause").status_code == 404
        assert act(dana, theirs, "resume").status_code == 404

    def test_can_be_canceled(self, studio: Studio, dana: Client) -> None:
        mine = studio.submit(dana)
        act(dana, mine, "pause")
        assert act(dana, mine, "cancel").json()["state"] == "canceled"
