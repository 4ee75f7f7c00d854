"""Blind votes, in a real browser: a comparison is made, voted on with the keyboard, closed, and its result is seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import delete

from backend.comparisons.models import Comparison
from backend.kit.context import Context
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.scripted import CARD

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
VEGA = CARD.model_copy(update={"name": "vega", "title": "Vega", "weights_sha256": "e" * 64})
PROMPTS = ["a hat", "a coat", "a scarf"]


@pytest.fixture
def admin(open_as: OpenAs, scripted_studio: ScriptedStudio, context: Context) -> Iterator[Any]:
    scripted_studio.inference.cards = [CARD, VEGA]
    scripted_studio.app.state.catalog._asked_at = float("-inf")
    yield open_as("admin", "/models?show=comparisons", reduced_motion="reduce")
    with context.database.write() as session:
        session.execute(delete(Comparison))


def make(admin: Any, prompts: list[str]) -> Any:
    """Make a comparison in the dialog and wait until it is drawn; return its card."""
    admin.get_by_role("button", name="Compare two models").click()
    dialog = admin.get_by_role("dialog", name="Compare two models")
    dialog.get_by_label("The other model").select_option("vega")
    dialog.get_by_role("radio", name="These").check()
    dialog.get_by_role("textbox", name="Prompts").fill("\n".join(prompts))
    dialog.get_by_role("button", name="Draw and ask").click()
    dialog.wait_for(state="detached")
    card = admin.locator("at-models .model").filter(
        has=admin.get_by_role("heading", name="Scripted and Vega")
    )
    expect(card).to_contain_text(f"{len(prompts)} of {len(prompts)} pairs can be voted on")
    return card


def test_voted_on_with_the_keyboard_and_closed(admin: Any, open_as: OpenAs) -> None:
    comparison = make(admin, PROMPTS)
    voter = open_as("designer", "/")
    voter.get_by_role("link", name="Vote").click()
    page = voter.locator("at-vote")
    expect(page).to_contain_text("1 of 3")
    expect(page.locator(".pair img")).to_have_count(2)
    expect(page).not_to_contain_text("Vega")
    voter.keyboard.press("1")
    expect(page).to_contain_text("2 of 3")
    voter.keyboard.press("ArrowRight")
    expect(page).to_contain_text("3 of 3")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_role("button", name="Right is better")).to_have_attribute(
        "aria-pressed", "true"
    )
    voter.keyboard.press("2")
    expect(page).to_contain_text("3 of 3")
    voter.keyboard.press("0")
    page.get_by_role("heading", name="Thank you").wait_for()
    expect(comparison).to_contain_text("3 votes by one person")
    expect(comparison.locator(".outcome")).to_have_count(0)
    comparison.get_by_role("button", name="Close the voting").click()
    dialog = admin.get_by_role("dialog", name="Close the voting?")
    dialog.get_by_role("button", name="Close the voting").click()
    expect(comparison).to_contain_text("One person voted; neither: 1.")
    comparison.get_by_role("img").wait_for()
    closed = admin.request.get("/api/v1/comparisons").json()["items"][0]
    voter.goto(f"/vote?of={closed['id']}")
    page.get_by_role("heading", name="This comparison is closed").wait_for()
    expect(page).to_contain_text("Vega")


def test_says_when_there_is_nothing_to_vote_on(open_as: OpenAs) -> None:
    page = open_as("designer", "/vote")
    page.get_by_role("heading", name="Nothing to vote on").wait_for()
    expect(page.get_by_role("link", name="To Create")).to_be_visible()


def test_what_is_being_drawn_comes_later(
    admin: Any, open_as: OpenAs, scripted_studio: ScriptedStudio
) -> None:
    with scripted_studio.inference.hold():
        body = {"models": ["scripted", "vega"], "prompts": ["a hat"]}
        made = tell(admin, "/comparisons", body)
        voter = open_as("designer", f"/vote?of={made['id']}")
        voter.get_by_role("heading", name="Nothing is drawn yet").wait_for()
    expect(admin.locator("at-models")).to_contain_text("1 of 1 pairs can be voted on")
    voter.get_by_role("button", name="Look for more").click()
    expect(voter.locator("at-vote")).to_contain_text("1 of 1")


def test_a_finger_votes_in_a_narrow_window(admin: Any, open_as: OpenAs) -> None:
    make(admin, ["a hat", "a coat"])
    voter = open_as("designer", "/vote", width=360, height=740)
    page = voter.locator("at-vote")
    expect(page).to_contain_text("1 of 2")
    assert voter.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.locator(".side img")).to_have_count(2)
    left, right = (one.bounding_box() for one in page.locator(".side").all())
    assert right["y"] >= left["y"] + left["height"]  # one above the other
    assert left["width"] > 320
    page.get_by_role("button", name="Left is better").click()
    expect(page).to_contain_text("2 of 2")
    page.get_by_role("button", name="Neither").click()
    page.get_by_role("heading", name="Thank you").wait_for()
