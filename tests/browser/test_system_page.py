"""The System page: what needs somebody, what to do, and the notice that it tells everybody."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.kit.context import Context
from backend.kit.notifier.memory import MemoryNotifier
from backend.notices import service
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.scripted import ScriptedInference

pytestmark = [pytest.mark.browser, pytest.mark.serial]
OpenAs = Callable[..., Any]


@pytest.fixture
def admin(scripted_studio: ScriptedStudio, open_as: OpenAs) -> Iterator[Any]:
    """An administrator on the page; whatever they told everybody is cleared at the end."""
    page = open_as("admin", "/system")
    page.locator(".check-of").first.wait_for()
    yield page
    context: Context = scripted_studio.app.state.context
    with context.database.write() as session:
        service.clear(session, MemoryNotifier(), None)


def check(page: Any, name: str) -> Any:
    return page.locator(f".check-of[data-check={name}]")


def write(page: Any, text: str, *, maintenance: bool = False) -> Any:
    page.get_by_role("button", name="Write a notice").click()
    form = page.get_by_role("dialog", name="Write a notice")
    if maintenance:
        form.get_by_label("Maintenance").check()
    form.get_by_label("Text", exact=True).fill(text)
    return form


class TestChecks:
    def test_say_how_every_part_stands_in_words(self, admin: Any) -> None:
        expect(admin.locator(".check-of")).to_have_count(19)
        expect(check(admin, "database")).to_contain_text("SQLite answers in")
        expect(check(admin, "database").locator(".tag")).to_have_text("Well")
        expect(admin.locator("at-system .bar .sub")).to_contain_text("running for")
        expect(admin.get_by_role("link", name="Queue").last).to_have_attribute("href", "/admin")

    def test_what_is_amiss_comes_first_says_what_to_do_and_goes_by_itself(
        self, admin: Any, scripted: ScriptedInference
    ) -> None:
        tell(admin, "/queue/drain")
        scripted.away = True
        try:
            admin.reload()
            verdict = admin.locator("at-system .verdict")
            expect(verdict).to_contain_text(re.compile(r"\d things need you"))
            first = admin.locator(".check-of").first
            expect(first).to_have_attribute("data-check", "inference")
            expect(first.locator(".tag")).to_have_text("Now")
            expect(first.locator(".next")).to_contain_text("Look at the inference server")
            expect(check(admin, "queue").locator(".tag")).to_have_text("Soon")
        finally:
            scripted.away = False
            tell(admin, "/queue/resume")
        expect(check(admin, "inference").locator(".tag")).to_have_text("Well")
        expect(check(admin, "queue").locator(".tag")).to_have_text("Well")

    def test_a_studio_that_does_not_answer_is_said_with_what_was_seen_last(
        self, admin: Any
    ) -> None:
        admin.route("**/api/v1/system", lambda route: route.abort())
        admin.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        expect(admin.locator("at-system .verdict")).to_contain_text("The studio does not answer")
        expect(check(admin, "database")).to_be_visible()
        admin.reload()
        admin.get_by_text("The checks could not be loaded").wait_for()
        admin.unroute("**/api/v1/system")
        admin.get_by_role("button", name="Try again").click()
        check(admin, "database").wait_for()

    def test_hostile_words_are_text(self, admin: Any) -> None:
        told = admin.request.get("/api/v1/system").json()
        told["checks"] = [
            {"name": "x", "state": "bad", "says": "<img src=x onerror=alert(1)>", "do_next": "<b>y"}
        ]
        admin.route("**/api/v1/system", lambda route: route.fulfill(body=json.dumps(told)))
        admin.reload()
        expect(admin.locator("at-system .verdict")).to_contain_text("1 thing needs you")
        expect(admin.locator(".check-of")).to_contain_text("<img src=x onerror=alert(1)>")


class TestNotice:
    def test_maintenance_is_previewed_told_and_ended(self, admin: Any, open_as: OpenAs) -> None:
        form = write(admin, "The <b>GPUs</b> move.", maintenance=True)
        preview = form.locator(".preview")
        expect(preview).to_contain_text("no new generations for now")
        expect(preview).to_contain_text("The <b>GPUs</b> move.")
        form.get_by_label("Ends").fill("2097-01-01T10:00")
        expect(preview).to_contain_text("Maintenance until")
        form.get_by_role("button", name="Tell everybody").click()
        expect(form).to_have_count(0)
        expect(admin.locator("at-notice .strip")).to_contain_text("The <b>GPUs</b> move.")
        expect(admin.get_by_role("button", name="Write a notice")).to_be_focused()
        designer = open_as("designer", "/library")
        expect(designer.locator("at-notice .strip")).to_contain_text("Maintenance until")
        admin.get_by_role("button", name="End maintenance now").click()
        expect(admin.locator("at-notice .strip")).to_have_count(0)
        expect(admin.get_by_text("Nobody is told anything now.")).to_be_visible()
        expect(designer.locator("at-notice .strip")).to_have_count(0)

    def test_news_is_changed_and_removed(self, admin: Any) -> None:
        write(admin, "Tags have come.").get_by_role("button", name="Tell everybody").click()
        expect(admin.locator("at-system .told")).to_contain_text("Tags have come.")
        form = write(admin, "Grids have come.")
        form.get_by_role("button", name="Tell everybody").click()
        expect(admin.locator("at-system .told")).to_contain_text("Grids have come.")
        admin.get_by_role("button", name="Remove the notice").click()
        expect(admin.locator("at-system .told")).to_contain_text("Nobody is told anything")

    def test_what_is_wrong_stands_under_its_field(self, admin: Any) -> None:
        form = write(admin, "  ")
        form.get_by_label("Starts").fill("2097-01-02T10:00")
        form.get_by_label("Ends").fill("2097-01-01T10:00")
        form.get_by_role("button", name="Tell everybody").click()
        expect(form.get_by_text("Write what everybody should know.")).to_be_visible()
        expect(form.get_by_text("It must end after it starts.")).to_be_visible()
        expect(form.get_by_label("Text", exact=True)).to_be_focused()
        form.get_by_label("Text", exact=True).fill("x")
        form.get_by_label("Starts").fill("")
        form.get_by_label("Ends").fill("2001-01-01T10:00")
        form.get_by_role("button", name="Tell everybody").click()
        expect(form.get_by_text(re.compile("Must be later than"))).to_be_visible()


def test_is_for_administrators(open_as: OpenAs) -> None:
    page = open_as("designer")
    assert page.goto("/system").status == 404


@pytest.mark.parametrize("width", [360, 1000])
def test_fits_the_window(open_as: OpenAs, width: int) -> None:
    page = open_as("admin", "/system", width=width, height=740, locale="es-ES")
    page.locator(".check-of").first.wait_for()
    expect(page.get_by_role("heading", name="Sistema")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
