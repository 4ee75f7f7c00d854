"""Secrets go through every route of Gradio: in paths, queries, headers, forms, files and what pages call.

Then they are looked for where they must not be: logs, what is printed, metrics, refusals, the database, files on disk.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from httpx2 import Response

from tests.fixtures.actors import Client
from tests.fixtures.app import open_studio
from tests.fixtures.canaries import (
    PROMPT,
    Canaries,
    assert_database_is_clean,
    dump,
    logging_at_debug,
    studio_with_keys,
)
from tests.fixtures.scripted import ScriptedInference
from tests.webui.conftest import CALL, PAGE, config_of, form, press
from tests.webui.test_doors import filled_in, gradio_routes
from webui.server import create_studio

HEADERS = (
    "authorization", "user-agent", "last-event-id", "x-gradio-user", "x-gradio-target-url",
    "x-gradio-server", "x-hf-authorization", "x-api-key", "x-custom-header",
)  # fmt: skip
FORM_TYPE = {"content-type": "application/x-www-form-urlencoded"}
JSON_TYPE = {"content-type": "application/json"}


def set_free(canaries: Canaries) -> None:
    """Try every route of Gradio's, and everything that a page calls, as the person and as a stranger."""
    browser = canaries.prepare()
    stranger = canaries.studio.actors.anonymous()
    routes = sorted(gradio_routes(canaries.studio))
    assert len(routes) > 60
    for method, pattern in routes:
        if method == "MOUNT":
            continue
        for person in (browser, stranger):
            visit(canaries, person, method, filled_in(pattern))
        for path in paths_of(canaries, pattern):
            canaries.visit(browser, method, path)
    call_everything(canaries, browser)


def paths_of(canaries: Canaries, pattern: str) -> Iterator[str]:
    """Yield the paths of `pattern` with each secret in every place of it, or behind it."""
    for secret in canaries.everything.values():
        put = quote(secret, safe="")
        yield filled_in(pattern, put) if "{" in pattern else f"{pattern.rstrip('/')}/{put}"


def visit(canaries: Canaries, person: Client, method: str, path: str) -> None:
    """Ask with everything in a query, in headers, and in bodies of every kind, well-formed or not."""
    everything = canaries.everything
    name = f"{canaries.secrets['session']}.txt"
    ways: tuple[dict[str, Any], ...] = (
        {"headers": PAGE},
        {"params": everything},
        {"params": {"session_hash": everything["session"], "upload_id": everything["key"]}},
        {"headers": {"referer": f"http://127.0.0.1/?{everything['code']}", "x-request-id": canaries.key}},
        {"headers": dict.fromkeys(HEADERS, json.dumps(everything))},
        {"json": everything},
        {"json": {"data": list(everything.values()), "session_hash": everything["session"]}},
        {"data": everything},
        {"files": {"files": (name, json.dumps(everything), "text/plain")}},
        {"content": f"{everything}", "headers": JSON_TYPE},
        {"content": f"{everything}", "headers": FORM_TYPE},
        {"content": f"{everything}", "headers": {"content-type": "multipart/form-data"}},
    )  # fmt: skip
    for asking in ways:
        canaries.visit(person, method, path, **asking)


def call_everything(canaries: Canaries, browser: Client) -> None:
    """Make the calls of every page with secrets for values, and press Generate as a page does."""
    wanted = {one["id"]: len(one["inputs"]) for one in config_of(browser)["dependencies"]}
    assert len(wanted) > 1
    for secret in canaries.everything.values():
        for number, count in {**wanted, secret: 1}.items():
            for data in ([secret] * count, [{"path": secret}] * count, secret):
                sent = {"fn_index": number, "data": data, "session_hash": secret}
                sent |= {"event_id": secret, "event_data": {secret: secret}}
                keep(canaries, browser.post(CALL, json=sent))
    for field in ("ratio", "num_images", "steps", "guidance", "seed", "scheduler"):
        for value in canaries.secrets.values():
            keep(canaries, press(browser, value, *form(PROMPT, **{field: value})))


def keep(canaries: Canaries, answer: Response) -> None:
    """Keep what Gradio said of a call that failed; it answers 500 to whatever is no form of ours."""
    assert answer.status_code in {200, 404, 422, 500}
    if answer.status_code >= 400:
        canaries.refusals.append(answer.text)


@pytest.mark.timeout(600)
def test_none_is_found_where_it_must_not_be(
    tmp_path: Path,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    settings, keys = studio_with_keys(tmp_path / "var", database_url)
    whole = open_studio(settings, ScriptedInference(), create_studio)
    with logging_at_debug() as told, whole as studio:
        canaries = Canaries(studio, keys)
        set_free(canaries)
        rows = dump(studio)
        metrics = studio.actors.anonymous().get("/metrics").text
    lines, printed = told.getvalue(), capfd.readouterr()

    assert lines.count("atelier.http") > 2000
    assert len(canaries.refusals) > 1000
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path / "var" / "gradio")

    assert canaries.found_in(lines) == []
    assert canaries.found_in(printed.out + printed.err) == []
    assert canaries.found_in(metrics) == []
    assert [told for told in canaries.refusals if canaries.found_in(told)] == []
    assert_database_is_clean(canaries, rows, database_url)
    assert canaries.found_below(tmp_path / "temporary") == []
    assert canaries.found_below(tmp_path / "var" / "gradio") == []
    assert canaries.found_below(tmp_path / "var", prompt=False) == []
