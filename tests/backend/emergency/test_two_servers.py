"""How long an image is still handed out anywhere after it was taken down, with two API processes on PostgreSQL.

`pytest tests/backend/emergency/test_two_servers.py` prints the figures of docs/moderation.md.
"""

from __future__ import annotations

import json
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import httpx2
import pytest
from fastapi import FastAPI

from backend.accounts.cookies import session_cookie_name
from backend.accounts.models import User
from backend.app import create_app
from backend.kit.database import Database
from backend.kit.settings import Settings
from tests.fixtures.actors import FROM_A_PAGE, add_key, add_session, add_user
from tests.fixtures.app import QUIET, serve
from tests.fixtures.colours import detail_of
from tests.fixtures.scripted import CARD, ScriptedInference
from tests.fixtures.telling import Tell

pytestmark = pytest.mark.serial
PATIENCE_S = 15.0
WITHIN_S = 5.0
WHY = {"category": "restricted", "reason": "It shows a real person."}


class Pair:
    """Two processes' worth of studio on one database, with one drawing inference and one folder of files."""

    def __init__(self, opened: ExitStack, database: Database, folder: Path) -> None:
        self._opened, self._database = opened, database
        self.inference = ScriptedInference()

        def build(port: int) -> FastAPI:
            settings = Settings(
                data_dir=folder / str(port), port=port, database_url=database.url,
                storage_url=f"file:{folder / 'images'}", **QUIET,
            )  # fmt: skip
            self._settings = settings
            return create_app(settings, inference=self.inference)

        self.urls = [opened.enter_context(serve(build)) for _ in range(2)]

    def person(self, role: str, at: int) -> httpx2.Client:
        key = {"authorization": f"Bearer {add_key(self._database, add_user(self._database, role))}"}
        return self._at(at, key)

    def user(self, role: str) -> User:
        return add_user(self._database, role)

    def key_of(self, user: User, at: int) -> httpx2.Client:
        return self._at(at, {"authorization": f"Bearer {add_key(self._database, user)}"})

    def browser(self, role: str, at: int) -> httpx2.Client:
        user = add_user(self._database, role)
        name = session_cookie_name(self._settings)
        cookie = {"cookie": f"{name}={add_session(self._database, user)}"}
        return self._at(at, {**FROM_A_PAGE, **cookie})

    def guest(self, at: int) -> httpx2.Client:
        return self._at(at, {})

    def _at(self, at: int, headers: dict[str, str]) -> httpx2.Client:
        client = httpx2.Client(base_url=self.urls[at], headers=headers, timeout=PATIENCE_S)
        return self._opened.enter_context(client)


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def pair(opened: ExitStack, postgres_database: Database, tmp_path: Path) -> Pair:
    return Pair(opened, postgres_database, tmp_path)


def drawn(person: httpx2.Client, gallery: str) -> str:
    asked = person.post(f"/api/v1/generations?gallery={gallery}", json={"prompt": "a dress"}).json()
    person.get(f"/api/v1/generations/{asked['id']}/events").read()
    told = person.get(f"/api/v1/generations/{asked['id']}").json()
    return str(told["images"][0]["id"])


def seconds_until(gone: Callable[[], bool], began: float) -> float:
    while not gone():
        assert time.monotonic() - began < PATIENCE_S, "it is still there"
    return time.monotonic() - began


