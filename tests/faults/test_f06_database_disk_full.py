"""F6: a disk that is really full under SQLite, and under PostgreSQL with its log of writes."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx2
import psycopg
import pytest

from backend import migrations
from backend.kit.database import Database
from tests.faults.api import ROOT, Api, running_api
from tests.faults.disks import SmallDisk, small_disk
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.postgres import PostgresServer, find_binaries
from tests.fixtures.telling import Tell

T = TypeVar("T")
SQLITE_KB, POSTGRES_KB = (
    8192,
    96 * 1024,
)  # SQLite's log alone takes four megabytes before it is folded in
BEFORE, REFUSALS, TRIES = 4, 10, 400
WITHIN_S = 60.0
ENDS = {"succeeded", "failed", "canceled"}
pytestmark = [pytest.mark.faults, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Place:
    """A database on a disk of its own, with one person in it."""

    kind: str
    url: str
    disk: SmallDisk
    key: str
    server: PostgresServer | None = None
    without_wal: bool = False

    @property
    def is_up(self) -> bool:
        return self.server is None or self.server.is_running()

    def use_up(self) -> bool:
        """Take the room that PostgreSQL has set aside for its log, so that it can write nothing at all.

        Returns whether it gave up by itself. It may also find a little room again each time that it
        recovers, without end; then it is killed.
        """
        deadline = time.monotonic() + WITHIN_S
        while self.without_wal and self.server and self.server.is_running():
            if time.monotonic() > deadline:
                self.server.kill()
                return False
            self.disk.fill()  # each time that it recovers it may give some back
            with suppress(psycopg.Error), _connection(self.url) as one:
                while True:
                    one.execute("SELECT pg_current_xact_id()")
                    one.execute("SELECT pg_switch_wal()")
        return self.without_wal

    def revive(self) -> None:
        """What whoever looks after PostgreSQL does when it has given up for want of room."""
        if self.server and not self.server.is_running():
            self.server.start()


@pytest.fixture
def sqlite_place(sqlite_template: Path, tmp_path: Path) -> Iterator[Place]:
    file = tmp_path / "atelier.db"
    shutil.copy(sqlite_template, file)
    key = _add_somebody(f"sqlite:///{file}")
    with small_disk(tmp_path / "disk", SQLITE_KB) as disk:
        shutil.copy(file, disk.outside)
        yield Place("sqlite", f"sqlite:///{disk.inside / file.name}", disk, key)


@pytest.fixture
def postgres_place(scratch: Path, postgres_server: PostgresServer) -> Iterator[Place]:
    binaries = find_binaries()
    assert binaries, f"there are some, since {postgres_server.port} serves"
    folder = Path(tempfile.mkdtemp(prefix="disk-", dir=scratch))
    folder.chmod(0o755)  # PostgreSQL may run as somebody else
    with small_disk(folder / "disk", POSTGRES_KB) as disk:
        there = disk.entering(disk.inside)
        server = PostgresServer(
            binaries, disk.outside, inside=disk.inside, entering=there, initdb=["--wal-segsize=1"]
        )
        try:
            migrations.upgrade(server.url())
            yield Place("postgresql", server.url(), disk, _add_somebody(server.url()), server)
        finally:
            server.stop()


@pytest.fixture
def wal_place(postgres_place: Place) -> Place:
    return replace(postgres_place, kind="postgresql wal", without_wal=True)


@pytest.fixture(params=["sqlite", "postgres", "wal"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


def _connection(url: str) -> psycopg.Connection[Any]:
    """Return one that gives up on a server that recovers and does not answer."""
    plain = url.replace("+psycopg", "")
    return psycopg.connect(
        plain, autocommit=True, connect_timeout=5, options="-c statement_timeout=5000"
    )


def _add_somebody(url: str) -> str:
    database = Database(url)
    try:
        return add_key(database, add_user(database))
    finally:
        database.dispose()


class Person:
    """Somebody who asks an API with their key."""

    def __init__(self, client: httpx2.Client) -> None:
        self._client = client

    @classmethod
    @contextmanager
    def asking(cls, api: Api, key: str) -> Iterator[Self]:
        with api.client(key, timeout_s=60) as client:
            yield cls(client)

    def get(self, path: str) -> httpx2.Response:
        return self._client.get(path)

    def submit(self, name: str) -> httpx2.Response:
        return self._client.post(
            "/api/v1/generations",
            json={"prompt": "a red dress"},
            headers={"Idempotency-Key": name},
        )

    def accepted(self, name: str) -> str:
        """Submit until it is accepted; return its id."""
        answer = _until(lambda: answer if (answer := self.submit(name)).is_success else None)
        return str(answer.json()["id"])

    def ended(self, generation_id: str) -> Any:
        """Wait for its end and return it."""

        def look() -> Any:
            answer = self.get(f"/api/v1/generations/{generation_id}")
            return answer.json() if answer.is_success and answer.json()["state"] in ENDS else None

        return _until(look)

    def history(self) -> list[str]:
        """The ids of everything that this person has."""
        found: list[str] = []
        more = ""
        while True:
            page = self.get(f"/api/v1/generations?limit=100{more}").json()
            found += [row["id"] for row in page["items"]]
            if page["next_cursor"] is None:
                return found
            more = f"&cursor={page['next_cursor']}"


def _until(true: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + WITHIN_S
    while (found := true()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def test_what_is_refused_is_refused_politely_and_nothing_is_lost(
    place: Place, tmp_path: Path, tell: Tell
) -> None:
    there = place.disk.entering(ROOT)
    with (
        running_api(place.url, tmp_path / "var", dispatch=2, entering=there) as api,
        Person.asking(api, place.key) as person,
    ):
        api.wait_until_up()
        drawn = person.ended(person.accepted("drawn"))
        early = [person.submit(f"early-{number}") for number in range(BEFORE)]
        place.disk.fill()
        tries = _submit_until_refused(person)
        gave_up = place.use_up()
        last = person.submit("last")
        read, stayed_up = _read_everything(person, drawn), place.is_up
        place.disk.make_room()
        since = time.monotonic()
        place.revive()
        ids = [answer.json()["id"] for answer in early] + [person.accepted(name) for name in tries]
        states = Counter(person.ended(each)["state"] for each in ids)
        recovered = time.monotonic() - since
        history = person.history()
        assert api.is_alive
    refused = [answer for answer in (*tries.values(), last) if answer.status_code != 202]
    told = {
        "fault": "F6",
        "disk": place.kind,
        "tried": len(tries),
        "refused": dict(Counter(answer.json().get("code") for answer in refused)),
        "database_stayed_up": stayed_up,
        "database_gave_up": gave_up,
        "reads": read,
        "succeeded_after_room": states["succeeded"],
        "all_drawn_after_room_s": round(recovered, 1),
    }
    tell(told)
    for answer in refused:
        _assert_polite(answer)
    assert last in refused
    assert stayed_up is not place.without_wal
    assert "database_full" in {answer.json()["code"] for answer in refused}
    assert read.pop("alive") == 200
    assert set(read.values()) == {200} if stayed_up else set(read.values()) <= {200, 503}
    assert states == {"succeeded": len(early) + len(tries)}
    assert sorted(history) == sorted({drawn["id"], *ids})


def _submit_until_refused(person: Person) -> Mapping[str, httpx2.Response]:
    tries: dict[str, httpx2.Response] = {}
    while sum(not answer.is_success for answer in tries.values()) < REFUSALS:
        assert len(tries) < TRIES
        name = f"late-{len(tries)}"
        tries[name] = person.submit(name)
    return tries


def _read_everything(person: Person, drawn: Any) -> dict[str, int]:
    image = drawn["images"][0]["id"]
    paths = {
        "generation": f"/api/v1/generations/{drawn['id']}",
        "history": "/api/v1/generations",
        "image": f"/api/v1/images/{image}/content?variant=full",
        "alive": "/healthz",
        "metrics": "/metrics",
    }
    return {name: person.get(path).status_code for name, path in paths.items()}


def _assert_polite(answer: httpx2.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["code"] in {"database_full", "not_ready"}
