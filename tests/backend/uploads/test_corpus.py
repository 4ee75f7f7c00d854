"""The hostile files, sent to a studio in a process of its own whose memory is watched."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest

from backend.kit.database import Database
from tests.backend.app.test_two_processes import serving
from tests.backend.uploads.corpus import CANARY, CORPUS, FORM, Hostile, form, png
from tests.fixtures.actors import add_key, add_user
from tests.fixtures.telling import Tell

UPLOADS = "/api/v1/uploads"
MOST_MB = 50.0
MOST_OF_A_DECODER_MB = 400.0
LOOK_S = 0.005


class Memory:
    """The most that a process took above what it had, and the most that any child of it took; in MB."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.studio = self.decoder = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        before, done = _mb(self._process), threading.Event()
        self.studio = self.decoder = 0.0

        def look() -> None:
            while not done.wait(LOOK_S):
                self.studio = max(self.studio, _mb(self._process) - before)
                with suppress(psutil.NoSuchProcess):
                    for child in self._process.children():
                        self.decoder = max(self.decoder, _mb(child))

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            done.set()
            looking.join()
        self.studio = max(self.studio, _mb(self._process) - before)


def _mb(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):
        return float(process.memory_info().rss) / 1e6
    return 0.0


@pytest.fixture
def key(sqlite_database: Database) -> str:
    return add_key(sqlite_database, add_user(sqlite_database))


@pytest.mark.security
def test_nothing_in_the_corpus_does_harm(
    sqlite_url: str, key: str, tmp_path: Path, tell: Tell
) -> None:
    assert len(CORPUS) >= 25
    wrong: list[str] = []
    most: dict[str, tuple[float, str]] = {"studio": (0.0, ""), "decoder": (0.0, "")}
    with (
        serving(sqlite_url, tmp_path, concurrency=0) as address,
        httpx2.Client(
            base_url=address, headers={"authorization": f"Bearer {key}"}, timeout=60
        ) as client,
    ):
        _send(client, form(png()))  # what the first request of a process costs is nobody's attack
        memory = Memory(_listening_on(address))
        for hostile in CORPUS:
            with memory.watched():
                answer = _send(client, hostile.body(), hostile.content_type)
            wrong += _found_wrong(client, hostile, answer)
            for what, mb in (("studio", memory.studio), ("decoder", memory.decoder)):
                most[what] = max(most[what], (mb, hostile.name))
        _send(client, form(png())).raise_for_status()
    tell({
        "corpus": "uploads",
        "files": len(CORPUS),
        **{f"most_mb_{what}": round(mb, 1) for what, (mb, _) in most.items()},
        **{f"most_by_{what}": name for what, (_, name) in most.items()},
        "wrong": len(wrong),
    })  # fmt: skip
    assert wrong == []
    assert most["studio"][0] < MOST_MB
    assert most["decoder"][0] < MOST_OF_A_DECODER_MB


def _send(client: httpx2.Client, body: Any, content_type: str = FORM) -> Any:
    return client.post(UPLOADS, content=body, headers={"content-type": content_type})


def _listening_on(address: str) -> psutil.Process:
    port = int(address.rpartition(":")[2])
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any(c.laddr.port == port for c in child.net_connections() if c.status == "LISTEN"):
                return child
    raise AssertionError("the studio's process was not found")


def _found_wrong(client: httpx2.Client, hostile: Hostile, answer: Any) -> list[str]:
    """Return what was wrong with an answer, and with what was kept."""
    told = f"{hostile.name}: {answer.status_code}"
    if answer.status_code not in hostile.answers:
        return [f"{told} {answer.text[:200]}"]
    if answer.status_code != 201:
        right = answer.headers["content-type"] == "application/problem+json"
        return [] if right and answer.json()["detail"] else [f"{told} says nothing"]
    upload = answer.json()
    size = (upload["width"], upload["height"])
    kept = client.get(f"{UPLOADS}/{upload['id']}/content").content
    client.delete(f"{UPLOADS}/{upload['id']}").raise_for_status()
    wrong = []
    if hostile.size and size != hostile.size:
        wrong.append(f"{told} is {size}")
    if CANARY in kept or b"GPS" in kept:
        wrong.append(f"{told} keeps what it carried")
    if chunks_of(kept) != [b"VP8L"]:
        wrong.append(f"{told} keeps {chunks_of(kept)}")
    return wrong


def chunks_of(webp: bytes) -> list[bytes]:
    """Return the names of the chunks of a WebP file, whose end must be that of the last."""
    assert webp[:4] == b"RIFF"
    assert struct.unpack("<I", webp[4:8])[0] == len(webp) - 8
    found, at = [], 12
    while at < len(webp):
        name, length = struct.unpack_from("<4sI", webp, at)
        found.append(name)
        at += 8 + length + length % 2
    return found
