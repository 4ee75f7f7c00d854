"""The whole OpenAPI document, tried with what it allows and what it does not, by session and by key.

Whatever is sent, nothing is answered by a 5xx, nor by a status, a media type or a shape that is not described.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.cookies import PLAIN_COOKIE
from backend.kit.database import Database
from tests.backend.app.test_two_processes import serving
from tests.fixtures.actors import add_key, add_session, add_user
from tests.fixtures.telling import Tell
from tests.fixtures.tools import needed

SECONDS = 75
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
# A stream that ends when its reader leaves; tests of its own read it.
ENDLESS = "/api/v1/events"
# Ids are learned from answers: signed in, the first thing found here would be oneself, and everything after is a 401.
OWN_SESSION = "/api/v1/me/sessions/{session_id}"
# What closes the studio on purpose. They are tried by themselves: after one of them a generation is rightly a 503.
CLOSING = ("/api/v1/notice", "/api/v1/emergency/stops")


def credentials(database: Database, kind: str) -> list[str]:
    """Return the headers of a new administrator, who may reach every operation."""
    user = add_user(database, "admin")
    if kind == "key":
        return [f"Authorization: Bearer {add_key(database, user)}"]
    cookie = f"Cookie: {PLAIN_COOKIE}={add_session(database, user)}"
    return [cookie, "Sec-Fetch-Site: same-origin"]


@pytest.mark.security
@pytest.mark.serial
@pytest.mark.parametrize("kind", ["session", "key"])
def test_every_operation_answers_as_it_is_described(
    postgres_database: Database, tmp_path: Path, kind: str, tell: Tell
) -> None:
    headers = repeated("--header", credentials(postgres_database, kind))
    left = (ENDLESS, *CLOSING, *([OWN_SESSION] if kind == "session" else []))
    with serving(postgres_database.url, tmp_path, concurrency=2) as address:
        most = fuzz(
            address, [*headers, *repeated("--exclude-path", left)], tmp_path / "most", SECONDS
        )
        last = fuzz(
            address,
            [*headers, *repeated("--include-path", CLOSING)],
            tmp_path / "last",
            SECONDS // 5,
        )
    statuses = most + last
    tell(
        {
            "fuzzed_by": kind,
            "requests": sum(statuses.values()),
            "answers": dict(sorted(statuses.items())),
        }
    )
    assert sum(last.values()) > 10
    assert sum(statuses.values()) > 100  # ten times as many where nothing else runs
    assert not [status for status in statuses if status >= 500]
    assert statuses[401] < sum(statuses.values()) / 2  # or most of it was only the door


def repeated(option: str, values: Iterable[str]) -> list[str]:
    """Return the option once for every value."""
    return [part for value in values for part in (option, value)]


def fuzz(address: str, options: list[str], folder: Path, seconds: int) -> Counter[int]:
    """Return how often each status was answered, when all were as described; fail with what was said otherwise."""
    program = needed("st", package="schemathesis", lost="the API was not fuzzed", by="pip install")
    folder.mkdir()
    report = folder / "report.ndjson"
    command = [
        program, "run", f"{address}/openapi.json", *options, "--checks", ",".join(CHECKS),
        "--phases", "examples,coverage,fuzzing", "--max-time", str(seconds), "--max-examples", "20",
        "--generation-database", "none", "--generation-with-security-parameters", "false",
        "--continue-on-failure", "--seed", "1",
        "--request-timeout", "20", "--no-color", "--warnings", "off",
        "--report", "ndjson", "--report-ndjson-path", str(report),
    ]  # fmt: skip
    ended = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds + 125
    )
    assert ended.returncode == 0, ended.stdout[-8000:] + ended.stderr[-2000:]
    return answers_in(report)


def answers_in(report: Path) -> Counter[int]:
    """Return how often each status was answered."""
    found: Counter[int] = Counter()

    def look(node: Any) -> None:
        if isinstance(node, dict):
            status = node.get("status_code")
            if isinstance(status, int):
                found[status] += 1
            for each in node.values():
                look(each)
        elif isinstance(node, list):
            for each in node:
                look(each)

    for line in report.read_text().splitlines():
        look(json.loads(line))
    return found
