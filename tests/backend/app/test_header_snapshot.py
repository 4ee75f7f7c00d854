"""Every route's answers carry the headers that they should; and an odd name in a path is never an error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from backend.kit.settings import Settings
from tests.backend.app.test_authorisation import MATRIX, Row, Things, streams_ending
from tests.backend.app.test_openapi import operations
from tests.fixtures.actors import add_user
from tests.fixtures.app import QUIET, UNLIMITED, Studio, open_studio
from tests.fixtures.scripted import ScriptedInference

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
READING = [row for row in MATRIX if row.method == "GET"]
KEPT_BUT_ASKED_ABOUT = "private, no-cache"
NEVER_KEPT = {"no-store", "private, no-store"}
ODD_NAMES = {
    "up, packed": "..%2f..%2fetc%2fpasswd",
    "up, packed twice": "%252e%252e%252fetc", "dots, packed": "%2e%2e", "absolute": "%2fetc%2fpasswd",
    "windows": "..%5c..%5cwindows", "drive": "C%3a%5cx", "nul": "a%00b", "nul alone": "%00",
    "line ends": "a%0d%0aX-Evil:%201", "over-long": "a" * 5000, "long": "a" * 200, "not utf-8": "%ff%fe",
    "overlong utf-8": "%c0%ae%c0%ae", "surrogate": "%ed%a0%80", "full width": "%ef%bc%8e%ef%bc%8e",
    "blank": "%20", "quote": "'%20OR%201=1--", "template": "${7*7}", "braces": "{{7*7}}", "percent": "%25s%25n",
    "negative": "-1", "huge": "9" * 100, "a storage key": "3f%2f" + "3f" * 32, "script": "%3Cscript%3E",
    "null": "null", "device": "CON", "semicolon": "a;b=c", "question": "a%3fb",
}  # fmt: skip


@pytest.fixture(scope="module")
def things(shared_studio: Studio) -> Things:
    return Things(shared_studio, add_user(shared_studio.context.database, "designer"))


@pytest.mark.parametrize("row", READING, ids=lambda row: f"{row.path} {row.note}")
def test_headers_of(things: Things, row: Row) -> None:
    before, _, rest = row.path.partition("{")
    path = f"{before}{things.named_by(row)}{rest.partition('}')[2]}"
    people = things.studio.actors
    for person in (people.anonymous(), things.browser(), people.browser("admin")):
        with streams_ending(things.studio.context.notifier):
            headers = person.get(path).headers
        assert {name: headers.get(name) for name in ALWAYS} == ALWAYS
        assert headers["referrer-policy"] in {"same-origin", "no-referrer"}
        [policy] = headers.get_list("content-security-policy")
        assert "frame-ancestors 'none'" in policy
        assert "default-src" in policy
        scripts = [each for each in policy.split("; ") if each.startswith("script-src")]
        assert "unsafe-inline" not in " ".join(scripts)
        if path.startswith("/api/"):
            kept = headers["cache-control"]
            assert kept in NEVER_KEPT | {KEPT_BUT_ASKED_ABOUT, "no-cache"}
            pictures = headers["content-type"].startswith(("image/", "multipart/form-data"))
            assert (kept == KEPT_BUT_ASKED_ABOUT) <= pictures
        if headers.get("content-type", "").startswith("image/"):
            assert headers["content-disposition"].startswith("inline; filename=")
            assert policy == "default-src 'none'; frame-ancestors 'none'; sandbox"
            assert "Cookie" in headers["vary"]


def test_a_held_image_is_never_kept(things: Things) -> None:
    reviewer = things.studio.actors.browser("admin")
    answer = reviewer.get(f"/api/v1/images/{things.held()}/content")
    assert answer.headers["cache-control"] == "private, no-store"
    assert "etag" not in answer.headers


def test_an_odd_name_is_not_found(database_url: str, tmp_path: Path) -> None:
    wrong: list[Any] = []
    settings = Settings(data_dir=tmp_path, database_url=database_url, **QUIET, **UNLIMITED)
    with open_studio(settings, ScriptedInference()) as studio:
        administrator = studio.actors.browser("admin")
        named = [one for one in operations(studio.app.openapi()) if "{" in one[1]]
        assert len(named) > 15
        for kind, name in ODD_NAMES.items():
            for method, path, _ in named:
                before, _, rest = path.partition("{")
                asked = f"{before}{name}{rest.partition('}')[2]}"
                answer = administrator.request(method, asked, json={})
                if answer.status_code not in {404, 405, 422}:
                    wrong.append((kind, method, path, answer.status_code, answer.text[:100]))
    assert wrong == []


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "\uffff", "\u202e", "a\r\nb"])
def test_odd_characters_in_a_body_are_no_error(
    database_url: str, tmp_path: Path, text: str
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=database_url, **QUIET, **UNLIMITED)
    with open_studio(settings, ScriptedInference()) as studio:
        administrator = studio.actors.browser("admin")
        bodies = {
            "me/api-keys": {"name": text},
            "generations": {"prompt": text, "negative_prompt": text},
            "webhooks": {"url": "https://hooks.example.com/", "description": text},
        }
        for path, body in bodies.items():
            content = json.dumps(body)  # plain ASCII: also what UTF-8 has no bytes for
            sent = {"content-type": "application/json"}
            answer = administrator.post(f"/api/v1/{path}", content=content, headers=sent)
            assert answer.status_code in {201, 202, 422}, (path, answer.text)


def test_no_storage_key_leads_elsewhere(things: Things) -> None:
    storage = things.studio.context.storage
    for key in ("../atelier.db", "3f/../../atelier.db", "/etc/passwd", "3f/\0", "", "3f"):
        for verb in (storage.get, storage.exists, storage.delete, storage.age):
            with pytest.raises(ValueError, match="not a storage key"):
                verb(key)
    assert (Path(things.studio.context.settings.data_dir) / "atelier.db").exists()
