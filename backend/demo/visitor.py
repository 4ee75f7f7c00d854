"""One of the ready people, signed in over HTTP as a browser would be, and speaking to the API."""

from __future__ import annotations

import time
from html.parser import HTMLParser
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx2

TIMEOUT_S: Final = 60.0
_LONGEST_WAIT_S: Final = 60
_FROM_A_PAGE: Final = {"sec-fetch-site": "same-origin"}


class DemoFailed(Exception):
    """The studio said no, or does not answer; the message is for people."""


class Visitor:
    """A person at a studio. Use it in a `with` block, which signs them out again."""

    def __init__(self, base_url: str, email: str) -> None:
        self.email = email
        self._base_url = base_url
        self._http = httpx2.Client(base_url=base_url, timeout=TIMEOUT_S, headers=_FROM_A_PAGE)

    def __enter__(self) -> Self:
        try:
            self._sign_in()
            self.id = str(self.get("/me")["id"])
        except BaseException:
            self._http.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._http.post("/auth/logout")
        self._http.close()

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """Return what the API answers."""
        return self._call("GET", path, params=query)

    def post(self, path: str, json: Any = None, **headers: str) -> Any:  # noqa: ANN401
        """Send `json`, and return the answer."""
        return self._call("POST", path, json=json, headers=headers)

    def patch(self, path: str, json: Any) -> Any:  # noqa: ANN401
        """Change something, and return it."""
        return self._call("PATCH", path, json=json)

    def put(self, path: str, json: Any) -> Any:  # noqa: ANN401
        """Put something, and return it."""
        return self._call("PUT", path, json=json)

    def _call(self, method: str, path: str, **sent: Any) -> Any:  # noqa: ANN401
        until = time.monotonic() + _LONGEST_WAIT_S
        while True:
            answer = self._http.request(method, f"/api/v1{path}", **sent)
            wait = answer.headers.get("retry-after", "")
            if not wait.isdecimal() or time.monotonic() + int(wait) > until:
                break
            time.sleep(int(wait))  # a limit, or the studio is catching its breath
        if answer.is_success:
            return answer.json() if answer.content else None
        raise DemoFailed(f"{method} {path}: {_detail_of(answer)}")

    def _sign_in(self) -> None:
        page_url = self._sent_to(self._http.get("/auth/login"))
        form = _hidden_fields(self._http.get(page_url).text)
        chosen = self._http.post(urlsplit(page_url).path, data={**form, "account": self.email})
        self._http.get(self._sent_to(chosen))

    def _sent_to(self, answer: httpx2.Response) -> str:
        """Return where an answer sends the browser, on this studio."""
        location = answer.headers.get("location", "")
        if not location:
            raise DemoFailed(f"signing in as {self.email} did not work: {_detail_of(answer)}")
        return location.removeprefix(self._base_url)


def _detail_of(answer: httpx2.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the studio answered {answer.status_code}"


def _hidden_fields(html: str) -> dict[str, str]:
    reader = _Fields()
    reader.feed(html)
    return reader.found


class _Fields(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("type") == "hidden":
            self.found[str(named["name"])] = named.get("value") or ""
