"""The notice: who reads it, when it begins and ends, and that under maintenance nothing new is accepted."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import update

from backend.generations.models import Generation
from backend.kit.notifier.memory import MemoryNotifier
from backend.kit.settings import Settings
from backend.notices import service
from backend.notices.models import Notice
from backend.notices.schemas import NoticeKind, NoticeWrite
from tests.fixtures.actors import Client
from tests.fixtures.app import QUIET, Studio

API = "/api/v1/notice"
PROMPT = {"prompt": "a red dress"}
WHY = "The GPUs move to another rack."


@pytest.fixture
def studio_settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET)


@pytest.fixture
def ada(studio: Studio) -> Client:
    return studio.actors.program("admin")


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.program("designer")


def soon(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


def post(ada: Client, kind: str = "maintenance", text: str = WHY, **times: str) -> Any:
    answer = ada.put(API, json={"kind": kind, "text": text, **times})
    assert answer.status_code == 200, answer.text
    return answer.json()


def passed(studio: Studio, **changed: float) -> None:
    """Move the times of the notice, as if that much time had passed."""
    with studio.context.database.write() as session:
        session.execute(update(Notice).values(**changed))


class TestNotice:
    def test_is_read_by_everybody_until_it_is_cleared(
        self, studio: Studio, ada: Client, dana: Client
    ) -> None:
        assert dana.get(API).json() == {
            "notice": None,
            "in_force": False,
            "stops": [],
            "changes_in_s": None,
        }
        post(ada, "info", "  The library has <b>tags</b>.  ")
        told = dana.get(API).json()
        assert told["notice"]["text"] == "The library has <b>tags</b>."
        assert (told["notice"]["kind"], told["in_force"]) == ("info", True)
        assert (told["notice"]["ends_at"], told["changes_in_s"]) == (None, None)
        assert studio.actors.anonymous().get(API).status_code == 401
        assert [ada.delete(API).status_code for _ in range(2)] == [204, 204]
        assert dana.get(API).json()["notice"] is None

    def test_there_is_one_and_both_deeds_are_written_down(
        self, studio: Studio, ada: Client
    ) -> None:
        post(ada, "info", "one")
        assert post(ada, text="two")["notice"]["text"] == "two"
        ada.delete(API)
        ada.delete(API)
        entries = [(one.verb, one.detail, one.actor_id) for one in studio.audited(service.SUBJECT)]
        assert entries == [
            ("notice.post", {"kind": "info"}, ada.user_id),
            ("notice.post", {"kind": "maintenance"}, ada.user_id),
            ("notice.clear", {}, ada.user_id),
        ]

    def test_is_announced_begins_and_ends_by_itself(
        self, studio: Studio, ada: Client, dana: Client
    ) -> None:
        told = post(ada, starts_at=soon(hours=1), ends_at=soon(hours=3))
        assert told["in_force"] is False
        assert told["changes_in_s"] == pytest.approx(3600, abs=30)
        assert dana.post("/api/v1/generations", json=PROMPT).status_code == 202
        passed(studio, starts_at=time.time() - 5)
        told = dana.get(API).json()
        assert told["in_force"] is True
        assert told["changes_in_s"] == pytest.approx(3 * 3600, abs=30)
        assert dana.post("/api/v1/generations", json=PROMPT).status_code == 503
        passed(studio, ends_at=time.time() - 1)
        assert dana.get(API).json()["notice"] is None
        assert dana.post("/api/v1/generations", json=PROMPT).status_code == 202
        ada.delete(API)
        assert [one.verb for one in studio.audited(service.SUBJECT)] == ["notice.post"]

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"text": " "}, "text"),
            ({"text": "x" * 501}, "text"),
            ({"text": "\x00"}, "text"),
            ({"kind": "party"}, "kind"),
            ({"starts_at": "2031-01-01T00:00:00"}, "starts_at"),
            ({"ends_at": "2001-01-01T00:00:00Z"}, "ends_at"),
        ],
    )
    def test_names_the_field_that_is_wrong(
        self, ada: Client, wrong: dict[str, str], field: str
    ) -> None:
        answer = ada.put(API, json={"kind": "info", "text": "x", **wrong})
        assert answer.status_code == 422
        assert [one["field"] for one in answer.json()["fields"]] == [field]
        assert ada.get(API).json()["notice"] is None

    def test_ends_after_it_begins(self, ada: Client) -> None:
        body = {"kind": "info", "text": "x", "starts_at": soon(hours=2), "ends_at": soon(hours=1)}
        assert ada.put(API, json=body).status_code == 422


class TestMaintenance:
    def test_refuses_what_is_new_says_why_and_until_when(self, ada: Client, dana: Client) -> None:
        post(ada, ends_at=soon(hours=2))
        refused = dana.post("/api/v1/generations", json=PROMPT)
        assert (refused.status_code, refused.json()["code"]) == (503, "maintenance")
        assert refused.json()["detail"] == WHY
        assert 7100 < int(refused.headers["retry-after"]) <= 7200
        post(ada)
        refused = dana.post("/api/v1/generations", json=PROMPT)
        assert (refused.status_code, "retry-after" in refused.headers) == (503, False)

    def test_finishes_what_runs_and_waits_and_lets_everything_else_go_on(
        self, studio: Studio, ada: Client, dana: Client
    ) -> None:
        key = {"idempotency-key": "one"}
        with studio.inference.hold():
            asked = [studio.submit(dana, f"hat {number}") for number in range(3)]
            first = dana.post("/api/v1/generations", json=PROMPT, headers=key)
            studio.inference.wait_until_held()
            post(ada)
            again = dana.post("/api/v1/generations", json=PROMPT, headers=key)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        for generation in asked:
            dana.get(f"/api/v1/generations/{generation}/events")
        ended = [dana.get(f"/api/v1/generations/{generation}").json() for generation in asked]
        assert {one["state"] for one in ended} == {"succeeded"}
        (image,) = ended[0]["images"]
        changes = {"image_ids": [image["id"]], "starred": True}
        assert dana.post("/api/v1/library/changes", json=changes).status_code == 200
        assert dana.get("/api/v1/library", params={"q": "hat"}).json()["items"]
        priced = dana.post("/api/v1/generations?dry_run=true", json=PROMPT)
        assert priced.status_code == 200

    def test_retries_nothing_either(self, studio: Studio, ada: Client, dana: Client) -> None:
        failed = studio.draw(dana, "broken")["id"]
        post(ada)
        path = f"/api/v1/queue/dead/{failed}/retry"
        assert ada.post(path).json()["code"] == "maintenance"
        with studio.context.database.read() as session:
            assert session.get_one(Generation, failed).retried_as is None
        ada.delete(API)
        assert ada.post(path).status_code == 200

    def test_a_piece_of_news_refuses_nothing(self, ada: Client, dana: Client) -> None:
        post(ada, "info")
        assert dana.post("/api/v1/generations", json=PROMPT).status_code == 202

    def test_begins_when_whoever_was_accepted_before_is_in(self, studio: Studio) -> None:
        database, posted = studio.context.database, threading.Event()
        wanted = NoticeWrite(kind=NoticeKind.MAINTENANCE, text=WHY)

        def begin() -> None:
            with database.write() as session:
                service.post(session, MemoryNotifier(), None, wanted)
            posted.set()

        beginning = threading.Thread(target=begin)
        with database.write() as session:
            service.must_be_open(session)
            beginning.start()
            assert not posted.wait(0.2)
        beginning.join()
        assert posted.is_set()
