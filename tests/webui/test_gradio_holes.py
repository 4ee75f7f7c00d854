"""The four holes of Gradio 6.31 (file read, template injection, CORS, other people's files and streams),
each tried against our own application as somebody who is signed in."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any, cast

import gradio as gr
import pytest
from gradio.routes import App
from starlette.applications import Starlette
from starlette.routing import Mount

from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.webui.conftest import CALL, PAGE, config_of, form, press, run_apart
from webui.gate import Way, way_of

PAGES = ["/", "/library", "/history", "/moderation", "/admin", "/system", "/account"]
SECRET = "the-secret-of-this-machine"
STATIC = Path(__file__).parents[2] / "webui" / "static"


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    file = tmp_path / "secret.txt"
    file.write_text(SECRET)
    return file


class TestFileRead:
    """A file of this machine, named as the value of a field, must not be taken for an upload."""

    @pytest.mark.parametrize("place", range(9))
    def test_no_field_copies_a_file(
        self, studio: Studio, designer: Client, secret_file: Path, place: int
    ) -> None:
        values = ["ticket", *form()]
        values[place] = _as_upload(secret_file)
        answer = press(designer, *values)
        assert SECRET not in answer.text
        assert not _copies(studio)

    def test_the_probe_would_notice(
        self, studio: Studio, designer: Client, secret_file: Path
    ) -> None:
        """Take away the line that closes the hole: if this fails, Gradio has closed it itself."""
        _blocks(studio).has_launched = False
        try:
            press(designer, "ticket", _as_upload(secret_file), *form()[1:])
            assert _copies(studio)
        finally:
            _blocks(studio).has_launched = True
            shutil.rmtree(studio.context.settings.data_dir / "gradio")

    @pytest.mark.parametrize(
        "path",
        [
            "/gradio_api/file=/etc/passwd",
            "/gradio_api/file=https://example.com/",
            "/gradio_api/file//etc/passwd",
            "/gradio_api/proxy=https://example.com/",
            "/static/js/../../../../../../../../etc/passwd",
            "/assets/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
            "/ui-static/..%2f..%2fserver.py",
        ],
    )
    def test_no_address_serves_one(self, designer: Client, path: str) -> None:
        assert designer.get(path).status_code == 404

    def test_nothing_can_be_uploaded(self, studio: Studio, designer: Client) -> None:
        answer = designer.post("/gradio_api/upload", files={"files": ("a.txt", b"hello")})
        assert answer.status_code == 404
        assert not _copies(studio)


class TestTemplateInjection:
    """Gradio compiles templates twice, so nothing a person wrote may come near one."""

    @pytest.mark.parametrize("path", PAGES)
    def test_templates_are_constants(self, studio: Studio, path: str) -> None:
        config = config_of(studio.actors.browser("admin"), path)
        templates = [c["props"] for c in config["components"] if c["type"] == "html"]
        assert templates
        for props in templates:
            assert re.fullmatch(r"<(at-[a-z]+)( page=\"[a-z]+\")?></\1>", props["html_template"])
            assert props["css_template"] == ""
            assert not props.get("props")

    @pytest.mark.parametrize("path", PAGES)
    def test_a_hostile_prompt_is_in_no_page(self, studio: Studio, path: str) -> None:
        admin = studio.actors.browser("admin")
        hostile = "${Reflect.set(window,'owned',1)}{{this}}<img src=x onerror=owned=2>"
        studio.draw(admin, hostile)
        assert "Reflect.set" not in admin.get(path, headers=PAGE).text

    def test_answers_carry_nothing_a_person_wrote(self, designer: Client) -> None:
        answer = press(designer, "ticket", *form("${owned}{{owned}}<b>owned</b>"))
        assert answer.json()["data"][0]["outcome"] == "accepted"
        assert "owned" not in answer.text

    @pytest.mark.parametrize(
        "way",
        [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "DOMParser",
            "srcdoc",
        ],
    )
    def test_our_elements_make_nodes_and_text_only(self, way: str) -> None:
        written = {path.name: path.read_text() for path in STATIC.rglob("*.js")}
        assert len(written) > 20
        assert [name for name, text in written.items() if way in text] == []


class TestCors:
    """No other origin may read an answer, whatever the Host header says."""

    @pytest.mark.parametrize("host", ["127.0.0.1:8000", "atelier.example.com"])
    @pytest.mark.parametrize("path", ["/", "/theme.css", "/api/v1/me", CALL])
    def test_an_evil_origin_is_not_reflected(self, designer: Client, host: str, path: str) -> None:
        answer = designer.get(path, headers={"origin": "https://evil.test", "host": host, **PAGE})
        assert "access-control-allow-origin" not in answer.headers

    @pytest.mark.parametrize("host", ["127.0.0.1:8000", "atelier.example.com"])
    def test_a_preflight_is_refused(self, designer: Client, host: str) -> None:
        asked = {
            "origin": "https://evil.test",
            "host": host,
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        }
        answer = designer.options(CALL, headers=asked)
        assert "access-control-allow-origin" not in answer.headers

    def test_another_sites_page_cannot_press_generate(self, designer: Client) -> None:
        headers = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
        answer = designer.post(CALL, json={"fn_index": 0, "data": []}, headers=headers)
        assert answer.status_code == 403


class TestOtherPeoplesFilesAndStreams:
    """Gradio's files, streams, queue and uploads are not bound to their owner: they are not here at all."""

    def test_every_route_of_gradio_that_we_do_not_use_is_missing(self, designer: Client) -> None:
        tried = sorted(one for one in _routes_of_gradio() if _closed(*one))
        assert len(tried) > 60
        answers = {one: designer.request(*one).status_code for one in tried}
        assert {one: status for one, status in answers.items() if status != 404} == {}

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/gradio_api/queue/data?session_hash=somebody"),
            ("POST", "/gradio_api/queue/join"),
            ("POST", "/gradio_api/cancel"),
            ("GET", "/gradio_api/heartbeat/somebody"),
            ("POST", "/gradio_api/stream/event"),
            ("GET", "/config"),
            ("GET", "/gradio_api/startup-events"),
            ("GET", "/?deep_link=abc"),
            ("POST", "/gradio_api/run/press"),
            ("POST", "/gradio_api/api/predict"),
        ],
    )
    def test_the_ones_the_reference_names(self, designer: Client, method: str, path: str) -> None:
        assert designer.request(method, path).status_code == 404

    def test_a_call_larger_than_any_form_is_missing_too(self, designer: Client) -> None:
        assert press(designer, "ticket", *form("x" * 70_000)).status_code == 404

    def test_nothing_is_ever_left_in_gradios_folder(self, studio: Studio, designer: Client) -> None:
        press(designer, "ticket", *form())
        assert not _copies(studio)


