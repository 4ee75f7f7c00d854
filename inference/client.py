"""Who can be asked to draw: a server over HTTP, several, or an engine in this process. `connect` picks.

Both behave as `protocol.InferenceClient` says and raise its typed errors. Imports no torch; an
engine's own thread does that.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2

from inference.asking import asking
from inference.embedded import KINDS, EmbeddedInference
from inference.protocol import (
    Broken,
    Done,
    Failed,
    GenerationEvent,
    GenerationRequest,
    InferenceClient,
    InferenceError,
    InferenceHealth,
    ModelCard,
    Overloaded,
    PromptLength,
    Unavailable,
    error_of,
    generation_event,
)
from inference.routed import RoutedInferenceClient

if TYPE_CHECKING:
    from inference.engine import Engine

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 30.0
SILENCE_SECONDS = 35.0  # a stream's heartbeat comes every 10
MAX_EVENT_BYTES = 1024 * 1024
_TIMEOUT = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS)
_STREAM_TIMEOUT = httpx2.Timeout(SILENCE_SECONDS, connect=CONNECT_SECONDS)


class HttpInferenceClient:
    """An inference app at `base_url`: under uvicorn, in Ray Serve, next door or far away."""

    def __init__(
        self, base_url: str = "", *, transport: httpx2.AsyncBaseTransport | None = None
    ) -> None:
        self._base_url = base_url
        self._http = httpx2.AsyncClient(
            timeout=_TIMEOUT,
            limits=httpx2.Limits(max_connections=None, max_keepalive_connections=20),
            transport=transport,
            trust_env=False,
        )

    async def start(self) -> None:
        """Nothing to start; the embedded twin has."""

    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        """See `protocol.InferenceClient.generate`."""
        body = request.model_dump(mode="json", exclude_unset=True)
        url = await self._url("/v1/generate")
        with asking("inference: generate") as headers:
            try:
                async with self._http.stream(
                    "POST", url, json=body, headers=headers, timeout=_STREAM_TIMEOUT
                ) as answer:
                    await _raise_for(answer)
                    async for event in _events(answer):
                        yield event
            except httpx2.TransportError as error:
                raise _unavailable(error) from error

    async def image(self, generation_id: str, index: int) -> bytes:
        """See `protocol.InferenceClient.image`."""
        with asking("inference: image") as headers:
            path = f"/v1/jobs/{generation_id}/images/{index}"
            return (await self._ask("GET", path, headers=headers)).content

    async def cancel(self, generation_id: str) -> None:
        """See `protocol.InferenceClient.cancel`."""
        await self._ask("DELETE", f"/v1/jobs/{generation_id}")

    async def models(self) -> list[ModelCard]:
        """See `protocol.InferenceClient.models`."""
        answer = await self._ask("GET", "/v1/models")
        return [ModelCard.model_validate(card) for card in answer.json()]

    async def length_of(self, prompt: str, model: str | None = None) -> PromptLength:
        """See `protocol.InferenceClient.length_of`."""
        asked = {"prompt": prompt} | ({"model": model} if model is not None else {})
        answer = await self._ask("POST", "/v1/prompts/length", json=asked)
        return PromptLength.model_validate_json(answer.content)

    async def health(self) -> InferenceHealth:
        """See `protocol.InferenceClient.health`."""
        answer = await self._ask("GET", "/readyz", also_good=503)
        try:
            return InferenceHealth.model_validate_json(answer.content)
        except ValueError as error:
            raise Unavailable(f"something else answers at {answer.url}") from error

    async def aclose(self) -> None:
        """See `protocol.InferenceClient.aclose`."""
        await self._http.aclose()

    async def _url(self, path: str) -> str:
        return self._base_url.rstrip("/") + path

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        json: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        also_good: int | None = None,
    ) -> httpx2.Response:
        try:
            url = await self._url(path)
            answer = await self._http.request(method, url, json=json, headers=headers)
        except httpx2.TransportError as error:
            raise _unavailable(error) from error
        if answer.status_code != also_good:
            await _raise_for(answer)
        return answer


class EmbeddedInferenceClient(HttpInferenceClient):
    """A server that this client starts as a child process, watches over, and ends with itself."""

    def __init__(self, process: EmbeddedInference) -> None:
        super().__init__()
        self.process = process

    async def start(self) -> None:
        """Start the child; returns when it listens, which is before its model is loaded."""
        await self.process.start()

    async def aclose(self) -> None:
        """Stop the child too."""
        await super().aclose()
        await self.process.stop()

    async def _url(self, path: str) -> str:
        return await self.process.url() + path


class InProcessInferenceClient:
    """The same without HTTP, for tests and for hosts that own an engine. Does not own it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def start(self) -> None:
        """Nothing to start; the engine is the caller's."""

    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        """See `protocol.InferenceClient.generate`."""
        generation = self._engine.submit(request)
        async with aclosing(generation.mailbox.follow()) as letters:
            async for letter in letters:
                if letter is not None:
                    yield letter.event

    async def image(self, generation_id: str, index: int) -> bytes:
        """See `protocol.InferenceClient.image`."""
        return self._engine.image(generation_id, index)

    async def cancel(self, generation_id: str) -> None:
        """See `protocol.InferenceClient.cancel`."""
        self._engine.cancel(generation_id)

    async def models(self) -> list[ModelCard]:
        """See `protocol.InferenceClient.models`."""
        return self._engine.models()

    async def length_of(self, prompt: str, model: str | None = None) -> PromptLength:
        """See `protocol.InferenceClient.length_of`."""
        return self._engine.length_of(prompt, model)

    async def health(self) -> InferenceHealth:
        """See `protocol.InferenceClient.health`."""
        return self._engine.health()

    async def aclose(self) -> None:
        """See `protocol.InferenceClient.aclose`."""


