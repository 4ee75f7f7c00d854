"""The typed client: each answer of the backend becomes one thing a page can say; no cookie is kept."""

from __future__ import annotations

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.webui.conftest import run_apart
from webui.client import Away, Client, Refused, SignedOut


def ask(app: ASGIApp, call: str, *arguments: object, **named: object) -> object:
    async def asked() -> object:
        client = Client("http://backend", httpx2.ASGITransport(app, raise_app_exceptions=False))
        try:
            return await getattr(client, call)({"cookie": "a=b"}, *arguments, **named)
        finally:
            await client.aclose()

    return run_apart(asked)


def answering(response: Response) -> Starlette:
    async def answer(_request: Request) -> Response:
        return response

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])


def submit(response: Response) -> object:
    return ask(answering(response), "submit", {"prompt": "a hat"}, key="k", origin={})


class TestErrors:
    def test_no_session(self) -> None:
        with pytest.raises(SignedOut):
            submit(JSONResponse({}, 401))

    def test_a_problem_keeps_its_words_and_fields(self) -> None:
        fields = [{"field": "width", "message": "must be 64", "limit": "64", "nearest": 64}]
        problem = {
            "title": "No",
            "status": 422,
            "code": "unprocessable",
            "detail": "width",
            "fields": fields,
        }
        with pytest.raises(Refused) as refused:
            submit(JSONResponse(problem, 422))
        assert refused.value.problem.fields[0].nearest == 64

    @pytest.mark.parametrize("status", [502, 503, 504])
    def test_away_says_when_to_come_back(self, status: int) -> None:
        with pytest.raises(Away) as away:
            submit(JSONResponse({}, status, headers={"retry-after": "9"}))
        assert away.value.retry_after == 9

    def test_a_page_of_somebody_elses_is_no_mystery(self) -> None:
        with pytest.raises(Refused) as refused:
            submit(HTMLResponse("<h1>proxy</h1>", 500))
        assert refused.value.problem.code == "unreadable"

    def test_nobody_there(self) -> None:
        async def asked() -> None:
            client = Client("http://127.0.0.1:9")
            try:
                await client.models({})
            finally:
                await client.aclose()

        with pytest.raises(Away):
            run_apart(asked)

    def test_nobody_signed_in_is_no_error_for_me(self) -> None:
        assert ask(answering(JSONResponse({}, 401)), "me") is None

    def test_an_answer_of_me_that_is_no_person_is_away(self) -> None:
        with pytest.raises(Away):
            ask(answering(JSONResponse({"detail": "x"}, 500)), "me")


class TestForwarding:
    def test_only_what_says_who_asks_goes_along(self) -> None:
        seen: list[dict[str, str]] = []

        async def answer(request: Request) -> Response:
            seen.append(dict(request.headers))
            return JSONResponse({"id": "g1"}, headers={"set-cookie": "session=of-somebody"})

        app = Starlette(routes=[Route("/{path:path}", answer, methods=["POST"])])
        sent = {
            "cookie": "a=b",
            "sec-fetch-site": "same-origin",
            "authorization": "Bearer x",
            "x-evil": "1",
        }

        async def twice() -> None:
            client = Client("http://backend", httpx2.ASGITransport(app))
            await client.submit(sent, {"prompt": "a hat"}, key="k", origin={})
            await client.submit({}, {"prompt": "a hat"}, key="k", origin={})
            await client.aclose()

        run_apart(twice)
        first, second = seen
        assert (first["cookie"], first["sec-fetch-site"], first["idempotency-key"]) == (
            "a=b",
            "same-origin",
            "k",
        )
        assert "authorization" not in first
        assert "x-evil" not in first
        assert "cookie" not in second, "one person's cookie went along with another's call"
