"""The queue's page, in a real browser: looked at, drained, resumed, cancelled in, dead letters retried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import tell
from tests.fixtures.scripted import ScriptedInference

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
HOSTILE = "a hat <img src=x onerror=window.owned=1>${window.owned=2}"


@pytest.fixture
def designer(open_as: OpenAs) -> Any:
    """A new designer, who is looking at something else."""
    return open_as("designer", "/history")


@pytest.fixture
def admin(open_as: OpenAs) -> Iterator[Any]:
    """A new administrator on the queue's page; leaves the queue open."""
    page = open_as("admin", "/admin")
    page.get_by_text("running ·").wait_for()
    yield page
    tell(page, "/queue/resume")


def ask(page: Any, prompt: str) -> str:
    return str(tell(page, "/generations", {"prompt": prompt})["id"])


def state_of(page: Any, generation_id: str) -> str:
    return str(page.request.get(f"/api/v1/generations/{generation_id}").json()["state"])


def row_of(admin: Any, prompt: str) -> Any:
    return admin.get_by_role("row").filter(has_text=prompt)


def drain(admin: Any) -> None:
    admin.get_by_role("button", name="Drain", exact=True).click()
    admin.get_by_role("dialog").get_by_role("button", name="Drain the queue").click()
    admin.get_by_text("Drained since").wait_for()


class TestLine:
    def test_tells_who_waits_for_what_and_cancels_anybodys_after_asking(
        self, admin: Any, designer: Any, scripted: ScriptedInference
    ) -> None:
        with scripted.hold():
            asked = ask(designer, "a slow hat")
            row = row_of(admin, "a slow hat")
            row.get_by_text("Running").wait_for()
            expect(row).to_contain_text("1 of 3")
            expect(row).to_contain_text(designer.request.get("/api/v1/me").json()["email"])
            row.get_by_role("button", name="Cancel: a slow hat").click()
            dialog = admin.get_by_role("dialog", name="Cancel this generation?")
            dialog.get_by_role("button", name="Leave it").click()
            dialog.wait_for(state="detached")
            assert state_of(designer, asked) == "running"
            row.get_by_role("button").click()
            dialog.get_by_role("button", name="Cancel the generation").click()
            row.wait_for(state="detached")
        assert state_of(designer, asked) == "canceled"
        admin.get_by_text("Nobody waits").wait_for()

    def test_is_worked_by_keys_alone(self, admin: Any, designer: Any) -> None:
        tell(admin, "/queue/drain")
        asked = [ask(designer, f"a hat for keys {number}") for number in range(2)]
        for number in range(2):
            row_of(admin, f"a hat for keys {number}").wait_for()
        first, second = (row_of(admin, f"a hat for keys {n}").get_by_role("button") for n in (0, 1))
        first.focus()
        admin.keyboard.press("Enter")
        admin.get_by_role("dialog").wait_for()
        admin.keyboard.press("Escape")
        admin.get_by_role("dialog").wait_for(state="detached")
        assert first.evaluate("button => button.getRootNode().activeElement === button")
        admin.keyboard.press("Enter")
        admin.keyboard.press("Tab")  # from leaving it to doing it
        admin.keyboard.press("Enter")
        first.wait_for(state="detached")
        assert second.evaluate("button => button.getRootNode().activeElement === button")
        assert state_of(designer, asked[0]) == "canceled"
        tell(admin, f"/queue/{asked[1]}/cancel")

    def test_shows_what_people_wrote_as_text(self, admin: Any, designer: Any) -> None:
        tell(admin, "/queue/drain")
        asked = ask(designer, HOSTILE)
        admin.get_by_text(HOSTILE).wait_for()
        assert admin.locator("at-queue img").count() == 0
        assert admin.evaluate("window.owned") is None
        tell(admin, f"/queue/{asked}/cancel")

    def test_turns_its_pages(self, admin: Any, designer: Any) -> None:
        tell(admin, "/queue/drain")
        asked = [ask(designer, f"hat number {number}") for number in range(3)]
        # The same requests, of two rows each.
        admin.route(
            "**/api/v1/queue?*",
            lambda route: route.continue_(url=route.request.url.replace("limit=50", "limit=2")),
        )
        admin.get_by_role("button", name="Next").click()
        row_of(admin, "hat number 2").wait_for()
        assert row_of(admin, "hat number 1").count() == 0
        tell(admin, f"/queue/{asked[2]}/cancel")  # a page that runs empty is left
        row_of(admin, "hat number 0").wait_for()
        for one in asked[:2]:
            tell(admin, f"/queue/{one}/cancel")
        admin.get_by_text("Nobody waits").wait_for()

    def test_says_when_it_cannot_be_asked_and_when_it_can_again(self, admin: Any) -> None:
        admin.route("**/api/v1/queue?*", lambda route: route.abort())
        admin.get_by_text("The studio does not answer").wait_for()
        admin.unroute("**/api/v1/queue?*")
        admin.get_by_text("The studio does not answer").wait_for(state="detached")

    @pytest.mark.parametrize("width", [360, 1000, 1280])
    def test_fits_the_window(self, open_as: OpenAs, width: int) -> None:
        admin = open_as("admin", "/admin", width=width)
        tell(admin, "/queue/drain")
        try:
            asked = ask(
                admin, "a hat with an astonishingly-long-word-that-has-no-place-to-break-in-it"
            )
            row = row_of(admin, "a hat")
            row.get_by_role("button").wait_for()
            assert admin.locator(".table").evaluate("box => box.scrollWidth <= box.clientWidth")
            tell(admin, f"/queue/{asked}/cancel")
        finally:
            tell(admin, "/queue/resume")


