"""A style around the prompt: chosen, seen before it is sent, taken off, kept as one's own, changed and deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import GenerationRequest
from tests.browser.conftest import choose, tell
from tests.fixtures.scripted import ScriptedInference

pytestmark = [pytest.mark.serial, pytest.mark.browser]


def prompt_of(page: Any) -> Any:
    return page.locator("#prompt textarea")


def open_list(page: Any) -> Any:
    page.locator("at-styles .opener").click()
    found = page.locator("at-styles .pop")
    found.locator("section").first.wait_for()
    return found


def wear(page: Any, name: str) -> None:
    open_list(page).locator(".style").filter(has_text=name).click()
    expect(page.locator("at-styles .worn")).to_contain_text(name)


def draw(page: Any, scripted: ScriptedInference) -> GenerationRequest:
    """Press Generate and return what inference was asked for."""
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").wait_for()
    return scripted.asked[-1]


class TestWear:
    def test_what_is_sent_is_seen_before(
        self, open_as: Callable[..., Any], scripted: ScriptedInference
    ) -> None:
        page = open_as("designer")
        wear(page, "Ink drawing")
        prompt_of(page).fill("a red dress")
        expect(page.locator("at-styles .sends")).to_have_text(
            "Sends: an ink drawing of a red dress"
        )
        assert draw(page, scripted).parameters.prompt == "an ink drawing of a red dress"
        expect(prompt_of(page)).to_have_value("a red dress")

    def test_taken_off_it_is_gone(
        self, open_as: Callable[..., Any], scripted: ScriptedInference
    ) -> None:
        page = open_as("designer")
        wear(page, "Pencil sketch")
        page.get_by_role("button", name="Take off Pencil sketch").click()
        expect(page.locator("at-styles .worn")).to_be_hidden()
        expect(page.locator("at-styles .sends")).to_be_hidden()
        prompt_of(page).fill("a hat")
        assert draw(page, scripted).parameters.prompt == "a hat"

    def test_survives_a_reload(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer")
        wear(page, "Catalogue")
        page.reload()
        expect(page.locator("at-styles .worn")).to_contain_text("Catalogue")

    def test_settings_used_again_do_not_wear_it_twice(
        self, open_as: Callable[..., Any], scripted: ScriptedInference
    ) -> None:
        page = open_as("designer")
        wear(page, "Ink drawing")
        prompt_of(page).fill("a red dress")
        draw(page, scripted)
        page.locator("at-card[hero]").get_by_role("button", name="Reuse settings").click()
        expect(page.locator("at-styles .worn")).to_be_hidden()
        expect(prompt_of(page)).to_have_value("an ink drawing of a red dress")

    def test_by_the_keyboard(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer")
        page.locator("at-styles .opener").press("Enter")
        page.locator("at-styles .style").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("at-styles .worn")).to_contain_text("Flat illustration")
        expect(prompt_of(page)).to_be_focused()

    def test_escape_leaves_the_list(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer")
        found = open_list(page)
        page.keyboard.press("Escape")
        expect(found).to_be_hidden()
        expect(page.locator("at-styles .opener")).to_have_attribute("aria-expanded", "false")

    def test_a_search(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer")
        found = open_list(page)
        page.keyboard.type("penc")
        expect(found.locator(".style")).to_have_count(1)
        found.get_by_label("Search styles").fill("nothing like it")
        expect(found).to_contain_text("No style has these words")

    def test_in_spanish(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer", locale="es-ES", width=360, height=740)
        found = open_list(page)
        expect(found).to_contain_text("Dibujo a tinta")
        box = found.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


class TestKeep:
    def test_what_stands_in_the_form(
        self, open_as: Callable[..., Any], scripted: ScriptedInference
    ) -> None:
        page = open_as("designer")
        choose(page, "Draft")
        expect(page.locator("#steps input[type=number]")).to_have_value("2")
        open_list(page).get_by_role("button", name="Save as preset").click()
        dialog = page.locator("at-overlay dialog.preset")
        dialog.get_by_label("Name").fill("Quick ink")
        dialog.get_by_label("Around the prompt").fill("bold outline, {prompt}")
        dialog.get_by_role("button", name="Save").click()
        expect(page.locator("at-styles .worn")).to_contain_text("Quick ink")
        choose(page, "Fine")
        wear(page, "Quick ink")
        prompt_of(page).fill("a coat")
        asked = draw(page, scripted).parameters
        assert (asked.prompt, asked.num_inference_steps) == ("bold outline, a coat", 2)

    def test_a_template_without_a_place_is_told_where_it_is_wrong(
        self, open_as: Callable[..., Any]
    ) -> None:
        page = open_as("designer")
        open_list(page).get_by_role("button", name="Save as preset").click()
        dialog = page.locator("at-overlay dialog.preset")
        dialog.get_by_label("Name").fill("Wrong")
        dialog.get_by_label("Around the prompt").fill("no place")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog.locator("#parameters-problem")).to_contain_text("{prompt} in it once")

    def test_change_and_delete(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer")
        tell(page, "/presets", {"name": "Mine", "parameters": {"template": "flat, {prompt}"}})
        open_list(page).get_by_role("button", name="Change Mine").click()
        dialog = page.locator("at-overlay dialog.preset")
        dialog.get_by_label("Name").fill("Mine again")
        dialog.get_by_role("button", name="Save").click()
        expect(dialog).to_have_count(0)
        wear(page, "Mine again")
        open_list(page).get_by_role("button", name="Delete Mine again").click()
        page.get_by_role("button", name="Delete", exact=True).click()
        expect(page.locator("at-styles .worn")).to_be_hidden()
        assert tell(page, "/presets", method="GET")["items"] == []

    def test_somebody_elses_can_be_worn_only(self, open_as: Callable[..., Any]) -> None:
        admin, page = open_as("admin"), open_as("designer")
        look = {"template": "soft pencil, {prompt}"}
        shared = {"name": "House style", "visibility": "everyone", "parameters": look}
        kept = tell(admin, "/presets", shared)
        found = open_list(page)
        row = found.locator(".row").filter(has_text="House style")
        expect(row.get_by_role("button")).to_have_count(1)
        expect(found).to_contain_text("Everyone’s")
        tell(admin, f"/presets/{kept['id']}", method="DELETE")
