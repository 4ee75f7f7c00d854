"""Draft on the form takes all of a draft's settings, gives the others back, and is drawn finely from its card in one press."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import Decoder
from tests.browser.conftest import ScriptedStudio, choose
from tests.browser.test_axe import troubles
from tests.fixtures.scripted import CARD, DRAFTING, ScriptedInference

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]


@pytest.fixture
def page(open_as: OpenAs, scripted_studio: ScriptedStudio) -> Iterator[Any]:
    catalog = scripted_studio.app.state.catalog
    scripted_studio.inference.cards = [DRAFTING]
    catalog._asked_at = float("-inf")
    page = open_as("designer")
    page.locator("at-fold").get_by_role("button").click()
    steps_are(page, 4)
    yield page
    scripted_studio.inference.cards = [CARD]
    catalog._asked_at = float("-inf")


def steps_are(page: Any, count: int) -> None:
    expect(page.locator("#steps input[type=number]")).to_have_value(str(count))


def guidance_is(page: Any, value: str) -> None:
    expect(page.locator("#guidance input[type=number]")).to_have_value(value)


def is_chosen(page: Any, quality: str) -> None:
    expect(page.locator("#quality").get_by_label(quality)).to_be_checked()


def drawn(page: Any, scripted: ScriptedInference, prompt: str) -> Any:
    """Draw what stands in the form with that prompt; return what inference was asked."""
    page.locator("#prompt textarea").fill(prompt)
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").filter(has_text=prompt).wait_for()
    return scripted.asked[-1].parameters


def test_a_draft_is_drawn_with_all_its_settings_and_then_finely(
    page: Any, scripted: ScriptedInference
) -> None:
    choose(page.locator("#quality"), "Draft")
    steps_are(page, 3)
    guidance_is(page, "2.5")
    draft = drawn(page, scripted, "a red hat, quickly")
    assert (draft.num_inference_steps, draft.guidance_scale) == (3, 2.5)
    assert (draft.scheduler, draft.decoder) == ("dpmpp_2m", "tiny")
    card = page.locator("at-card").filter(has_text="a red hat, quickly").first
    card.get_by_role("button", name="Draw it fine").click()
    expect(page.locator("at-card[data-state=succeeded]")).to_have_count(2)
    fine = scripted.asked[-1].parameters
    assert (fine.prompt, fine.seed) == (draft.prompt, draft.seed)
    assert (fine.width, fine.height) == (draft.width, draft.height)
    assert (fine.num_inference_steps, fine.guidance_scale) == (4, 4.0)
    assert (fine.scheduler, fine.decoder) == ("ddim", "full")
    expect(page.get_by_role("button", name="Draw it fine")).to_have_count(1)


def test_its_card_is_for_everybody(page: Any, scripted: ScriptedInference) -> None:
    choose(page.locator("#quality"), "Draft")
    drawn(page, scripted, "a white skirt")
    page.get_by_role("button", name="Draw it fine").wait_for()
    assert troubles(page) == []


def test_leaving_a_draft_gives_back_what_stood_there(
    page: Any, scripted: ScriptedInference
) -> None:
    page.locator("#guidance input[type=number]").fill("6")
    page.keyboard.press("Tab")
    guidance_is(page, "6")
    choose(page.locator("#quality"), "Draft")
    guidance_is(page, "2.5")
    choose(page.locator("#quality"), "Fine")
    guidance_is(page, "6")
    steps_are(page, 8)
    asked = drawn(page, scripted, "a blue coat, finely")
    assert (asked.num_inference_steps, asked.guidance_scale) == (8, 6.0)
    assert (asked.scheduler, asked.decoder) == ("ddim", "full")


def test_other_steps_are_no_draft_any_more(page: Any, scripted: ScriptedInference) -> None:
    choose(page.locator("#quality"), "Draft")
    steps_are(page, 3)
    page.locator("#steps input[type=number]").fill("5")
    page.keyboard.press("Tab")
    expect(page.locator("#quality").get_by_label("Draft")).not_to_be_checked()
    assert drawn(page, scripted, "a green tee").decoder == "full"


def test_a_draft_outlives_a_reload_and_comes_back_from_its_image(
    page: Any, scripted: ScriptedInference
) -> None:
    choose(page.locator("#quality"), "Draft")
    steps_are(page, 3)
    page.wait_for_function("() => JSON.parse(localStorage['atelier.draft'] ?? '{}').steps === 3")
    page.reload()
    steps_are(page, 3)
    is_chosen(page, "Draft")
    assert drawn(page, scripted, "a yellow boot").decoder == "tiny"
    choose(page.locator("#quality"), "Standard")
    steps_are(page, 4)
    card = page.locator("at-card").filter(has_text="a yellow boot").first
    card.get_by_role("button", name="Reuse settings").click()
    steps_are(page, 3)
    is_chosen(page, "Draft")
    again = drawn(page, scripted, "a yellow boot, again")
    assert (again.decoder, again.scheduler) == ("tiny", "dpmpp_2m")


def test_a_style_keeps_that_it_is_a_draft(page: Any, scripted: ScriptedInference) -> None:
    choose(page.locator("#quality"), "Draft")
    steps_are(page, 3)
    page.locator("at-styles .opener").click()
    page.get_by_role("button", name="Save as preset…").click()
    form = page.get_by_role("dialog", name="Save as a preset")
    expect(form.get_by_label("Draft: 3 steps, guidance 2.5, sampler DPM++ 2M")).to_be_checked()
    form.get_by_label("Name").fill("Quick")
    form.get_by_role("button", name="Save").click()
    expect(page.locator("at-styles .worn")).to_contain_text("Quick")
    page.get_by_role("button", name="Take off Quick").click()
    choose(page.locator("#quality"), "Standard")
    steps_are(page, 4)
    page.locator("at-styles .opener").click()
    page.locator("at-styles .pop .style").filter(has_text="Quick").click()
    steps_are(page, 3)
    is_chosen(page, "Draft")
    assert drawn(page, scripted, "a scarf, quickly again").decoder is Decoder.TINY
