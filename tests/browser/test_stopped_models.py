"""A stopped model wherever one is chosen: shown as stopped, with the reason, not to be chosen; live as a stop begins and is lifted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.stops.models import EmergencyStop
from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.test_grids import asking
from tests.fixtures.scripted import DRAFTING

pytestmark = [pytest.mark.browser, pytest.mark.serial]
OpenAs = Callable[..., Any]
Stopping = Callable[[str], AbstractContextManager[None]]
WITHIN_MS = 5_000
WHY = "It draws what it should not."
FIRST, SECOND, THIRD = (
    DRAFTING.model_copy(update={"name": name, "title": name.title()})
    for name in ("alpha", "beta", "gamma")
)


@pytest.fixture(autouse=True)
def three_models(scripted_studio: ScriptedStudio, context: Context) -> Iterator[None]:
    """Three models are offered; whatever was stopped is lifted at the end."""
    catalog = scripted_studio.app.state.catalog
    before, scripted_studio.inference.cards = (
        scripted_studio.inference.cards,
        [FIRST, SECOND, THIRD],
    )
    catalog._asked_at = float("-inf")
    yield
    scripted_studio.inference.cards = before
    catalog._asked_at = float("-inf")
    with context.database.write() as session:
        for stop in session.exec(select(EmergencyStop)):
            stop.lifted_at = stop.lifted_at or utc_now()


@pytest.fixture
def stopping(open_as: OpenAs) -> Stopping:
    """Have a model, or with no name all drawing, be stopped meanwhile: `with stopping("beta"): …`."""
    admin = open_as("admin", "/account")

    @contextmanager
    def stopped(name: str) -> Iterator[None]:
        scope = "model" if name else "everything"
        wanted = {"scope": scope, "name": name, "reason": WHY}
        stop = tell(admin, "/emergency/stops", wanted)["stop"]
        yield
        tell(admin, f"/emergency/stops/{stop['id']}/lift")

    return stopped


@pytest.mark.parametrize("name", [FIRST.name, ""])
def test_create_says_why_and_cannot_be_pressed(
    designer: Any, stopping: Stopping, name: str
) -> None:
    press, note = designer.locator("button#generate"), designer.locator("at-composer .note")
    designer.locator("#prompt textarea").fill("a hat")
    expect(designer.locator("at-ways .opener").first).to_be_visible()  # all of Create is there
    with stopping(name):
        expect(note).to_contain_text(WHY, timeout=WITHIN_MS)
        expect(note).to_contain_text("alpha is stopped" if name else "All drawing is stopped")
        assert press.evaluate("one => one.inert")
        designer.locator("#prompt textarea").fill("a red hat")  # the note stays
        designer.keyboard.press("Control+Enter")
        expect(note).to_contain_text(WHY)
    expect(note).to_be_hidden(timeout=WITHIN_MS)
    press.click()
    expect(designer.locator("at-card")).to_have_count(1)


def test_another_model_that_is_stopped_stops_nothing_on_create(
    designer: Any, stopping: Stopping
) -> None:
    with stopping(SECOND.name):
        expect(designer.locator("at-notice")).to_contain_text(WHY, timeout=WITHIN_MS)
        expect(designer.locator("at-composer .note")).to_be_hidden()


def test_a_grid_cannot_have_it_until_it_is_lifted(designer: Any, stopping: Stopping) -> None:
    dialog = asking(designer)
    dialog.get_by_label("Columns: setting").select_option("model")
    beta, gamma = (dialog.get_by_role("checkbox", name=one) for one in ("beta", "gamma"))
    beta.check()
    gamma.check()
    draw = dialog.get_by_role("button", name="Draw 2 images")
    expect(draw).to_be_enabled()
    with stopping(SECOND.name):
        expect(beta).to_be_disabled(timeout=WITHIN_MS)
        expect(dialog.get_by_text(f"Stopped: {WHY}")).to_be_visible()
        expect(dialog.get_by_role("button", name="Draw 1 image")).to_be_enabled()
    expect(beta).to_be_enabled(timeout=WITHIN_MS)
    expect(beta).to_be_checked()
    expect(draw).to_be_enabled()
    dialog.get_by_label("Columns: setting").select_option("num_inference_steps")
    with stopping(FIRST.name):  # draws what names no model
        expect(dialog.get_by_text(f"alpha is stopped: {WHY}")).to_be_visible(timeout=WITHIN_MS)
        expect(dialog.locator("[type=submit]")).to_be_disabled()


def test_a_comparison_begins_with_two_others(open_as: OpenAs, stopping: Stopping) -> None:
    page = open_as("admin", "/models?show=comparisons")
    with stopping(FIRST.name):
        page.get_by_role("button", name="Compare two models").first.click()
        form = page.get_by_role("dialog", name="Compare two models")
        first = form.get_by_label("One model")
        expect(first).to_have_value("beta")
        expect(form.get_by_label("The other model")).to_have_value("gamma")
        option = first.locator("option").first
        expect(option).to_be_disabled()
        expect(option).to_have_text("Alpha (alpha) · stopped")
        expect(form.get_by_text(f"alpha is stopped: {WHY}")).to_be_visible()
    expect(option).to_be_enabled(timeout=WITHIN_MS)
    expect(option).to_have_text("Alpha (alpha)")


def test_the_page_of_models_says_it(open_as: OpenAs, stopping: Stopping) -> None:
    page = open_as("admin", "/models")
    card = page.locator("at-models [data-model=beta]")
    expect(card).to_contain_text("3 steps, guidance 2.5, dpmpp_2m, decoded small")
    expect(card.get_by_text("Stopped", exact=True)).to_have_count(0)
    with stopping(SECOND.name):
        expect(card.get_by_text("Stopped", exact=True)).to_be_visible(timeout=WITHIN_MS)
    expect(card.get_by_text("Stopped", exact=True)).to_have_count(0, timeout=WITHIN_MS)


def test_a_recipe_says_it_where_it_is_written_and_where_it_is_run(
    open_as: OpenAs, stopping: Stopping
) -> None:
    page = open_as("designer", "/recipes")
    page.locator("at-recipes header").get_by_role("button", name="New recipe").click()
    form = page.get_by_role("dialog", name="New recipe")
    form.get_by_label("Name").fill("Fresh")
    form.get_by_role("button", name="Add a step").click()
    page.get_by_role("button", name="Draw", exact=True).click()
    model = form.get_by_label("Model of step 1")
    model.select_option("gamma")
    with stopping(SECOND.name):
        expect(model.locator("option[value=beta]")).to_be_disabled(timeout=WITHIN_MS)
        expect(form.get_by_text(f"beta is stopped: {WHY}")).to_be_visible()
    expect(model.locator("option[value=beta]")).to_be_enabled(timeout=WITHIN_MS)
    form.get_by_role("checkbox", name="Step 1: draft, decoded quickly").check()
    form.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Run Fresh").click()
    asked = page.get_by_role("dialog", name="Run a recipe")
    run = asked.get_by_role("button", name="Run", exact=True)
    expect(run).to_be_enabled()
    with stopping(THIRD.name):
        expect(asked.get_by_text(f"gamma is stopped: {WHY}")).to_be_visible(timeout=WITHIN_MS)
        expect(run).to_be_disabled()
    expect(run).to_be_enabled(timeout=WITHIN_MS)
    [recipe] = tell(page, "/recipes", method="GET")["items"]
    assert [(step["model"], step["decoder"]) for step in recipe["steps"]] == [("gamma", "tiny")]
