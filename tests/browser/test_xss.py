"""Forty pieces of script that people store where they can, and every page opened by the one who sees them all.

The content policy is on, as always. Nothing may open a dialog, run, or even be stopped by the policy: what people
write is text, everywhere. A last test injects one on purpose, to see that all three would be noticed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest

from backend.accounts.cookies import session_cookie_name
from backend.accounts.models import User
from backend.kit import reports
from backend.kit.context import Context
from tests.browser.conftest import PATIENCE_MS, ScriptedStudio
from tests.fixtures.actors import FROM_A_PAGE, add_session, add_user

pytestmark = [pytest.mark.browser, pytest.mark.serial, pytest.mark.security]

WAIT_S = 60.0
RUN = "__ran()"
PAYLOADS = [
    f"<script>{RUN}</script>",
    f"<script src=data:text/javascript,{RUN}></script>",
    f"<script type=module>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</title><script>{RUN}</script>",
    f"</style><script>{RUN}</script>",
    f"--><script>{RUN}</script>",
    f"]]><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"<img src=x onerror=alert(1)>{RUN}",
    f'"><img src=x onerror={RUN}>',
    f"'><img src=x onerror={RUN}>",
    f"`><img src=x onerror={RUN}>",
    f'" onmouseover={RUN} x="',
    f"' onfocus={RUN} autofocus x='",
    f"<svg onload={RUN}>",
    f"<svg><script>{RUN}</script></svg>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror={RUN}&gt;'>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>x</details>",
    f"<input autofocus onfocus={RUN}>",
    f"<video><source onerror={RUN}></video>",
    f"<audio src=x onerror={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<iframe src=javascript:parent.{RUN}></iframe>",
    f"<object data=javascript:{RUN}></object>",
    f"<a href=javascript:{RUN}>x</a>",
    f"javascript:{RUN}",
    f"<form action=javascript:{RUN}><input type=submit></form>",
    "<meta http-equiv=refresh content='0;url=data:text/html,<script>alert(1)</script>'>",
    "<base href=https://evil.test/>",
    f"<style>@import 'data:text/css,*{{x:expression({RUN})}}'</style>",
    f"${{{RUN}}}",
    f"{{{{constructor.constructor('{RUN}')()}}}}",
    f"{{{{#with this}}}}${{{RUN}}}{{{{/with}}}}",
    f"<%= {RUN} %> #{{{RUN}}}",
    f"[x](javascript:{RUN}) ![x](x'onerror={RUN})",
    f"<x-y is=at-card onclick={RUN}>\u2028{RUN}//",
    f"&lt;img src=x onerror={RUN}&gt;",
    f"%3Cscript%3E{RUN}%3C/script%3E",
]
WATCH = """
window.__ran = () => { window.__runs = (window.__runs || 0) + 1; };
window.__broken = [];
addEventListener('securitypolicyviolation', (e) => window.__broken.push(e.violatedDirective + ' ' + e.blockedURI));
"""
SEEN = "() => ({ runs: window.__runs || 0, broken: window.__broken || [] })"


class Mallory:
    """An administrator of that name, who stores what there is wherever it can be stored."""

    def __init__(self, studio: ScriptedStudio) -> None:
        self.studio = studio
        self.context: Context = studio.app.state.context
        self.user = add_user(self.context.database, "admin", name=PAYLOADS[0])
        self.http = self.client(self.user)

    def client(self, user: User) -> httpx2.Client:
        name = session_cookie_name(self.context.settings)
        cookie = {name: add_session(self.context.database, user)}
        return httpx2.Client(
            base_url=f"{self.studio.url}/api/v1", cookies=cookie, headers=FROM_A_PAGE, timeout=30
        )

    def stores(self) -> None:
        for number, payload in enumerate(PAYLOADS):
            what = ("", " motif", " broken", "")[number % 4]
            self.send("generations", prompt=payload + what, negative_prompt=payload)
            self.send("me/api-keys", name=payload[:80])
        for payload in PAYLOADS[:10]:
            url = "https://hooks.example.com/" + "".join(c for c in payload if c.isalnum())
            self.send("webhooks", url=url, description=payload)
        self.wait_until_drawn()
        self.decides()
        self.send("queue/drain")
        for payload in PAYLOADS:
            email = f"{payload}@example.com"
            other = add_user(self.context.database, "designer", name=payload, email=email)
            with self.client(other) as http:
                http.post("/generations", json={"prompt": payload}).raise_for_status()

    def decides(self) -> None:
        flags = self.http.get("/moderation/flags", params={"limit": 100}).json()["items"]
        assert len(flags) >= 8
        peer = add_user(self.context.database, "admin", name=PAYLOADS[9])
        with self.client(peer) as http:
            for flag, payload in zip(flags[::2], PAYLOADS, strict=False):
                path = f"/moderation/flags/{flag['id']}/review"
                http.post(path, json={"decision": "reject", "note": payload}).raise_for_status()

    def send(self, path: str, **body: Any) -> Any:
        answer = self.http.post(f"/{path}", json=body)
        assert answer.is_success, (path, body, answer.text)
        return answer.json()

    def wait_until_drawn(self) -> None:
        until = time.monotonic() + WAIT_S
        while self.http.get("/queue").json()["items"]:
            assert time.monotonic() < until, "not everything was drawn"
            time.sleep(0.1)


class Eyes:
    """A browser of mallory's, and whatever in it ran, was stopped, or asked."""

    def __init__(self, chromium: Any, mallory: Mallory) -> None:
        self.dialogs: list[str] = []
        self.context = chromium.new_context(base_url=mallory.studio.url)
        self.context.add_cookies([mallory.studio.session_cookie(user=mallory.user)])
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("dialog", self._asked)

    def _asked(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def seen(self) -> tuple[int, list[str], list[str]]:
        """Return how often a script ran, what the policy stopped, and which dialogs opened."""
        runs, broken = 0, []
        for frame in self.page.frames:
            found = frame.evaluate(SEEN)
            runs += found["runs"]
            broken += found["broken"]
        return runs, broken, self.dialogs


@pytest.fixture(scope="module")
def mallory(scripted_studio: ScriptedStudio) -> Iterator[Mallory]:
    one = Mallory(scripted_studio)
    with one.http:
        one.stores()
        yield one


@pytest.fixture
def eyes(chromium: Any, mallory: Mallory) -> Iterator[Eyes]:
    opened = Eyes(chromium, mallory)
    yield opened
    opened.context.close()


def history(page: Any) -> None:
    cards = page.locator("at-history at-run")
    until = time.monotonic() + WAIT_S
    while cards.count() < len(PAYLOADS):
        assert time.monotonic() < until, f"only {cards.count()} cards"
        cards.last.scroll_into_view_if_needed()
        page.wait_for_timeout(50)
    for payload in PAYLOADS[:5]:
        cards.filter(has_text=payload).first.wait_for()


def viewer(page: Any) -> None:
    page.locator("at-history at-run").get_by_role("button", name="Open image").first.click()
    page.get_by_role("dialog", name="Image viewer").wait_for()


def library(page: Any) -> None:
    # The newest may be one that is held, which opens why: what was drawn last is left to chance.
    page.locator("at-library .cell:has(img) .picture").first.click()
    viewer = page.get_by_role("dialog", name="Image viewer")
    viewer.get_by_role("button", name="Approved").wait_for()
    tag = PAYLOADS[9][:50]
    viewer.get_by_label("Add a tag").fill(tag)
    page.keyboard.press("Enter")
    viewer.locator(".tags .chip", has_text=tag).wait_for()
    viewer.locator(".stage").click()
    page.keyboard.press("c")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    page.get_by_role("dialog", name="Compare images").locator(".diff").wait_for()


def chips(page: Any) -> None:
    page.locator("at-library .terms .chip").first.wait_for()


def moderation(page: Any) -> None:
    page.locator("at-case article").wait_for()
    page.get_by_role("tab", name="Decided").click()
    page.get_by_text(PAYLOADS[0], exact=True).first.wait_for()


def queue(page: Any) -> None:
    page.get_by_text(PAYLOADS[9], exact=False).first.wait_for()
    for tab in page.get_by_role("tab").all():
        tab.click()
        page.wait_for_timeout(200)


def account(page: Any) -> None:
    page.get_by_text(PAYLOADS[3], exact=True).first.wait_for()


def nothing(_page: Any) -> None:
    pass


PAGES: dict[str, Callable[[Any], None]] = {
    "/": lambda page: page.locator("at-card").first.wait_for(),
    "/history": history,
    "/history?image=": viewer,
    f"/history?q={PAYLOADS[9]}": nothing,
    "/library": library,
    f"/library?q={PAYLOADS[9]}": chips,
    "/moderation": moderation,
    "/admin": queue,
    "/account": account,
    "/docs": nothing,
    "/api/v1/generations?limit=100": nothing,
    "/api/v1/queue": nothing,
    "/api/v1/moderation/flags": nothing,
    "/api/v1/me": nothing,
    "/api/v1/me/api-keys": nothing,
    "/api/v1/webhooks": nothing,
    f"/api/v1/images/{PAYLOADS[9]}": nothing,
    f"/nowhere/{PAYLOADS[9]}?{PAYLOADS[0]}": nothing,
    f"/i/{PAYLOADS[9]}": nothing,
    f"/auth/{PAYLOADS[9]}/callback?error={PAYLOADS[0]}&error_description={PAYLOADS[0]}": nothing,
    f"/auth/signed-out?{PAYLOADS[9]}": nothing,
}


def test_there_are_forty() -> None:
    assert len(set(PAYLOADS)) >= 40


@pytest.mark.parametrize("path", PAGES)
def test_what_people_wrote_is_text(eyes: Eyes, path: str) -> None:
    before = reports.REPORTED._value.get()
    eyes.page.goto(path)
    PAGES[path](eyes.page)
    eyes.page.wait_for_timeout(300)  # whatever would run, has
    assert eyes.seen() == (0, [], [])
    assert reports.REPORTED._value.get() == before


def test_the_probe_would_notice(eyes: Eyes) -> None:
    before = reports.REPORTED._value.get()
    eyes.page.goto("/")
    eyes.page.locator("at-rail").wait_for()
    eyes.page.evaluate("text => document.body.insertAdjacentHTML('beforeend', text)", PAYLOADS[9])
    eyes.page.wait_for_function("() => window.__broken.length > 0")
    assert eyes.seen()[0] == 0, "the policy lets injected handlers run"
    until = time.monotonic() + WAIT_S
    while reports.REPORTED._value.get() == before:
        assert time.monotonic() < until, "the browser's report was not heard"
        eyes.page.wait_for_timeout(50)
    eyes.page.evaluate("() => { window.__ran(); setTimeout(() => alert('seen')); }")
    eyes.page.wait_for_timeout(100)
    runs, _, dialogs = eyes.seen()
    assert (runs, dialogs) == (1, ["seen"])
