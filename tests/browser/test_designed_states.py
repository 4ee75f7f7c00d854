"""When something is in the way: no network, maintenance, a picture that is held. Each says so, and nothing is lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.kit.context import Context
from backend.kit.notifier.memory import MemoryNotifier
from backend.notices import service
from backend.notices.schemas import NoticeWrite
from tests.browser.conftest import ScriptedStudio, choose, tell
from tests.browser.test_pages import FINISHED, generate, until
from tests.fixtures.scripted import ScriptedInference

pytestmark = [pytest.mark.browser, pytest.mark.serial]
OpenAs = Callable[..., Any]
HOSTILE = "The GPUs <img src=x onerror=alert(1)> move."


def soon(**ahead: float) -> str:
    return (datetime.now(UTC) + timedelta(**ahead)).isoformat()


@pytest.fixture
def notice(scripted_studio: ScriptedStudio, open_as: OpenAs) -> Iterator[Callable[..., None]]:
    """Post the notice as an administrator; it is cleared at the end: everybody in this studio reads it."""
    context: Context = scripted_studio.app.state.context
    admin = open_as("admin", "/account")

    def post(kind: str, text: str, **times: str) -> None:
        tell(admin, "/notice", {"kind": kind, "text": text, **times}, method="PUT")

    yield post
    with context.database.write() as session:
        service.clear(session, MemoryNotifier(), None)


def button_of(page: Any) -> Any:
    return page.locator("#generate").first


def prompt_of(page: Any) -> Any:
    return page.locator("#prompt textarea")


class TestOffline:
    def test_says_so_keeps_the_prompt_and_comes_back_by_itself(self, designer: Any) -> None:
        designer.context.set_offline(True)
        expect(designer.get_by_text("Connection lost")).to_be_visible()
        expect(button_of(designer)).to_have_attribute("data-price", "no connection")
        prompt_of(designer).fill("a patient hat")
        designer.keyboard.press("Control+Enter")
        expect(designer.locator("at-composer .note")).to_contain_text("Your prompt is kept")
        expect(prompt_of(designer)).to_have_value("a patient hat")
        assert designer.locator("at-card").count() == 0
        designer.context.set_offline(False)
        designer.locator(".toast", has_text="Connected again").wait_for()
        expect(designer.get_by_text("Connection lost")).to_have_count(0)
        expect(button_of(designer)).to_have_attribute("data-price", re.compile("credits"))
        designer.keyboard.press("Control+Enter")
        until(designer.locator("at-card[hero]").filter(has_text="a patient hat"), "succeeded")

    def test_the_form_works_again_after_a_call_that_could_not_leave(self, designer: Any) -> None:
        designer.context.set_offline(True)
        expect(designer.get_by_text("Connection lost")).to_be_visible()
        with designer.expect_event("requestfailed"):  # the price of four images is asked for
            choose(designer, "4")
        expect(designer.locator(".toast-wrap")).to_be_hidden()  # Gradio's own words
        designer.context.set_offline(False)
        designer.locator(".toast", has_text="Connected again").wait_for()
        generate(designer, "four patient hats")
        expect(designer.locator(FINISHED)).to_have_count(4)

    def test_what_ended_meanwhile_is_shown_afterwards(
        self, designer: Any, scripted: ScriptedInference
    ) -> None:
        with scripted.hold():
            card = generate(designer, "a hat in a tunnel")
            scripted.wait_until_held()
            designer.context.set_offline(True)
            expect(designer.get_by_text("Connection lost")).to_be_visible()
        designer.context.set_offline(False)
        until(card, "succeeded")
        designer.locator(FINISHED).wait_for()


class TestMaintenance:
    def test_an_open_page_learns_of_it_and_of_its_end(
        self, designer: Any, notice: Callable[..., None], open_as: OpenAs
    ) -> None:
        prompt_of(designer).fill("a red dress")
        notice("maintenance", HOSTILE, ends_at=soon(hours=2))
        strip = designer.locator("at-notice .strip")
        expect(strip).to_contain_text(re.compile("Maintenance until .*: no new generations"))
        expect(strip).to_contain_text(HOSTILE)
        expect(strip.get_by_role("button")).to_have_count(0)
        until_when = re.compile(r"^maintenance until \d")
        expect(button_of(designer)).to_have_attribute("data-price", until_when)
        button_of(designer).click()
        note = designer.locator("at-composer .note")
        expect(note).to_contain_text(f"{HOSTILE} Your prompt is kept")
        expect(prompt_of(designer)).to_have_value("a red dress")
        designer.reload()
        expect(button_of(designer)).to_have_attribute("data-price", until_when)
        expect(prompt_of(designer)).to_have_value("a red dress")
        tell(open_as("admin", "/account"), "/notice", method="DELETE")
        expect(strip).to_have_count(0)
        expect(button_of(designer)).to_have_attribute("data-price", re.compile("credits"))
        designer.keyboard.press("Control+Enter")
        until(designer.locator("at-card[hero]").filter(has_text="a red dress"), "succeeded")

    def test_a_page_that_heard_nothing_learns_of_it_when_it_is_refused(
        self, designer: Any, scripted_studio: ScriptedStudio, notice: Callable[..., None]
    ) -> None:
        card = until(generate(designer, "a first hat"), "succeeded")
        context: Context = scripted_studio.app.state.context
        notice("info", "soon")
        expect(designer.locator("at-notice .strip")).to_contain_text("soon")
        wanted = NoticeWrite.model_validate({"kind": "maintenance", "text": "Now."})
        with context.database.write() as session:  # as the command line does, which nobody hears
            service.post(session, MemoryNotifier(), None, wanted)
        card.get_by_role("button", name="Vary").first.click()
        card.get_by_role("button", name="New seed").click()
        designer.locator(".toast", has_text="Now.").wait_for()
        expect(designer.locator("at-notice .strip.maintenance")).to_contain_text("Now.")
        expect(button_of(designer)).to_have_attribute("data-price", "maintenance")

    def test_begins_by_itself_on_an_open_page(
        self, designer: Any, notice: Callable[..., None]
    ) -> None:
        notice("maintenance", "A short one.", starts_at=soon(seconds=4), ends_at=soon(minutes=9))
        strip = designer.locator("at-notice .strip")
        expect(strip).to_contain_text("Maintenance from")
        expect(button_of(designer)).to_have_attribute("data-price", re.compile("credits"))
        expect(strip).to_contain_text("Maintenance until")
        expect(button_of(designer)).to_have_attribute("data-price", re.compile("maintenance"))

    def test_in_spanish_on_a_phone(self, open_as: OpenAs, notice: Callable[..., None]) -> None:
        notice("maintenance", "x" * 500)
        page = open_as("designer", width=360, height=740, locale="es-ES")
        expect(page.locator("at-notice .strip")).to_contain_text("Mantenimiento")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


class TestNews:
    def test_is_put_away_for_good_until_there_is_another(
        self, designer: Any, notice: Callable[..., None]
    ) -> None:
        notice("info", "Tags have come.")
        strip = designer.locator("at-notice .strip")
        expect(strip).to_contain_text("Tags have come.")
        expect(button_of(designer)).to_have_attribute("data-price", re.compile("credits"))
        strip.get_by_role("button", name="Put this notice away").click()
        expect(strip).to_have_count(0)
        with designer.expect_response("**/api/v1/notice"):
            designer.reload()
        designer.locator("at-feed .welcome").wait_for()
        assert strip.count() == 0
        notice("info", "Grids have come.")
        expect(strip).to_contain_text("Grids have come.")


def test_a_held_picture_has_a_tile_with_words(designer: Any) -> None:
    until(generate(designer, "a hat with motif"), "succeeded")
    tile = designer.locator("at-card[hero] .tile[data-moderation=held]")
    expect(tile).to_contain_text(re.compile("reviewed|review|held", re.IGNORECASE))
    assert tile.locator("img").count() == 0
