"""Clients that ask for generations and look at them, each request written down with when it began and how it ended.

Every submission has a key of its own and is sent again, as a careful client does, when its connection broke or a
proxy answered 502: the same key is the same generation.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx2

from tests.fixtures.nginx import Nginx

CLIENTS, READERS = 8, 2
AGAIN_S, TRIES = 0.1, 40
BROKEN = 0


class Sent(NamedTuple):
    """One request; `status` is `BROKEN` where there was no answer."""

    method: str
    began: float
    ended: float
    status: int


@dataclass
class Load:
    """What was asked through `nginx` with `key`, and what came of it."""

    nginx: Nginx
    key: str
    sent: list[Sent] = field(default_factory=list)
    accepted: dict[str, str] = field(default_factory=dict)
    """Generation ids by idempotency key."""
    enough: threading.Event = field(default_factory=threading.Event)

    @property
    def refused(self) -> list[Sent]:
        """What did not go well for a client: 5xx, or no answer."""
        return [one for one in self.sent if one.status == BROKEN or one.status >= 500]

    def in_flight(self, moment: float) -> int:
        """Return how many of `refused` were under way at `moment`, seconds of the monotonic clock."""
        return sum(one.began <= moment <= one.ended for one in self.refused)

    def client(self) -> httpx2.Client:
        """Return a client of nginx's, open."""
        return httpx2.Client(
            base_url=self.nginx.url,
            headers={"Authorization": f"Bearer {self.key}"},
            verify=self.nginx.trust,
            timeout=30,
            trust_env=False,
        )

    def ask(
        self, client: httpx2.Client, method: str, path: str, **what: Any
    ) -> httpx2.Response | None:
        """Send once; return the answer, None if there was none."""
        began, answer, status = time.monotonic(), None, BROKEN
        try:
            answer = client.request(method, path, **what)
            status = answer.status_code
        except httpx2.TransportError:
            pass
        self.sent.append(Sent(method, began, time.monotonic(), status))
        return answer

    def submit(self, client: httpx2.Client, key: str) -> str:
        """Have it accepted, if need be by asking again; return its id."""
        body = {"prompt": f"a red dress, {key}", "num_inference_steps": 4}
        for _ in range(TRIES):
            answer = self.ask(client, "POST", "/api/v1/generations", json=body, headers={"Idempotency-Key": key})  # fmt: skip
            if answer is not None and answer.status_code in {200, 202}:
                return str(answer.json()["id"])
            assert answer is None or answer.status_code == 502, answer.text
            time.sleep(AGAIN_S)
        raise AssertionError(f"{key} was never accepted")

    def submit_each(self, keys: Iterator[str], pace: Callable[[], None]) -> None:
        """Submit until there are no more keys."""
        with self.client() as client:
            for key in keys:
                self.accepted[key] = self.submit(client, key)
                pace()

    def look(self) -> None:
        """Read until it is enough: the list, and who one is."""
        with self.client() as client:
            while not self.enough.is_set():
                self.ask(client, "GET", "/api/v1/generations?limit=5")
                self.ask(client, "GET", "/api/v1/me")
                self.enough.wait(0.02)


class _Shared:
    """An iterator that several threads take from."""

    def __init__(self, keys: Iterator[str]) -> None:
        self._keys, self._lock = keys, threading.Lock()

    def __iter__(self) -> _Shared:
        return self

    def __next__(self) -> str:
        with self._lock:
            return next(self._keys)


@contextmanager
def under_load(load: Load, keys: Iterator[str], pace_s: float = 0.0) -> Iterator[Load]:
    """Ask for one generation for each of `keys` and look at them while the block lasts and there are keys left.

    Each client waits `pace_s` between two submissions. What went wrong in a client is raised at the end.
    """
    shared = _Shared(keys)
    with ThreadPoolExecutor(CLIENTS + READERS) as pool:
        writing = [
            pool.submit(load.submit_each, shared, lambda: time.sleep(pace_s))
            for _ in range(CLIENTS)
        ]
        reading = [pool.submit(load.look) for _ in range(READERS)]
        try:
            yield load
        finally:
            _join(writing)
            load.enough.set()
            _join(reading)
    for done in (*writing, *reading):
        done.result()


def _join(futures: list[Future[None]]) -> None:
    for future in futures:
        future.exception()