class TestDrain:
    def test_says_what_it_means_and_since_when_and_ends(
        self, admin: Any, designer: Any, scripted: ScriptedInference
    ) -> None:
        with scripted.hold():
            ask(designer, "a running hat")
            scripted.wait_until_held()
            drain(admin)
            admin.get_by_text("What runs ends as usual.").wait_for()
        admin.get_by_text("it is safe to restart").wait_for()
        waiting = ask(designer, "a waiting hat")
        row_of(admin, "a waiting hat").get_by_text("Queued").wait_for()
        assert state_of(designer, waiting) == "queued"
        admin.get_by_role("button", name="Resume").click()
        admin.get_by_text("Drained since").wait_for(state="detached")
        admin.get_by_text("Nobody waits").wait_for()
        assert state_of(designer, waiting) == "succeeded"

    def test_says_when_nothing_that_draws_can_be_reached(
        self, admin: Any, designer: Any, scripted: ScriptedInference
    ) -> None:
        tell(admin, "/queue/drain")
        ask(designer, "a patient hat")
        scripted.away = True
        try:
            tell(admin, "/queue/resume")
            admin.get_by_text("Nothing that draws can be reached").wait_for()
        finally:
            scripted.away = False
        admin.get_by_text("Nobody waits").wait_for(timeout=30_000)


class TestDeadLetters:
    def test_say_why_and_what_to_do_and_are_retried(self, admin: Any, designer: Any) -> None:
        ask(designer, f"a broken one {HOSTILE}")
        admin.get_by_role("tab", name="Dead letters").click()
        letter = admin.get_by_role("listitem").filter(has_text="a broken one")
        letter.get_by_text("the script breaks here").wait_for()
        letter.get_by_text("The engine failed.").wait_for()
        [known] = admin.request.get("/api/v1/queue/dead").json()["items"]
        letter.get_by_text(known["request_id"], exact=True).wait_for()
        letter.get_by_text(known["trace_id"], exact=True).wait_for()
        letter.get_by_text(HOSTILE).wait_for()
        assert admin.evaluate("window.owned") is None
        failed = letter.get_attribute("data-id")
        letter.get_by_role("button", name="Retry").click()
        admin.locator(f".letter[data-id='{failed}']").wait_for(state="detached")
        letter.wait_for()  # broken once more, under another id
        assert letter.get_attribute("data-id") != failed
        expect(admin.get_by_role("tab", name="Dead letters 1")).to_be_visible()

    def test_have_an_address_and_a_page_without_any(self, open_as: OpenAs) -> None:
        page = open_as("admin", "/history")
        page.route("**/api/v1/queue/dead*", lambda route: route.fulfill(json={"items": []}))
        page.goto("/admin?show=dead")
        page.get_by_text("No dead letters").wait_for()
        page.get_by_role("tab", name="In line").click()
        page.wait_for_url("**/admin")
