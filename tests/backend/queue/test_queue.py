"""The queue as its administrator sees it, over HTTP: look, drain, cancel, and the dead letters."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, update

from backend.generations.models import Generation, queue
from backend.kit.database import Database
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.queue import State
from backend.kit.settings import Settings
from backend.queue import service
from inference.protocol import Broken, Refused, Unavailable
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.fixtures.scripted import TWO_AT_A_TIME
from tests.fixtures.workshop import Workshop

API = "/api/v1/queue"


@pytest.fixture
def studio_settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path / "var", database_url=database_url, **TWO_AT_A_TIME)


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.program("designer")


@pytest.fixture
def ada(studio: Studio) -> Client:
    return studio.actors.program("admin")


def state_of(studio: Studio, generation_id: str) -> State:
    with studio.context.database.read() as session:
        return session.get_one(Generation, generation_id).state


class TestLook:
    def test_tells_who_what_and_for_how_long_in_the_order_of_the_line(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        with studio.inference.hold():
            ids = [studio.submit(dana, f"dress {number}") for number in range(4)]
            studio.inference.wait_until_held()
            told = ada.get(API).json()
            dana.post(f"/api/v1/generations/{ids[3]}/pause")
            paused = ada.get(API).json()["items"][-1]
        assert [one["prompt"] for one in told["items"]] == [f"dress {n}" for n in range(4)]
        first, *_, last = told["items"]
        assert (first["owner"]["id"], first["priority"]) == (dana.user_id, "normal")
        assert (first["state"], first["attempt"], first["paused"]) == ("running", 1, False)
        assert first["holder"]
        assert (last["state"], last["attempt"], last["holder"]) == ("queued", 0, None)
        assert 0 <= last["seconds"] < 60
        assert paused["paused"]
        assert told["status"]["drained_at"] is None

    def test_pages_without_missing_or_repeating_one(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        ada.post(f"{API}/drain")
        ids = {studio.submit(dana) for _ in range(5)}
        eve = studio.actors.program("designer")
        ids |= {studio.submit(eve) for _ in range(4)}  # with the same tags
        seen: list[str] = []
        cursor = None
        while True:
            page = ada.get(API, params={"limit": 2, "cursor": cursor} if cursor else {"limit": 2})
            seen += [one["id"] for one in page.json()["items"]]
            cursor = page.json()["next_cursor"]
            if cursor is None:
                break
        assert len(seen) == len(ids)
        assert set(seen) == ids


class TestDrain:
    def test_lets_what_runs_end_and_nothing_begin(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        with studio.inference.hold():
            running = studio.submit(dana)
            studio.inference.wait_until_held()
            assert ada.post(f"{API}/drain").json()["drained_at"]
            waiting = studio.submit(dana)
        dana.get(f"/api/v1/generations/{running}/events")
        time.sleep(1.2)  # two looks of the dispatcher
        told = dana.get(f"/api/v1/generations/{waiting}").json()
        assert (told["state"], told["waiting_for"]["code"]) == ("queued", "drained")
        assert state_of(studio, running) is State.SUCCEEDED
        assert ada.post(f"{API}/resume").json()["drained_at"] is None
        dana.get(f"/api/v1/generations/{waiting}/events")
        assert state_of(studio, waiting) is State.SUCCEEDED

    def test_twice_is_no_error_and_is_written_down_once(self, studio: Studio, ada: Client) -> None:
        since = [ada.post(f"{API}/drain").json()["drained_at"] for _ in range(2)]
        assert since[0] == since[1]
        for _ in range(2):
            assert ada.post(f"{API}/resume").status_code == 200
        verbs = [(entry.verb, entry.actor_id) for entry in studio.audited("queue:generation")]
        assert verbs == [("queue.drain", ada.user_id), ("queue.resume", ada.user_id)]

    def test_stops_every_dispatcher_on_the_database(
        self, database: Database, tmp_path: Path
    ) -> None:
        async def scenario() -> None:
            here, there = Workshop(database, tmp_path), Workshop(database, tmp_path)
            async with here.dispatching(), there.dispatching():
                with database.write() as session:
                    service.drain(session, MemoryNotifier(), None)  # nobody is woken
                rows = [here.submit() for _ in range(4)]
                await asyncio.sleep(1.2)
                assert {here.row(row).state for row in rows} == {State.QUEUED}
                with database.write() as session:
                    service.resume(session, MemoryNotifier(), None)
                for row in rows:
                    assert (await here.ended(row)).state is State.SUCCEEDED

        asyncio.run(scenario())


class TestCancel:
    def test_stops_anybodys(self, studio: Studio, dana: Client, ada: Client) -> None:
        with studio.inference.hold():
            running = studio.submit(dana)
            studio.inference.wait_until_held()
            waiting = [studio.submit(dana) for _ in range(3)][-1]
            assert ada.post(f"{API}/{waiting}/cancel").json()["state"] == "canceled"
            assert ada.post(f"{API}/{running}/cancel").status_code == 200
            dana.get(f"/api/v1/generations/{running}/events")
        assert state_of(studio, running) is State.CANCELED
        entry = studio.audited(f"generation:{waiting}")[-1]
        assert (entry.verb, entry.actor_id) == ("generation.cancel", ada.user_id)
        assert ada.post(f"{API}/nosuch/cancel").status_code == 404


class TestDeadLetters:
    def test_lists_what_failed_for_good_and_retries_it_once(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        drawn = studio.draw(dana, "broken")
        failed = drawn["id"]
        [letter] = ada.get(f"{API}/dead").json()["items"]
        assert (letter["id"], letter["code"], letter["attempts"]) == (failed, "broken", 1)
        assert letter["message"] == "the script breaks here"
        assert letter["ended_at"]
        assert letter["request_id"] == drawn["request_id"]
        assert letter["trace_id"]
        fresh = ada.post(f"{API}/dead/{failed}/retry").json()
        assert fresh["id"] != failed
        assert fresh["owner"]["id"] == dana.user_id
        assert state_of(studio, failed) is State.FAILED  # an end is final
        again = ada.post(f"{API}/dead/{failed}/retry")
        assert again.status_code == 409
        assert fresh["id"] in again.json()["detail"]
        dana.get(f"/api/v1/generations/{fresh['id']}/events")
        assert [one["id"] for one in ada.get(f"{API}/dead").json()["items"]] == [fresh["id"]]

    def test_has_no_letter_for_what_the_request_itself_got_wrong(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        assert studio.draw(dana, "refused")["error"]["code"] == "refused"
        assert ada.get(f"{API}/dead").json()["items"] == []

    def test_knows_only_dead_letters(self, studio: Studio, dana: Client, ada: Client) -> None:
        done = studio.draw(dana)["id"]
        assert ada.post(f"{API}/dead/{done}/retry").status_code == 404

    def test_a_retry_has_every_attempt_and_a_new_place_in_line(
        self, database: Database, tmp_path: Path
    ) -> None:
        workshop = Workshop(database, tmp_path)
        dead, waiting = workshop.submit(), workshop.submit()
        with database.write() as session:
            session.execute(
                update(Generation)
                .where(col(Generation.id) == dead.id)
                .values(state=State.FAILED, error_code="internal", attempt=3)
            )
            fresh = service.retry(session, MemoryNotifier(), None, dead.id)
        assert (fresh.attempt, fresh.max_attempts) == (0, 3)
        with database.write() as session:
            line = queue.claim(session, owner="here", lease_seconds=60, limit=9)
        assert [row.id for row in line] == [waiting.id, fresh.id]
        assert line[1].parameters == dead.parameters

    @pytest.mark.parametrize(
        ("trouble", "is_dead"), [(Unavailable("away"), True), (Broken("oom"), True),
                                 (Refused("no"), False)],
    )  # fmt: skip
    def test_after_the_last_attempt(
        self, database: Database, tmp_path: Path, trouble: Any, is_dead: bool
    ) -> None:
        async def scenario() -> None:
            workshop = Workshop(database, tmp_path, max_attempts=1)
            workshop.inference.trouble_after = 3
            workshop.inference.troubles.append(trouble)
            row = workshop.submit()
            async with workshop.dispatching():
                assert (await workshop.ended(row)).state is State.FAILED
            with database.read() as session:
                letters = service.dead(session, cursor=None, limit=10).items
            assert [one.id for one in letters] == ([row.id] if is_dead else [])

        asyncio.run(scenario())
