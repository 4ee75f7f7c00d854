"""What a person reads when a field is wrong, and when something behind us fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.sse import EventSourceResponse
from psycopg.errors import DiskFull
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.testclient import TestClient
from starlette.types import Message

from backend.kit.database import Database
from backend.kit.errors import TooMany
from backend.kit.problems import LastResort, answer_with_problems
from inference import protocol
from tests.fixtures.app import Studio


@pytest.fixture
def studio(shared_studio: Studio) -> Studio:
    return shared_studio


def refused(studio: Studio, body: dict[str, Any]) -> dict[str, Any]:
    answer = studio.actors.program().post("/api/v1/generations", json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    return problem


class TestWrongFields:
    @pytest.mark.parametrize(
        ("body", "field", "limit", "nearest"),
        [
            ({"width": 250}, "width", "between 64 and 1024 in steps of 8", 248),
            ({"height": 5000}, "height", "between 64 and 1024 in steps of 8", 1024),
            ({"width": 0}, "width", "between 64 and 1024 in steps of 8", 64),
            ({"num_inference_steps": 0}, "num_inference_steps", "between 1 and 100", 1),
            ({"guidance_scale": 31}, "guidance_scale", "between 1 and 30", 30),
            ({"seed": -2}, "seed", "between -1 and 4294967295", -1),
            ({"seed": 2**32}, "seed", "between -1 and 4294967295", 2**32 - 1),
            ({"num_images": 9}, "num_images", "between 1 and 8", 8),
            ({"prompt": "x" * 2001}, "prompt", "2000", 2000),
            ({"scheduler": "eulr"}, "scheduler", None, "euler"),
            ({"priority": "hi"}, "priority", None, "high"),
            ({"model": "scripte"}, "model", "one of scripted", "scripted"),
            ({"width": 1024, "height": 1024}, "width", None, 512),
        ],
    )
    def test_name_the_field_the_limit_and_the_nearest_good_value(
        self,
        studio: Studio,
        body: dict[str, Any],
        field: str,
        limit: str | None,
        nearest: str | int,
    ) -> None:
        problem = refused(studio, {"prompt": "a dress", **body})
        found = problem["fields"][0]
        assert found["field"] == field
        assert found["limit"] == limit or (limit is None and found["limit"])
        assert found["nearest"] == nearest
        assert found["field"] in problem["detail"]

    @pytest.mark.parametrize("body", [{"width": 248}, {"height": 1024}, {"seed": -1}])
    def test_the_nearest_good_value_is_good(self, studio: Studio, body: dict[str, Any]) -> None:
        answer = studio.actors.program().post(
            "/api/v1/generations?dry_run=true",
            json={"prompt": "a", "width": 64, "height": 64} | body,
        )
        assert answer.status_code == 200, answer.text

    def test_an_empty_prompt_comes_back_with_an_example(self, studio: Studio) -> None:
        problem = refused(studio, {"prompt": "  "})
        assert problem["fields"][0]["nearest"] == "a red striped dress on a cream background"

    def test_a_missing_prompt_is_called_required(self, studio: Studio) -> None:
        assert refused(studio, {})["detail"] == "prompt is required"

    @pytest.mark.parametrize(
        ("name", "nearest"),
        [("promt", "prompt"), ("steps", None), ("negativeprompt", "negative_prompt")],
    )
    def test_an_unknown_field_leads_to_the_known_one(
        self, studio: Studio, name: str, nearest: str | None
    ) -> None:
        found = refused(studio, {"prompt": "a dress", name: "x"})["fields"][0]
        assert (found["field"], found["nearest"]) == (name, nearest)
        assert "num_inference_steps" in found["limit"]

    def test_each_wrong_field_is_told_once(self, studio: Studio) -> None:
        problem = refused(studio, {"prompt": "", "width": 1, "hieght": 2})
        assert [found["field"] for found in problem["fields"]] == ["prompt", "width", "hieght"]

    @pytest.mark.parametrize("value", ["wide", None, [], {"a": 1}, 12.5])
    def test_a_value_of_another_kind(self, studio: Studio, value: object) -> None:
        found = refused(studio, {"prompt": "a dress", "width": value})["fields"][0]
        assert found["field"] == "width"
        assert "integer" in found["message"]

    @pytest.mark.parametrize(
        "body",
        [
            *(b"{", b"", b"[]", b"\xff\xfe", b'{"prompt": NaN}'),
            b'{"prompt": "a dress", "guidance_scale": NaN}',
            b'{"prompt": "a \\ud800 dress"}',
            b'{"prompt": "a \\u0000 dress"}',
            b'{"prompt": "a dress", "\\ud800": 1}',
            b'{"prompt": ' + b"[" * 900 + b"]" * 900 + b"}",
            b"[" * 100_000,
        ],
    )
    def test_what_is_no_json_object(self, studio: Studio, body: bytes) -> None:
        answer = studio.actors.program().post(
            "/api/v1/generations", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"

    def test_a_long_wrong_value_is_not_sent_back_whole(self, studio: Studio) -> None:
        problem = refused(studio, {"prompt": "a dress", "width": "9" * 5000})
        assert len(problem["detail"]) < 300


class TestFailuresBehindUs:
    @pytest.fixture
    def asking(self) -> TestClient:
        app = FastAPI()
        answer_with_problems(app)
        app.add_middleware(LastResort)
        errors = {
            error.code: error
            for error in (
                protocol.Overloaded("replica 10.0.0.7 is full", retry_after=2.6),
                protocol.Unavailable("http://10.0.0.7:8001 refused"),
                protocol.Broken("CUDA out of memory at /srv/engine.py"),
                protocol.Refused("that prompt cannot be drawn"),
            )
        }

        @app.get("/fails/{code}")
        def fails(code: str) -> None:
            raise errors[code]

        @app.get("/busy")
        def busy() -> None:
            raise TooMany("Slow down.", retry_after=7)

        away = {
            "taken": NoConnection("all thirty connections are taken"),
            "closed": InterfaceError("SELECT 1", {}, Exception("the connection is closed")),
            "full": OperationalError("INSERT", {}, DiskFull("could not extend file base/5")),
        }

        @app.get("/database/{how}")
        def database(how: str) -> None:
            raise away[how]

        @app.get("/database-away")
        def database_away() -> None:
            Database("postgresql+psycopg://nobody@127.0.0.1:1/none").ping()

        return TestClient(app)

    def test_a_database_that_is_away_is_a_503_with_a_time(self, asking: TestClient) -> None:
        answer = asking.get("/database-away")
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert int(answer.headers["retry-after"]) >= 1
        assert "127.0.0.1" not in answer.text

    @pytest.mark.parametrize(
        ("how", "code"),
        [("taken", "not_ready"), ("closed", "not_ready"), ("full", "database_full")],
    )
    def test_a_database_that_cannot_is_a_503_with_a_time_too(
        self, asking: TestClient, how: str, code: str
    ) -> None:
        answer = asking.get(f"/database/{how}")
        assert (answer.status_code, answer.json()["code"]) == (503, code)
        assert int(answer.headers["retry-after"]) >= 1
        assert "base/5" not in answer.text

    @pytest.mark.parametrize(
        ("code", "status"), [("overloaded", 429), ("unavailable", 503), ("broken", 500)]
    )
    def test_inference_errors_keep_their_code_and_hide_the_inside(
        self, asking: TestClient, code: str, status: int
    ) -> None:
        answer = asking.get(f"/fails/{code}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        for inside in ("10.0.0.7", "/srv", "CUDA"):
            assert inside not in answer.text

    def test_a_refusal_of_inference_is_told_in_its_own_words(self, asking: TestClient) -> None:
        answer = asking.get("/fails/refused")
        assert answer.status_code == 422
        assert answer.json()["detail"] == "that prompt cannot be drawn"

    @pytest.mark.parametrize(("path", "after"), [("/fails/overloaded", "3"), ("/busy", "7")])
    def test_says_when_to_try_again(self, asking: TestClient, path: str, after: str) -> None:
        assert asking.get(path).headers["retry-after"] == after

    def test_anything_else_is_a_plain_500(self, asking: TestClient) -> None:
        answer = asking.get("/fails/nosuch")  # a KeyError inside
        assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
        assert "KeyError" not in answer.text


class TestStreams:
    """An event stream of FastAPI's, whose reader is slow and then goes."""

    @staticmethod
    def read_and_leave(events: Callable[[], AsyncIterator[str]]) -> None:
        app = FastAPI()
        app.add_middleware(LastResort)
        app.get("/events", response_class=EventSourceResponse)(events)

        async def asked() -> None:
            left, sent = asyncio.Event(), []
            messages = iter([{"type": "http.request", "body": b"", "more_body": False}])

            async def receive() -> Message:
                for message in messages:
                    return message
                await left.wait()
                return {"type": "http.disconnect"}

            async def send(message: Message) -> None:
                sent.append(message)
                if len(sent) == 3:
                    for _ in range(20):
                        await asyncio.sleep(0)  # until all that waits for the reader is full
                    left.set()
                    await asyncio.Event().wait()  # until it is canceled

            scope = {
                "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET",
                "scheme": "http", "path": "/events", "raw_path": b"/events", "query_string": b"",
                "headers": [], "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
            }  # fmt: skip
            await asyncio.wait_for(app(scope, receive, send), 20)

        asyncio.run(asked())

    def test_whoever_leaves_is_no_error(self, caplog: pytest.LogCaptureFixture) -> None:
        async def events() -> AsyncIterator[str]:
            while True:
                yield "one more"
                await asyncio.sleep(0)

        self.read_and_leave(events)
        assert caplog.records == []

    def test_what_else_breaks_a_stream_is_told(self, caplog: pytest.LogCaptureFixture) -> None:
        async def events() -> AsyncIterator[str]:
            yield "one"
            raise RuntimeError("the tap is broken")

        with pytest.raises(ExceptionGroup):
            self.read_and_leave(events)
        assert "an error that nothing handled" in caplog.text
