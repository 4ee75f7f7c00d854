"""Chromium, and studios for it: one with scripted inference in this process, real ones as processes.

Where no browser is installed these tests are skipped with a line that says so; in CI that is a failure.
Whatever a page does wrong while a test looks on (an error on the console, a broken policy, a request to
another machine) fails that test at its end.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from backend.accounts.cookies import session_cookie_name
from backend.accounts.models import User
from backend.kit.context import Context
from backend.kit.settings import Settings
from tests.fixtures.actors import FROM_A_PAGE, add_session, add_user
from tests.fixtures.app import serve
from tests.fixtures.database import look_at_none_by_chance
from tests.fixtures.scripted import ScriptedInference
from tests.fixtures.tools import needed
from webui.server import create_studio

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE_MS = 20_000
# What a page may be refused without having done wrong: signed out, held pictures, refused forms.
EXPECTED = "Failed to load resource"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """One browser for the whole run."""
    path = needed(
        "chromium-headless-shell",
        "chromium",
        "chromium-browser",
        package="chromium",
        lost="the pages were not driven",
    )
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


class Watched:
    """Everything that went wrong in the pages of a test."""

    def __init__(self) -> None:
        self.trouble: list[str] = []
        self.hosts: set[str] = set()

    def look_at(self, page: Any) -> None:
        page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        page.on("console", self._heard)
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname or ""))

    def _heard(self, message: Any) -> None:
        if message.type in {"error", "warning"} and EXPECTED not in message.text:
            self.trouble.append(f"{message.type}: {message.text}")


@pytest.fixture
def new_page(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a page in a browser profile of its own: `new_page(url, dark=…, width=…, locale=…)`."""
    watched, contexts = Watched(), []

    def open_page(url: str, *, width: int = 1280, height: int = 800, **options: Any) -> Any:
        context = chromium.new_context(
            base_url=url, viewport={"width": width, "height": height}, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        # From the start: Playwright does not wait until the browser has heard that a test expects a chooser.
        page.on("filechooser", lambda _: None)
        watched.look_at(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert watched.trouble == []
    assert watched.hosts <= {"127.0.0.1", ""}, "a request left this machine"


def sign_in(page: Any, role: str, path: str = "/") -> None:
    """Sign in through the development provider, as a person would, and land on `path`."""
    page.goto(path)
    page.get_by_text(f"{role}@example.com").click()
    page.wait_for_url(lambda url: urlsplit(url).path == path)


def choose(where: Any, name: str) -> None:
    """Press the choice `name` of a group of Gradio's once it stands still, as a person would, and see it chosen.

    Its radio button is 0 pixels large, and `check(force=True)` presses where that was before the page moved.
    """
    label = where.locator("label:has(input[type=radio])").filter(has_text=exactly(name))
    label.click()
    expect(label.locator("input")).to_be_checked()


def exactly(text: str) -> re.Pattern[str]:
    """Return what matches `text` with nothing but blanks around it."""
    return re.compile(rf"^\s*{re.escape(text)}\s*$")


def tell(page: Any, path: str, json: Any = None, method: str = "POST") -> Any:
    """Send to the API as the person at `page`; return the answer, if there is one."""
    answer = page.request.fetch(f"/api/v1{path}", method=method, data=json, headers=FROM_A_PAGE)
    assert answer.ok, answer.text()
    return None if answer.status == 204 else answer.json()


@dataclass(frozen=True)
class ScriptedStudio:
    """A studio on a port of this machine, drawing by a script; one for a file of tests."""

    url: str
    app: FastAPI
    inference: ScriptedInference

    def session_cookie(self, role: str = "designer", *, user: User | None = None) -> dict[str, str]:
        """Return the cookie of `user`, or of a new person with `role`, so that tests do not see each other."""
        context: Context = self.app.state.context
        user = user or add_user(context.database, role)
        name = session_cookie_name(context.settings)
        return {"name": name, "value": add_session(context.database, user), "url": self.url}


@pytest.fixture(scope="module")
def scripted_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ScriptedStudio]:
    """The real backend and pages, served."""
    inference, apps = ScriptedInference(), []

    def build(port: int) -> FastAPI:
        folder = tmp_path_factory.mktemp("studio")
        settings = Settings(data_dir=folder, port=port, webhook_allow_loopback=True)
        apps.append(create_studio(settings, inference=inference))
        return apps[0]

    with serve(build) as url:
        look_at_none_by_chance(apps[0].state.context.database)
        yield ScriptedStudio(url, apps[0], inference)


@pytest.fixture
def context(scripted_studio: ScriptedStudio) -> Context:
    """What that studio's requests are given: its database, its storage."""
    found: Context = scripted_studio.app.state.context
    return found


@pytest.fixture
def open_as(scripted_studio: ScriptedStudio, new_page: Callable[..., Any]) -> Callable[..., Any]:
    """Open a page as a new person: `open_as("designer", "/history", locale=…)`."""

    def opened(role: str, path: str = "/", **options: Any) -> Any:
        page = new_page(scripted_studio.url, **options)
        page.context.add_cookies([scripted_studio.session_cookie(role)])
        page.goto(path)
        page.locator("at-rail").wait_for()
        return page

    return opened


@pytest.fixture
def designer(open_as: Callable[..., Any]) -> Any:
    """A new designer on the Create page."""
    page = open_as("designer")
    page.locator("at-feed .welcome").wait_for()
    page.wait_for_function("() => localStorage.getItem('atelier.draft') !== null")
    return page


@pytest.fixture
def scripted(scripted_studio: ScriptedStudio) -> ScriptedInference:
    """Inference that draws by a script."""
    return scripted_studio.inference
