"""Secrets go through every route, and are then looked for where they must not be: logs, metrics, refusals, the database.

What they are is in `tests/fixtures/canaries.py`; Gradio's routes have a test of their own in `tests/webui`.
"""

from __future__ import annotations

from pathlib import Path

from fastapi.routing import iter_route_contexts

from backend.kit.ids import new_id
from tests.backend.app.test_authorisation import MATRIX, streams_ending
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio, open_studio
from tests.fixtures.canaries import (
    HOOK,
    PROMPT,
    Canaries,
    assert_database_is_clean,
    dump,
    logging_at_debug,
    studio_with_keys,
)
from tests.fixtures.scripted import ScriptedInference

ENDING = {"/api/v1/queue/drain", "/auth/logout"}  # after these, less can be asked for


def set_free(canaries: Canaries) -> None:
    """Try every route with all of them."""
    browser = canaries.prepare()
    with streams_ending(canaries.studio.context.notifier):
        for method, path in sorted(routes_of(canaries.studio), key=lambda one: one[1] in ENDING):
            visit(canaries, browser, method, path)


def visit(canaries: Canaries, browser: Client, method: str, path: str) -> None:
    """Ask as the person, with a key, with everything in the wrong place, and with nonsense around it."""
    everything, key = canaries.everything, canaries.key
    dance = {"code": canaries.secrets["code"], "state": canaries.secrets["login state"]}
    for asking in (
        {"json": {"prompt": PROMPT, "name": "canary", "url": HOOK}},
        {"json": everything, "headers": {"authorization": f"Bearer {key}"}},
        {"params": dance if path.startswith("/auth/") else {"search": PROMPT}},
        {"params": everything},
        {"params": {"api_key": key}},
        {"headers": {"authorization": f"Basic {key}", "x-request-id": key}},
        {"content": f"{everything}".encode(), "headers": {"content-type": "application/json"}},
    ):
        canaries.visit(browser, method, path, **asking)


def routes_of(studio: Studio) -> list[tuple[str, str]]:
    """Return every route with an id that leads to nothing where it wants one."""
    found = [
        (method, str(context.path))
        for context in iter_route_contexts(studio.app.routes)
        for method in context.methods or ()
    ]
    assert {(row.method, row.path) for row in MATRIX} <= set(found)
    return [(method, _filled(path.replace("{name}", "development"))) for method, path in found]


def _filled(path: str) -> str:
    while "{" in path:
        before, _, rest = path.partition("{")
        path = f"{before}{new_id()}{rest.partition('}')[2]}"
    return path


def test_none_is_found_where_it_must_not_be(tmp_path: Path, database_url: str) -> None:
    settings, keys = studio_with_keys(tmp_path / "var", database_url)
    with logging_at_debug() as told, open_studio(settings, ScriptedInference()) as studio:
        canaries = Canaries(studio, keys)
        set_free(canaries)
        rows = dump(studio)
        metrics = studio.actors.anonymous().get("/metrics").text
    lines = told.getvalue()

    assert lines.count("/api/v1/") > 100
    assert "atelier_http_requests_total" in metrics
    assert len(canaries.refusals) > 100

    assert canaries.found_in(lines) == []
    assert canaries.found_in(metrics) == []
    assert canaries.found_in("\n".join(canaries.refusals)) == []
    assert_database_is_clean(canaries, rows, database_url)