def test_it_is_gone_everywhere_within_five_seconds(
    pair: Pair, opened: ExitStack, tell: Tell
) -> None:
    dana, ada, eli = (
        pair.browser("designer", 0),
        pair.person("admin", 0),
        pair.person("designer", 1),
    )
    shared = {"name": "A", "visibility": "everyone"}
    gallery = dana.post("/api/v1/galleries", json=shared).json()["id"]
    image = drawn(dana, gallery)
    link = dana.post(f"/api/v1/galleries/{gallery}/links", json={"downloads": "full"}).json()
    token, guest = urlsplit(link["url"]).path, pair.guest(1)
    here, there = f"/api/v1/images/{image}/content", f"{token}/images/{image}"
    page = guest.get(token).text
    asks = unescape(page.partition('data-shown-at="')[2].partition('"')[0])
    tags = {at: person.get(at).headers["etag"] for person, at in ((eli, here), (guest, there))}

    def is_kept(person: httpx2.Client, at: str) -> bool:
        return person.get(at, headers={"If-None-Match": tags[at]}).status_code == 304

    def is_in_a_zip(person: httpx2.Client) -> bool:
        body = {"image_ids": [image]}
        answer = person.post("/api/v1/library/export", json=body)
        files = ZipFile(BytesIO(answer.content)).namelist() if answer.status_code == 200 else []
        return any(name.endswith(".webp") for name in files)

    shows: dict[str, Callable[[], bool]] = {
        "a gallery, in the other process": lambda: (
            image in eli.get("/api/v1/library", params={"gallery": gallery}).text
        ),
        "the cover of a gallery": lambda: image in eli.get(f"/api/v1/galleries/{gallery}").text,
        "the page of a share link": lambda: image in guest.get(token).text,
        "an open page of a share link, when it asks": lambda: image in guest.get(asks).text,
        "the file of a share link": lambda: guest.get(there).status_code == 200,
        "the file, in the other process": lambda: eli.get(here).status_code == 200,
        "the file, kept by a browser": lambda: is_kept(eli, here),
        "the file of a link, kept by a browser": lambda: is_kept(guest, there),
        "its author": lambda: dana.get(here).status_code == 200,
        "thumbs": lambda: b"RIFF" in eli.get(f"/api/v1/library/thumbs?id={image}").content,
        "a zip": lambda: is_in_a_zip(eli),
    }
    assert [name for name, is_shown in shows.items() if not is_shown()] == []
    stream = opened.enter_context(eli.stream("GET", "/api/v1/events"))
    events = iter(httpx2.EventSource(stream))
    assert next(events).event == "snapshot"
    took: dict[str, float] = {}

    def listen(began: float) -> None:
        told = next(one for one in events if one.event == "withdrawn")
        if image in told.data:
            took["somebody else's open tab, in the other process"] = time.monotonic() - began

    began = time.monotonic()
    listening = threading.Thread(target=listen, args=(began,))
    listening.start()
    ada.post(f"/api/v1/images/{image}/takedown", json=WHY).raise_for_status()
    took["whoever took it down is answered"] = time.monotonic() - began
    for name, is_shown in shows.items():
        took[name] = seconds_until(lambda: not is_shown(), began)  # noqa: B023
    listening.join(PATIENCE_S)
    tell({name: round(seconds, 3) for name, seconds in took.items()})
    assert len(took) == len(shows) + 2
    assert max(took.values()) <= WITHIN_S


@pytest.mark.parametrize("scope", ["model", "everything"])
def test_a_stop_holds_in_the_other_process(pair: Pair, scope: str, tell: Tell) -> None:
    ada, eli = pair.person("admin", 0), pair.person("designer", 1)
    with pair.inference.hold():
        running: Any = eli.post("/api/v1/generations", json={"prompt": "a dress"}).json()
        pair.inference.wait_until_held()
        name = CARD.name if scope == "model" else ""
        wanted = {"scope": scope, "name": name, "reason": "It draws what it should not."}
        began = time.monotonic()
        stop = ada.post("/api/v1/emergency/stops", json=wanted).json()["stop"]
        refused = eli.post("/api/v1/generations", json={"prompt": "a hat"})
        assert refused.status_code in {422, 503}
        assert wanted["reason"] in refused.json()["detail"]
        refused_after = time.monotonic() - began

        def has_ended() -> bool:
            told = eli.get(f"/api/v1/generations/{running['id']}").json()
            return told["state"] == "failed" and wanted["reason"] in told["error"]["message"]

        ended_after = seconds_until(has_ended, began)
    tell({"stopped": scope, "refused": round(refused_after, 3), "ended": round(ended_after, 3)})
    assert ended_after <= WITHIN_S
    assert [one["reason"] for one in eli.get("/api/v1/notice").json()["stops"]] == [
        wanted["reason"]
    ]
    ada.post(f"/api/v1/emergency/stops/{stop['id']}/lift").raise_for_status()
    assert eli.post("/api/v1/generations", json={"prompt": "a hat"}).status_code == 202


def test_of_what_is_held_both_processes_show_colours_only(pair: Pair, opened: ExitStack) -> None:
    """Whoever listens late, at whichever process, is told what the hub remembers: no shape of it is there."""
    user = pair.user("designer")
    seen: dict[str, list[str]] = {"a dress": [], "a dress with motif": []}
    for prompt, found in seen.items():
        with pair.inference.hold():
            asked = pair.key_of(user, 0).post("/api/v1/generations", json={"prompt": prompt}).json()
            pair.inference.wait_until_held()
            for at in (0, 1):
                path = f"/api/v1/generations/{asked['id']}/events"
                stream = opened.enter_context(pair.key_of(user, at).stream("GET", path))
                heard = iter(httpx2.EventSource(stream))
                found.append(next(one.data for one in heard if one.event == "preview"))
            everything = opened.enter_context(pair.key_of(user, 1).stream("GET", "/api/v1/events"))
            snapshot = json.loads(next(iter(httpx2.EventSource(everything))).data)
            found.append(json.dumps(snapshot["previews"][asked["id"]]))
    shapes = {
        prompt: [detail_of(b64decode(json.loads(one)["webp_base64"])) for one in found]
        for prompt, found in seen.items()
    }
    assert all("scores" not in one for found in seen.values() for one in found)
    assert [len(found) for found in shapes.values()] == [3, 3]
    assert min(shapes["a dress"]) > max(shapes["a dress with motif"])
    assert max(shapes["a dress with motif"]) <= 20
