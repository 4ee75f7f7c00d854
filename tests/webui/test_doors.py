"""Every route of Gradio and of ours, as it is mounted: who gets through, and that another site never does.

The routes are read from the running application, so a new version of Gradio that brings a new one fails here until
somebody has read what it does and written it into `gradio_routes.txt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi.routing import iter_route_contexts
from sqlmodel import func, select
from starlette.routing import Mount

from backend.accounts.models import Standing, User
from backend.audit.models import AuditEntry
from backend.generations.models import Generation
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio
from tests.webui.conftest import CALL, PAGE
from webui.gate import PAGES, Way, way_of

KNOWN = Path(__file__).parent / "gradio_routes.txt"
PEOPLE = ("anonymous", "designer", "other", "marketing", "admin", "deactivated")
NOT_SIGNED_IN = ("anonymous", "deactivated")
WHO_ELSE_MAY = {"generate": ("designer", "other")}
READING = {"GET", "HEAD", "OPTIONS"}
# Gradio has these too, but ours come first.
OURS = {"/manifest.json", "/favicon.ico", "/robots.txt", "/openapi.json"}
ELSEWHERE: list[dict[str, str]] = [
    {"sec-fetch-site": "cross-site", "origin": "https://evil.test"},
    {"sec-fetch-site": "same-site", "origin": "https://sister.studio.test"},
    {"origin": "https://evil.test"},
    {"origin": "null"},
    {"referer": "https://evil.test/"},
]
WITHOUT_PREFLIGHT = [
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
]
HEARS_EVERYBODY = {("POST", "/csp-reports")}
MISUSED: dict[str, Any] = {
    "prompt": "a forged dress", "name": "forged", "url": "https://hooks.example.com/forged", "decision": "release",
}  # fmt: skip


def gradio_routes(studio: Studio) -> set[tuple[str, str]]:
    """Return method and pattern of every route of the Gradio that is mounted."""
    pages: Any = next(r.app for r in studio.app.routes if isinstance(r, Mount) and r.path == "")
    [gate] = [r.app for r in pages.routes if isinstance(r, Mount) and r.path == ""]
    host = cast("Any", gate)._app._app
    return set(_flat(host.routes, ""))


def _flat(routes: Any, prefix: str) -> Iterator[tuple[str, str]]:
    for route in routes:
        if included := getattr(route, "original_router", None):
            yield from _flat(included.routes, route.include_context.prefix or included.prefix)
            continue
        inner = getattr(getattr(route, "app", None), "routes", None)
        if isinstance(route, Mount) and inner:
            yield from _flat(inner, prefix + route.path)
            continue
        path = prefix * (not route.path.startswith(prefix)) + route.path
        for method in getattr(route, "methods", None) or {"MOUNT"}:
            yield method, path


def filled_in(pattern: str, put: str = "x") -> str:
    return re.sub(r"\{[^}]*\}", lambda _: put, pattern)


def known() -> set[tuple[str, str]]:
    lines = KNOWN.read_text().splitlines()
    return {(m, p) for m, _, p in (line.partition(" ") for line in lines if line[0] != "#")}


@dataclass(frozen=True)
class Door:
    method: str
    path: str

    def answers(self, person: str) -> set[int]:
        """Return what `person` may be answered here."""
        way = way_of(self.method, self.path)
        if way is Way.CLOSED:
            return {404, 405}
        if way is Way.FILE:
            return {200, 404, 304}  # the same for everybody: Gradio's own program
        if person in NOT_SIGNED_IN:
            return {401} if way is Way.CALL else {303}
        if way is Way.CALL:
            return {404, 422, 500}  # what was sent is no form of ours
        needed = PAGES[self.path]
        may = needed is None or person == "admin" or person in WHO_ELSE_MAY.get(needed, ())
        return {200} if may else {404}


class TestGradio:
    def test_brings_no_route_that_nobody_has_read(self, studio: Studio) -> None:
        found = gradio_routes(studio)
        assert len(found) > 60
        assert sorted(found - known()) == [], "read what these do, then add them to the list"
        assert sorted(known() - found) == [], "these are gone: take them out of the list"

    @pytest.mark.parametrize("person", PEOPLE)
    def test_lets_through_what_is_listed_and_nothing_else(
        self, studio: Studio, person: str
    ) -> None:
        client = client_of(studio, person)
        wrong = {}
        for method, pattern in sorted(gradio_routes(studio)):
            path = filled_in(pattern)
            if method == "MOUNT" or path in OURS or _is_backends(studio, method, path):
                continue
            status = client.request(method, path, headers=PAGE).status_code
            if status not in Door(method, path).answers(person):
                wrong[method, path] = status
        assert wrong == {}

    @pytest.mark.parametrize("person", PEOPLE)
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/config"),
            ("GET", "/gradio_api/info"),
            ("GET", "/gradio_api/file={secret}"),
            ("GET", "/gradio_api/file/{secret}"),
            ("GET", "/gradio_api/upload_progress?upload_id=x"),
            ("GET", "/gradio_api/queue/data?session_hash={session}"),
            ("GET", "/gradio_api/queue/status"),
            ("POST", "/gradio_api/queue/join"),
            ("POST", "/gradio_api/upload"),
            ("POST", "/gradio_api/reset"),
            ("POST", "/gradio_api/cancel"),
            ("GET", "/monitoring/summary"),
        ],
    )
    def test_files_uploads_queue_and_config_tell_nobody_anything(
        self, studio: Studio, tmp_path: Path, person: str, method: str, path: str
    ) -> None:
        (tmp_path / "s.txt").write_text("the-secret")
        asked = path.format(secret=tmp_path / "s.txt", session="abc123")
        answer = client_of(studio, person).request(method, asked)
        assert answer.status_code == 404
        assert "the-secret" not in answer.text


class TestAnotherSite:
    """Requests that another site's page makes the browser of an administrator send."""

    def test_changes_nothing_by_any_route(self, studio: Studio) -> None:
        admin = studio.actors.browser("admin")
        del admin.headers["sec-fetch-site"]
        routes = sorted(unsafe_routes(studio) | {("POST", CALL), ("POST", "/nowhere")})
        assert len(routes) > 30
        before, wrong = _deeds(studio), []
        for method, path in routes:
            for told in ELSEWHERE:
                for kind in ("application/json", *WITHOUT_PREFLIGHT):
                    sent = {**told, "content-type": kind}
                    answer = admin.request(method, path, headers=sent, content=b'{"prompt": "x"}')
                    if answer.status_code != 403 or answer.json()["code"] != "cross_site":
                        wrong.append((method, path, told, kind, answer.status_code))
        assert wrong == []
        assert _deeds(studio) == before

    @pytest.mark.parametrize("kind", WITHOUT_PREFLIGHT)
    def test_could_not_even_send_a_body_that_is_read_as_json(
        self, studio: Studio, kind: str
    ) -> None:
        """Were the check of the site gone, a body of a type that needs no preflight would be no JSON."""
        admin = studio.actors.browser("admin")
        before, wrong = _deeds(studio), []
        for method, path in sorted(routes_with_json(studio)):
            answer = admin.request(method, path, json=MISUSED, headers={"content-type": kind})
            if answer.status_code not in {403, 404, 415, 422}:
                wrong.append((method, path, answer.status_code))
        assert wrong == []
        assert _deeds(studio) == before