def connect(url: str, *, data_dir: Path) -> InferenceClient:
    """Return the client that `url` names: `embedded:`, `ray:` or the http(s) address of a server.

    Several addresses with commas between are several apps, each with models of its own.

    Embedded ones start on first use, or by `await client.start()`, and log into `data_dir`.

    Raises:
        ValueError: It names none of them.
    """
    addresses = [address.strip() for address in url.split(",")]
    if addresses[0] in {f"{kind}:" for kind in KINDS}:
        return EmbeddedInferenceClient(EmbeddedInference(KINDS[addresses[0][:-1]], data_dir))
    if not all(address.startswith(("http://", "https://")) for address in addresses):
        raise ValueError(
            "the inference URL must be embedded:, ray: or start with http:// or https:// "
            f"(several with commas between), not {url!r}"
        )
    clients = [HttpInferenceClient(address) for address in addresses]
    return clients[0] if len(clients) == 1 else RoutedInferenceClient(clients)


async def _events(answer: httpx2.Response) -> AsyncIterator[GenerationEvent]:
    """Yield the events of a stream; one that stops before its last event counts as broken off."""
    source = httpx2.EventSource(answer, max_event_size=MAX_EVENT_BYTES)
    async for message in source:
        event = generation_event.validate_json(message.data)
        yield event
        if isinstance(event, Done | Failed):
            return
    raise Unavailable("the inference server ended the stream half-way")


async def _raise_for(answer: httpx2.Response) -> None:
    """Turn an error answer into the error it stands for, ours or a proxy's."""
    if answer.is_success:
        return
    told = _problem(await answer.aread())
    after = _seconds(answer.headers.get("retry-after"))
    if told:
        raise error_of(str(told["code"]), str(told.get("message", "")), retry_after=after)
    raise _foreign(answer.status_code, after)


def _problem(body: bytes) -> dict[str, Any]:
    """Return the error the inference app tells in `body`; empty if somebody else answered."""
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) and "code" in told else {}


def _foreign(status: int, after: float | None) -> InferenceError:
    """Return what a status means that comes from a proxy, or from Ray, and not from our app."""
    said = f"the inference server answered {status}"
    if status == Overloaded.http_status:
        return Overloaded(said, retry_after=after)
    if status >= Broken.http_status:
        return Unavailable(said, retry_after=after)
    return Broken(said)


def _seconds(header: str | None) -> float | None:
    try:
        return float(header) if header else None
    except ValueError:
        return None


def _unavailable(error: httpx2.TransportError) -> Unavailable:
    what = str(error) or type(error).__name__
    return Unavailable(f"the inference server cannot be reached: {what}", retry_after=2)
