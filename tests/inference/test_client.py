"""How the HTTP client reads answers that are not, or only half, from our app."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from inference.client import EmbeddedInferenceClient, HttpInferenceClient, connect
from inference.protocol import (
    Broken,
    InferenceError,
    InvalidParameters,
    Overloaded,
    Unavailable,
    UnknownModel,
)
from inference.routed import RoutedInferenceClient
from tests.fixtures.inference import asking, heard

pytestmark = pytest.mark.anyio
SSE = {"content-type": "text/event-stream"}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


def answering(handler: Callable[[httpx2.Request], httpx2.Response]) -> HttpInferenceClient:
    return HttpInferenceClient("http://inference", transport=httpx2.MockTransport(handler))


class TestErrors:
    @pytest.mark.parametrize(
        ("answer", "error", "retry_after"),
        [
            (httpx2.Response(429, headers={"retry-after": "3"}, text="Ray is full"), Overloaded, 3),
            (httpx2.Response(502, text="<html>bad gateway</html>"), Unavailable, None),
            (httpx2.Response(500, text="Internal Server Error"), Unavailable, None),
            (httpx2.Response(503, headers={"retry-after": "soon"}), Unavailable, None),
            (httpx2.Response(404, json={"detail": "Not Found"}), Broken, None),
            (
                httpx2.Response(404, json={"code": "unknown_model", "message": "m"}),
                UnknownModel,
                None,
            ),
            (httpx2.Response(422, json={"code": "invalid_parameters"}), InvalidParameters, None),
            (httpx2.Response(500, json={"code": "broken", "message": "m"}), Broken, None),
        ],
    )
    async def test_status_and_body_become_the_error_they_stand_for(
        self, answer: httpx2.Response, error: type[InferenceError], retry_after: float | None
    ) -> None:
        client = answering(lambda _: answer)
        with pytest.raises(error) as raised:
            await heard(client, asking())
        assert type(raised.value) is error
        assert raised.value.retry_after == retry_after

    @pytest.mark.parametrize(
        "failure", [httpx2.ConnectError("refused"), httpx2.ReadTimeout("silence")]
    )
    async def test_a_server_out_of_reach_is_unavailable(
        self, failure: httpx2.TransportError
    ) -> None:
        def fail(_: httpx2.Request) -> httpx2.Response:
            raise failure

        client = answering(fail)
        for asked in (
            heard(client, asking()),
            client.models(),
            client.health(),
            client.cancel("x"),
        ):
            with pytest.raises(Unavailable):
                await asked

    async def test_somebody_elses_server_is_not_healthy(self) -> None:
        with pytest.raises(Unavailable, match="something else answers"):
            await answering(lambda _: httpx2.Response(200, text="hello")).health()


class TestStream:
    async def test_an_event_cut_into_pieces_is_put_together(self) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for piece in (
                b"id: 1\nevent: sta",
                b"rted\ndata: {",
                b'"type":"started"}\n',
                b"\n: hear",
            ):
                yield piece
            yield b'tbeat\n\nevent: done\ndata: {"type":"done"}\n\n'

        client = answering(lambda _: httpx2.Response(200, headers=SSE, content=pieces()))
        assert [event.type for event in await heard(client, asking())] == ["started", "done"]

    async def test_one_that_ends_before_its_end_is_unavailable(self) -> None:
        text = 'event: started\ndata: {"type":"started"}\n\n'
        client = answering(lambda _: httpx2.Response(200, headers=SSE, text=text))
        with pytest.raises(Unavailable, match="half-way") as raised:
            await heard(client, asking())
        assert raised.value.retryable

    async def test_one_that_breaks_off_is_unavailable(self) -> None:
        async def breaking() -> AsyncIterator[bytes]:
            yield b'event: started\ndata: {"type":"started"}\n\n'
            raise httpx2.ReadError("connection reset")

        client = answering(lambda _: httpx2.Response(200, headers=SSE, content=breaking()))
        with pytest.raises(Unavailable, match="connection reset"):
            await heard(client, asking())

    async def test_sends_only_what_was_asked_so_that_the_model_fills_in_the_rest(self) -> None:
        sent: list[bytes] = []

        def keep(request: httpx2.Request) -> httpx2.Response:
            sent.append(request.read())
            return httpx2.Response(200, headers=SSE, text='data: {"type":"done"}\n\n')

        request = asking(prompt="a hat")
        await heard(answering(keep), request)
        assert sent == [f'{{"id":"{request.id}","parameters":{{"prompt":"a hat"}}}}'.encode()]


class TestConnect:
    async def test_picks_by_scheme(self, tmp_path: Path) -> None:
        embedded = connect("embedded:", data_dir=tmp_path)
        ray = connect("ray:", data_dir=tmp_path)
        assert isinstance(embedded, EmbeddedInferenceClient)
        assert isinstance(ray, EmbeddedInferenceClient)
        assert (embedded.process.kind, ray.process.kind) == ("uvicorn", "ray")
        assert type(connect("https://gpu.example:8000", data_dir=tmp_path)) is HttpInferenceClient

    async def test_several_addresses_are_one_client(self, tmp_path: Path) -> None:
        client = connect("http://gpu.example/m/sd14, http://gpu.example/m/sdxl", data_dir=tmp_path)
        assert type(client) is RoutedInferenceClient
        await client.aclose()

    @pytest.mark.parametrize(
        "url",
        ["", "http:", "localhost:8000", "embedded:here", "grpc://x", "http://a,", "http://a,ray:"],
    )
    async def test_refuses_anything_else(self, tmp_path: Path, url: str) -> None:
        with pytest.raises(ValueError, match="must be embedded:, ray: or start with http"):
            connect(url, data_dir=tmp_path)

    async def test_one_that_was_never_used_has_nothing_to_close(self, tmp_path: Path) -> None:
        client = connect("embedded:", data_dir=tmp_path)
        assert isinstance(client, EmbeddedInferenceClient)
        async with asyncio.timeout(1):
            await client.aclose()
        assert client.process.pid is None