def client_of(studio: Studio, person: str) -> Client:
    if person == "anonymous":
        return studio.actors.anonymous()
    if person != "deactivated":
        return studio.actors.browser("designer" if person == "other" else person)
    user = add_user(studio.context.database, "designer")
    client = studio.actors.browser(user=user)
    with studio.context.database.write() as session:
        session.get_one(User, user.id).standing = Standing.DEACTIVATED
    return client


def unsafe_routes(studio: Studio) -> set[tuple[str, str]]:
    """Return method and path of everything that may change something, the backend's and Gradio's."""
    own = {
        (method, filled_in(str(context.path)))
        for context in iter_route_contexts(studio.app.routes)
        for method in (context.methods or set()) - READING
    }
    gradios = {(m, filled_in(p)) for m, p in gradio_routes(studio) if m not in READING | {"MOUNT"}}
    return (own | gradios) - HEARS_EVERYBODY


def routes_with_json(studio: Studio) -> set[tuple[str, str]]:
    paths = studio.app.openapi()["paths"]
    return {
        (method.upper(), filled_in(path))
        for path, methods in paths.items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
        and operation["requestBody"].get("required")
    } | {("POST", CALL)}


def _is_backends(studio: Studio, method: str, path: str) -> bool:
    return any(
        (method, path) == (m, str(context.path))
        for context in iter_route_contexts(studio.app.routes)
        for m in (context.methods or ())
    )


def _deeds(studio: Studio) -> tuple[int, int]:
    with studio.context.database.read() as session:
        acts = session.exec(select(func.count()).select_from(AuditEntry)).one()
        return acts, session.exec(select(func.count()).select_from(Generation)).one()
