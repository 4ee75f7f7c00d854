"""Whoever is shut out hears nothing more within a second, from whatever process and by whatever deed."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI
from sqlmodel import col, delete

from backend.accounts.cookies import PLAIN_COOKIE
from backend.accounts.models import Standing, User, UserSession
from backend.app import create_app
from backend.kit.database import Database
from backend.kit.settings import Settings
from tests.fixtures.actors import FROM_A_PAGE, add_key, add_session, add_user
from tests.fixtures.app import QUIET, serve
from tests.fixtures.scripted import ScriptedInference
from tests.fixtures.telling import Tell

pytestmark = pytest.mark.serial  # it measures seconds

WITHIN_S = 1.0
PATIENCE_S = 15.0


class Tab:
    """An event stream that stays open, read to its end by a thread of its own."""

    def __init__(self, opened: ExitStack, client: httpx2.Client, path: str) -> None:
        self.response = opened.enter_context(client.stream("GET", f"/api/v1{path}"))
        opened.callback(self._hang_up)
        assert self.response.status_code == 200
        self._began, self._over = threading.Event(), threading.Event()
        self.ended_at = 0.0
        threading.Thread(target=self._read, daemon=True).start()
        assert self._began.wait(PATIENCE_S)

    def _hang_up(self) -> None:
        """End what is being read: closing it would wait until something comes."""
        line = self.response.extensions["network_stream"].get_extra_info("socket")
        with suppress(OSError):  # it has ended already
            line.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            for _ in self.response.iter_raw():
                self._began.set()
        except httpx2.HTTPError:
            return  # the test was over first
        self.ended_at = time.monotonic()
        self._over.set()

    @property
    def open(self) -> bool:
        return not self._over.is_set()

    def seconds_from(self, moment: float) -> float:
        """Return how long after `moment`, when the deed was done, it ended; it may have been quicker."""
        assert self._over.wait(PATIENCE_S), "the stream stayed open"
        return max(0.0, self.ended_at - moment)


@dataclass
class Door:
    """Two processes' worth of studio on one database."""

    urls: list[str]
    database: Database
    opened: ExitStack

    def client(self, number: int, **headers: str) -> httpx2.Client:
        timeout = httpx2.Timeout(PATIENCE_S, read=PATIENCE_S)
        client = httpx2.Client(base_url=self.urls[number], headers=headers, timeout=timeout)
        return self.opened.enter_context(client)

    def browser(self, number: int, user: User, **session: str) -> httpx2.Client:
        cookie = f"{PLAIN_COOKIE}={add_session(self.database, user, **session)}"
        return self.client(number, cookie=cookie, **FROM_A_PAGE)

    def program(self, number: int, user: User) -> httpx2.Client:
        return self.client(number, authorization=f"Bearer {add_key(self.database, user)}")

    def tab(self, client: httpx2.Client, path: str = "/events") -> Tab:
        return Tab(self.opened, client, path)

    def person(self, role: str = "designer") -> User:
        return add_user(self.database, role)


@pytest.fixture
def door(database: Database, tmp_path: Path) -> Iterator[Door]:
    def build(port: int) -> FastAPI:
        settings = Settings(
            data_dir=tmp_path / str(port), port=port, database_url=database.url, **QUIET
        )
        return create_app(settings, inference=ScriptedInference())

    # SQLite is one process's, but the doors here share this one.
    with ExitStack() as servers:
        urls = [servers.enter_context(serve(build)) for _ in range(2)]
        with ExitStack() as opened:
            yield Door(urls, database, opened)


def by_an_administrator(_door: Door, ada: httpx2.Client, user: User) -> None:
    answer = ada.patch(f"/api/v1/people/{user.id}", json={"standing": "deactivated"})
    assert answer.status_code == 200, answer.text


def by_hand(door: Door, _ada: httpx2.Client, user: User) -> None:
    with door.database.write() as session:
        session.get_one(User, user.id).standing = Standing.DEACTIVATED


