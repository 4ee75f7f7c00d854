"""The same settings with a fixed seed again: the picture is there at once, the page says so, and it costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ScriptedStudio, choose
from tests.browser.test_credits import button_of

pytestmark = [pytest.mark.serial, pytest.mark.browser]
OpenAs = Callable[..., Any]


def ask(page: Any, seed: str) -> None:
    """Write a prompt and a seed, and press Generate."""
    page.locator("#prompt textarea").fill("a red dress")
    page.locator("at-fold button.fold").click()
    seed_of(page).fill(seed)
    button_of(page).click()


def seed_of(page: Any) -> Any:
    return page.locator("#seed :is(input, textarea)")


def newest(page: Any) -> Any:
    return page.locator("at-card[hero][data-state=succeeded]")


@pytest.mark.parametrize(
    ("locale", "price", "mark"),
    [
        ("en-GB", "from earlier, no credits", "From earlier, no credits"),
        ("es-ES", "de antes, sin créditos", "De antes, sin créditos"),
    ],
)
def test_asked_twice_it_is_there_at_once(
    scripted_studio: ScriptedStudio, open_as: OpenAs, locale: str, price: str, mark: str
) -> None:
    page = open_as("designer", locale=locale)
    ask(page, "71")
    expect(newest(page).locator("img.layer")).to_have_count(1)
    expect(newest(page).locator(".status")).to_have_text("")
    expect(button_of(page)).to_have_attribute("data-price", price)
    asked = len(scripted_studio.inference.asked)
    with scripted_studio.inference.hold():  # nothing could be drawn now
        button_of(page).click()
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(2)
        expect(newest(page).locator(".status")).to_have_text(mark)
        expect(newest(page).locator("img.layer.in")).to_be_visible()
    assert len(scripted_studio.inference.asked) == asked
    # A phone's width: the words still fit the button.
    page.set_viewport_size({"width": 360, "height": 740})
    expect(button_of(page)).to_be_visible()
    assert button_of(page).evaluate("one => one.scrollWidth <= one.clientWidth")
    page.goto("/history")
    expect(page.locator("at-run .status").first).to_have_text(mark)


def test_the_button_keeps_up_with_the_form(open_as: OpenAs) -> None:
    page = open_as("designer")
    ask(page, "72")
    expect(button_of(page)).to_have_attribute("data-price", "from earlier, no credits")
    seed_of(page).fill("73")
    expect(button_of(page)).to_have_attribute("data-price", "0.016 credits")
    seed_of(page).fill("72")
    expect(button_of(page)).to_have_attribute("data-price", "from earlier, no credits")
    page.locator("#prompt textarea").fill("a blue dress")
    expect(button_of(page)).to_have_attribute("data-price", "0.016 credits")
    page.locator("#prompt textarea").fill("a red dress")
    expect(button_of(page)).to_have_attribute("data-price", "from earlier, no credits")
    choose(page, "4")  # three of them were not drawn
    expect(button_of(page)).to_have_attribute("data-price", "0.066 credits")


def test_a_random_seed_is_priced_as_ever(open_as: OpenAs) -> None:
    page = open_as("designer")
    ask(page, "74")
    expect(button_of(page)).to_have_attribute("data-price", "from earlier, no credits")
    seed_of(page).fill("")
    expect(button_of(page)).to_have_attribute("data-price", "0.016 credits")
