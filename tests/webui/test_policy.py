"""Every page, Gradio's shell included, under the policy: a nonce on each script, and no script anywhere else."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from starlette.testclient import TestClient

from backend.kit.settings import Settings
from tests.fixtures.app import Studio
from tests.fixtures.scripted import ScriptedInference
from tests.webui.conftest import PAGE
from webui.gate import PAGES
from webui.server import create_studio

OTHERS = ["/nowhere", "/auth/signed-out", "/auth/nosuch/callback", "/docs"]


class Scripts(HTMLParser):
    """The nonces of the script elements of a page, and every attribute that would run."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.nonces: list[str | None] = []
        self.running: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.nonces.append(dict(attrs).get("nonce"))
        self.running += [
            (tag, name)
            for name, value in attrs
            if name.startswith("on") or (value or "").strip().lower().startswith("javascript:")
        ]


def directives(headers: Any) -> dict[str, list[str]]:
    [policy] = headers.get_list("content-security-policy")
    return {words[0]: words[1:] for words in (each.split() for each in policy.split(";"))}


@pytest.mark.parametrize("path", [*PAGES, *OTHERS])
def test_a_page_runs_what_carries_its_nonce_and_nothing_else(studio: Studio, path: str) -> None:
    answer = studio.actors.browser("admin").get(path, headers=PAGE)
    policy = directives(answer.headers)
    page = Scripts(answer.text)
    allowed = policy.get("script-src", policy["default-src"])
    assert "'unsafe-inline'" not in allowed
    assert "*" not in allowed
    assert page.running == []
    assert {f"'nonce-{nonce}'" for nonce in page.nonces} <= set(allowed)
    assert bool(page.nonces) == (path in PAGES)
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] in (["'self'"], ["'none'"])
    assert not re.search(r"https?://", str(policy))
    assert "no-store" in answer.headers.get("cache-control", "no-store")


@pytest.fixture(scope="module")
def over_https(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """A client of a studio whose address is public, which need not begin to answer with headers."""
    settings = Settings(
        data_dir=tmp_path_factory.mktemp("https"),
        public_url="https://studio.test",
        oidc_issuer="https://issuer.test",
    )
    app = create_studio(settings, inference=ScriptedInference())
    return TestClient(app, base_url=settings.base_url, raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/", "/theme.css", "/healthz", "/api/v1/me", "/nowhere"])
def test_over_https_browsers_are_told_to_stay_there(path: str, over_https: TestClient) -> None:
    headers = over_https.get(path).headers
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "path", ["/theme.css", "/manifest.json", "/ui-static/icon.svg", "/robots.txt"]
)
def test_a_file_opened_by_itself_may_do_nothing(studio: Studio, path: str) -> None:
    headers = studio.actors.anonymous().get(path).headers
    assert directives(headers)["default-src"] == ["'none'"]
    assert headers["x-content-type-options"] == "nosniff"
