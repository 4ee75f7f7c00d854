"""A template with wildcards in a real browser: how many ways it has, what was drawn of it, and taking either back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import drawn
from tests.browser.conftest import choose

pytestmark = [pytest.mark.browser, pytest.mark.serial]

TEMPLATE = "a {red|blue|green} dress"
SEED = 40
WORDS = [drawn(TEMPLATE, SEED + place) for place in range(2)]


@pytest.fixture
def page(designer: Any) -> Any:
    """Create, with the template typed."""
    assert len(set(WORDS)) == 2
    box_of(designer).fill(TEMPLATE)
    return designer


def box_of(page: Any) -> Any:
    return page.locator("#prompt textarea")


def draw_twice(page: Any) -> None:
    choose(page, "2")
    page.locator("at-fold button").click()
    page.locator("#seed :is(input, textarea)").fill(str(SEED))
    page.locator("#generate").click()


class TestJourney:
    def test_each_image_has_words_and_either_can_be_taken_back(self, page: Any) -> None:
        counter = page.locator("at-counter .count")
        expect(counter).to_contain_text("3 ways")
        expect(counter.locator("[aria-hidden]")).to_have_text("· longest 3/75")
        draw_twice(page)
        for words in WORDS:
            expect(page.get_by_role("button", name=f"Open image: {words}")).to_be_visible()
        card = page.locator("at-card").first
        expect(card.locator(".prompt")).to_have_text(TEMPLATE)

        page.get_by_role("button", name=f"Open image: {WORDS[1]}").click()
        viewer = page.get_by_role("dialog", name="Image viewer")
        expect(viewer.locator("p.prompt")).to_have_text(WORDS[1])
        settings = viewer.locator("dl.settings")
        expect(settings).to_contain_text("Template")
        expect(settings).to_contain_text(TEMPLATE)
        viewer.get_by_role("button", name="Prompt only").click()
        expect(box_of(page)).to_have_value(WORDS[1])
        expect(counter).not_to_contain_text("ways")

        card.get_by_role("button", name="Reuse").click()
        expect(box_of(page)).to_have_value(TEMPLATE)
        expect(counter).to_contain_text("3 ways")

    def test_what_cannot_be_drawn_is_said_before_and_refused(self, page: Any) -> None:
        box_of(page).fill("{|a dress}")
        note = page.locator("at-counter .notes li")
        expect(note).to_have_text(
            "An empty prompt can come of it; write a word outside the braces."
        )
        page.locator("#generate").click()
        expect(page.locator("at-problem")).to_contain_text("An empty prompt can come of it")

    def test_in_spanish(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer", locale="es-ES")
        expect(box_of(page)).to_have_attribute("placeholder", PLACEHOLDER)
        box_of(page).fill(TEMPLATE)
        expect(page.locator("at-counter .ways")).to_have_text("3 variantes")
        for prompt, refused in REFUSED_IN_SPANISH.items():
            box_of(page).fill(prompt)
            page.locator("#generate").click()
            expect(page.locator("at-problem")).to_have_text(refused)


REFUSED_IN_SPANISH = {
    "{|a dress}": "Puede salir una descripción vacía; escribe una palabra fuera de las llaves.",
    "{a|b" * 9
    + "}" * 9: "Las llaves pueden estar unas dentro de otras hasta 8 niveles; esto no se genera.",
    "{a|b}" * 33: "Pueden salir más descripciones que semillas hay; esto no se genera.",
}
PLACEHOLDER = (
    "Describe la imagen en inglés, por ejemplo: a red striped dress on a cream background. "
    "De {red|blue} cada imagen elige uno."
)
