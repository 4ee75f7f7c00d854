"""The backend as a signed-in person sees it: HTTP, with that person's cookie, and nothing kept.

Every call forwards the browser's own cookie and its Fetch-Metadata, so that permissions and the
cross-site check are the backend's alone. The jar keeps no cookie: a shared client with a memory would
serve one person as another.

    CallFailed
    ├── SignedOut   401: no session, or one that has ended
    ├── Refused     the backend said no; `problem` says why, for people
    └── Away        nothing answered, or it cannot serve yet; `retry_after` seconds
"""

from __future__ import annotations

from collections.abc import Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final
from urllib.parse import urlencode

import httpx2
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from backend.kit.errors import Maintenance, Problem
from backend.screening.schemas import Finding

FORWARDED: Final = (
    "cookie", "origin", "sec-fetch-site", "x-request-id", "traceparent", "x-forwarded-for",
)  # fmt: skip
TIMEOUT_S: Final = 15.0


class Accepted(BaseModel):
    """What is read of the answer to a submission: its id, and what the policy says of its words."""

    id: str
    words: list[Finding] = []


class CallFailed(Exception):
    """A call to the backend brought no answer that can be used."""


class SignedOut(CallFailed):
    """No session, or one that has ended."""


class Refused(CallFailed):
    """The backend said no."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class Away(CallFailed):
    """Nothing answered, or it cannot serve yet."""

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__("the backend does not answer")
        self.retry_after = retry_after


class Person(BaseModel):
    """Who is signed in, as far as pages need to know."""

    model_config = ConfigDict(frozen=True)

    id: str
    permissions: frozenset[str]


class Offer(BaseModel):
    """What the form needs of a model on offer: its name, its usual size and its largest."""

    class Defaults(BaseModel):
        """The size it draws when nobody asks, in pixels."""

        width: int
        height: int

    name: str
    defaults: Defaults
    max_pixels: int


_offers: Final = TypeAdapter(list[Offer])


class Client:
    """Calls the backend at `base_url`, in this process when a `transport` is given."""

    def __init__(self, base_url: str, transport: httpx2.AsyncBaseTransport | None = None) -> None:
        self._http = httpx2.AsyncClient(
            base_url=base_url,
            transport=transport,
            timeout=TIMEOUT_S,
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        )

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def me(self, headers: Mapping[str, str]) -> Person | None:
        """Return who sent `headers`, or None when nobody is signed in.

        Raises:
            Away: The backend did not answer.
        """
        try:
            response = await self._call("GET", "/api/v1/me", headers)
        except SignedOut:
            return None
        except Refused as refusal:
            raise Away from refusal
        return Person.model_validate_json(response.content)

    async def models(self, headers: Mapping[str, str]) -> list[Offer]:
        """Return the models on offer; the first is the default.

        Raises:
            CallFailed: See the tree above.
        """
        response = await self._call("GET", "/api/v1/models", headers)
        return _offers.validate_json(response.content)

    async def submit(
        self,
        headers: Mapping[str, str],
        parameters: Mapping[str, object],
        *,
        key: str,
        origin: Mapping[str, str],
    ) -> Accepted:
        """Ask for a generation. The same `key` never starts a second one.

        `origin` names the `gallery` that its images go into and the `parent` image, where there are any.

        Raises:
            CallFailed: See the tree above.
        """
        sent = {**headers, "idempotency-key": key}
        path = f"/api/v1/generations?{urlencode(origin)}"
        response = await self._call("POST", path, sent, json=parameters)
        return Accepted.model_validate_json(response.content)

    async def price(self, headers: Mapping[str, str], parameters: Mapping[str, object]) -> float:
        """Return what such a generation would cost, in credits.

        Raises:
            CallFailed: See the tree above.
        """
        path = "/api/v1/generations?dry_run=true"
        response = await self._call("POST", path, headers, json=parameters)
        return float(response.json()["credits"])

    async def _call(
        self, method: str, path: str, headers: Mapping[str, str], *, json: object = None
    ) -> httpx2.Response:
        kept = {
            name: headers[name] for name in (*FORWARDED, "idempotency-key") if headers.get(name)
        }
        try:
            response = await self._http.request(method, path, headers=kept, json=json)
        except httpx2.TransportError as error:
            raise Away from error
        if response.is_success:
            return response
        raise _failure(response)


def _failure(response: httpx2.Response) -> CallFailed:
    """Return what an unsuccessful answer means to the person who asked."""
    if response.status_code == httpx2.codes.UNAUTHORIZED:
        return SignedOut("sign in first")
    if response.status_code in (502, 503, 504) and not _says_maintenance(response):
        return Away(_seconds(response.headers.get("retry-after", "")))
    try:
        return Refused(Problem.model_validate_json(response.content))
    except ValidationError:
        return Refused(_unreadable(response.status_code))


def _says_maintenance(response: httpx2.Response) -> bool:
    """Say whether the backend is there and refuses on purpose, with words for people."""
    try:
        return Problem.model_validate_json(response.content).code == Maintenance.code
    except ValidationError:
        return False


def _seconds(written: str, otherwise: int = 5) -> int:
    return int(written) if written.isdecimal() else otherwise


def _unreadable(status: int) -> Problem:
    """Return a problem for an answer that no part of ours wrote, such as a proxy's page."""
    return Problem(
        title="Something went wrong",
        status=status,
        code="unreadable",
        detail="The studio answered in a way these pages do not understand. Try again.",
    )