def _as_upload(path: Path) -> dict[str, object]:
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def _copies(studio: Studio) -> list[Path]:
    folder = studio.context.settings.data_dir / "gradio"
    return [path for path in folder.rglob("*") if path.is_file()]


def _blocks(studio: Studio) -> Any:
    pages = next(r.app for r in studio.app.routes if isinstance(r, Mount) and r.path == "")
    return cast("Starlette", pages).state.blocks


def _closed(method: str, path: str) -> bool:
    return way_of(method, path) is Way.CLOSED and path not in OURS


# Gradio has these too, but ours come first.
OURS = {"/manifest.json", "/favicon.ico", "/robots.txt", "/openapi.json"}


def _routes_of_gradio() -> set[tuple[str, str]]:
    """Return method and path of every route that Gradio brings, parameters filled in."""

    async def build() -> App:  # inside a loop: elsewhere Gradio opens loops that nobody closes
        with gr.Blocks(analytics_enabled=False) as blocks:
            gr.Textbox()
        blocks.config = blocks.get_config_file()
        return App.create_app(blocks)

    return _flat(run_apart(build).routes, "")


def _flat(routes: Any, prefix: str) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for route in routes:
        if included := getattr(route, "original_router", None):
            found |= _flat(included.routes, route.include_context.prefix or included.prefix)
            continue
        path = re.sub(r"\{[^}]*\}", "x", prefix * (not route.path.startswith(prefix)) + route.path)
        found |= {(method, path) for method in getattr(route, "methods", None) or ()}
    return found
