"""Picking LoRAs and words of the model on Create: what is picked stands in the prompt, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import EmbeddingCard, LoraCard, LoraUse
from tests.browser.conftest import ScriptedStudio
from tests.browser.drawing_over import generate
from tests.browser.drawing_shapes import ways_of
from tests.browser.test_axe import troubles
from tests.fixtures.scripted import CARD

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
KNIT = LoraCard(
    name="knit.v1",
    title="Cable <b>knit</b>",
    description="Thick cables.",
    trigger_words=["cable", "chunky knit"],
    scale=0.8,
)
TORN = LoraCard(name="torn", title="Torn", trouble="its file is cut short")
BATIK = EmbeddingCard(name="batik", title="Batik", description="Wax and dye.")


@pytest.fixture
def page(open_as: OpenAs, scripted_studio: ScriptedStudio) -> Iterator[Any]:
    catalog = scripted_studio.app.state.catalog
    card = CARD.model_copy(update={"loras": [KNIT, TORN], "embeddings": [BATIK]})
    scripted_studio.inference.cards = [card]
    catalog._asked_at = float("-inf")
    page = open_as("designer")
    ways_of(page).get_by_role("button", name="LoRAs").click()
    panel_of(page).wait_for()
    yield page
    scripted_studio.inference.cards = [CARD]
    catalog._asked_at = float("-inf")


def panel_of(page: Any) -> Any:
    return ways_of(page).get_by_role("region", name="LoRAs and words of this model")


def prompt_is(page: Any, text: str) -> None:
    expect(page.locator("#prompt textarea")).to_have_value(text)


def write(page: Any, text: str) -> None:
    page.locator("#prompt textarea").fill(text)
    page.wait_for_function(
        "(text) => JSON.parse(localStorage['atelier.draft'] ?? '{}').prompt === text", arg=text
    )


def test_one_is_picked_scaled_and_drawn_with(page: Any, scripted: Any) -> None:
    write(page, "a wool coat")
    panel = panel_of(page)
    panel.get_by_role("checkbox", name="Cable <b>knit</b>").check()
    prompt_is(page, "a wool coat <lora:knit.v1:0.8>")
    panel.get_by_role("slider", name="How much of Cable").fill("1.25")
    prompt_is(page, "a wool coat <lora:knit.v1:1.25>")
    panel.get_by_role("button", name="cable", exact=True).click()
    prompt_is(page, "a wool coat <lora:knit.v1:1.25>, cable")
    expect(ways_of(page).get_by_role("button", name="LoRAs · 1")).to_be_visible()
    assert troubles(page) == []
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").filter(has_text="wool").wait_for()
    assert scripted.asked[-1].parameters.loras_used == (LoraUse(name="knit.v1", scale=1.25),)
    panel.get_by_role("button", name="cable", exact=True).click()
    panel.get_by_role("checkbox", name="Cable <b>knit</b>").uncheck()
    prompt_is(page, "a wool coat")


def test_what_is_typed_shows_in_the_list(page: Any) -> None:
    write(page, "<lora:knit.v1:0.4> a chunky knit coat")
    panel = panel_of(page)
    expect(panel.get_by_role("checkbox", name="Cable <b>knit</b>")).to_be_checked()
    expect(panel.get_by_role("slider", name="How much of Cable")).to_have_value("0.4")
    words = panel.get_by_role("button", name="chunky knit")
    expect(words).to_have_attribute("aria-pressed", "true")
    words.click()
    prompt_is(page, "<lora:knit.v1:0.4> a coat")
    panel.get_by_role("checkbox", name="Cable <b>knit</b>").uncheck()
    prompt_is(page, "a coat")


def test_what_is_in_trouble_says_why_and_cannot_be_picked(page: Any) -> None:
    panel = panel_of(page)
    expect(panel.get_by_role("checkbox", name="Torn")).to_be_disabled()
    expect(panel).to_contain_text("its file is cut short")


def test_a_word_of_the_model_goes_into_the_prompt(page: Any, scripted: Any) -> None:
    write(page, "a scarf")
    panel_of(page).get_by_role("button", name="Batik").click()
    prompt_is(page, "a scarf, batik")
    panel_of(page).get_by_role("button", name="Batik").click()
    prompt_is(page, "a scarf")
    generate(page, "a scarf of batik")
    assert scripted.asked[-1].parameters.prompt == "a scarf of batik"