@pytest.mark.parametrize("deed", [by_an_administrator, by_hand])
def test_of_somebody_deactivated_every_stream_ends(
    door: Door, deed: Callable[..., None], tell: Tell
) -> None:
    dana = door.person()
    browser, program = door.browser(1, dana), door.program(0, dana)
    ada = door.program(0, door.person("admin"))
    ada.post("/api/v1/queue/drain").raise_for_status()
    asked = program.post("/api/v1/generations", json={"prompt": "a hat"}).json()["id"]
    mine = [
        door.tab(browser),
        door.tab(program),
        door.tab(browser, f"/generations/{asked}/events"),
    ]
    other = door.tab(door.browser(1, door.person()))
    deed(door, ada, dana)
    began = time.monotonic()
    took = [tab.seconds_from(began) for tab in mine]
    tell({"database": door.database.url.partition(":")[0], "streams_ended_s": took})
    assert max(took) < WITHIN_S
    assert other.open
    assert {one.get("/api/v1/events").status_code for one in (browser, program)} == {401}
    if deed is by_an_administrator:
        entries = ada.get("/api/v1/audit", params={"subject": f"generation:{asked}"}).json()
        assert entries["items"][0]["verb"] == "generation.cancel"


def test_what_ends_one_session_or_one_key_ends_its_streams_and_no_other(
    door: Door, tell: Tell
) -> None:
    dana = door.person()
    here, there = (door.browser(number, dana) for number in (0, 1))
    gone = door.browser(1, dana, user_agent="gone")
    kept = door.program(1, dana)
    made = here.post("/api/v1/me/api-keys", json={"name": "k"}).json()
    program = door.client(1, authorization=f"Bearer {made['key']}")
    tabs = [door.tab(one) for one in (there, program, gone, here, kept)]
    there.post("/auth/logout").raise_for_status()
    began = time.monotonic()
    took = [tabs[0].seconds_from(began)]
    here.delete(f"/api/v1/me/api-keys/{made['id']}").raise_for_status()
    began = time.monotonic()
    took.append(tabs[1].seconds_from(began))
    assert tabs[2].open
    with door.database.write() as session:
        session.exec(delete(UserSession).where(col(UserSession.user_agent) == "gone"))
    began = time.monotonic()
    took.append(tabs[2].seconds_from(began))
    tell({"database": door.database.url.partition(":")[0], "streams_ended_s": took})
    assert max(took) < WITHIN_S
    assert tabs[3].open
    assert tabs[4].open


def test_what_an_administrator_ends_in_an_emergency_ends_its_streams_and_no_other(
    door: Door, tell: Tell
) -> None:
    dana, ada = door.person(), door.program(0, door.person("admin"))
    browsers = [door.browser(number, dana) for number in (0, 1)]
    made = browsers[0].post("/api/v1/me/api-keys", json={"name": "leaked"}).json()
    leaked, kept = door.client(1, authorization=f"Bearer {made['key']}"), door.program(0, dana)
    tabs = [door.tab(one) for one in (*browsers, leaked, kept)]
    ada.delete(f"/api/v1/people/{dana.id}/api-keys/{made['id']}").raise_for_status()
    began = time.monotonic()
    took = [tabs[2].seconds_from(began)]
    assert tabs[0].open
    ada.delete(f"/api/v1/people/{dana.id}/sessions").raise_for_status()
    began = time.monotonic()
    took += [tab.seconds_from(began) for tab in tabs[:2]]
    tell({"database": door.database.url.partition(":")[0], "streams_ended_s": took})
    assert max(took) < WITHIN_S
    assert tabs[3].open
    assert {one.get("/api/v1/me").status_code for one in (*browsers, leaked)} == {401}


def test_a_stream_begins_anew_when_its_owner_may_do_something_else(door: Door) -> None:
    mira = door.browser(1, door.person("marketing"))
    tab = door.tab(mira)
    ada = door.program(0, door.person("admin"))
    wanted = {"permissions": ["browse", "generate"]}
    ada.patch("/api/v1/roles/marketing", json=wanted).raise_for_status()
    began = time.monotonic()
    assert tab.seconds_from(began) < WITHIN_S
    assert door.tab(mira).open
