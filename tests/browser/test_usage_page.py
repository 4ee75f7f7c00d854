"""The usage page, in a real browser: figures, charts by mouse and keys, tables, days, and the way to a quota."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.accounts.models import Team, User
from backend.kit.context import Context
from backend.kit.ids import new_id
from backend.kit.queue import State
from tests.fixtures.actors import add_user
from tests.fixtures.drawings import OPEN, RELEASED, Drawing, add_drawing

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
HOSTILE = "<img src=x onerror=window.owned=1>"
THEN = datetime(2025, 3, 10, 12, tzinfo=UTC)
WEEK = "/usage?from=2025-03-08&to=2025-03-14"


@pytest.fixture(scope="module")
def drawn(scripted_studio: Any) -> User:
    """Somebody who drew in a week of long ago, which no other test has anything in, and in the week before it."""
    context: Context = scripted_studio.app.state.context
    with context.database.write() as session:
        team = Team(name=f"Knitwear {new_id()}")
        session.add(team)
    dana = add_user(context.database, name=f"Dana {HOSTILE}", team_id=team.id)
    wim = add_user(context.database, name="Wim")
    with context.database.write() as session:
        add_drawing(session, dana, THEN - timedelta(days=7), Drawing(images=4, wait=4.0))
        two = Drawing(images=2, flags=(RELEASED,), wait=2.0, charged=3.0)
        add_drawing(session, dana, THEN, two)
        add_drawing(session, wim, THEN, Drawing(images=6, flags=(OPEN,), charged=1.0, model="vega"))
        failed = Drawing(state=State.FAILED, images=0, charged=0)
        add_drawing(session, wim, THEN + timedelta(days=1), failed)
    return dana


@pytest.fixture
def page(open_as: OpenAs, drawn: User) -> Any:
    page = open_as("admin", WEEK, reduced_motion="reduce")
    page.locator("at-report rect.bar-of").first.wait_for()
    assert drawn.name
    return page


def tile(page: Any, name: str) -> Any:
    return page.locator(".tile").filter(has=page.get_by_text(name, exact=True))


def test_the_figures_and_how_they_changed(page: Any) -> None:
    expect(page).to_have_title("Usage · Atelier")
    expect(tile(page, "Images")).to_contain_text("8100% more than the period before")
    expect(tile(page, "Images")).to_contain_text("of 3 generations; 1 failed, 0 canceled")
    expect(tile(page, "Credits")).to_contain_text("4")
    expect(tile(page, "Wait, 95th percentile").locator(".change.ok")).to_have_text(
        "50% less than the period before"
    )
    expect(tile(page, "Images held")).to_contain_text("25%")
    expect(tile(page, "Images held")).to_contain_text("2 held, of which 1 were released")
    assert page.evaluate("window.owned") is None


def test_a_chart_is_read_by_keys_and_by_the_mouse(page: Any) -> None:
    plot = page.get_by_role("slider", name="Images", exact=True)
    plot.focus()
    for key in ("Home", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(plot).to_have_attribute("aria-valuetext", "Mar 10, 2025: Images 8")
    waits = page.get_by_role("slider", name="Wait until drawing begins")
    box = waits.bounding_box()
    across = box["x"] + 60 + (box["width"] - 60) * 2.5 / 7
    page.mouse.move(across, box["y"] + 60)
    chart = page.locator("figure").filter(has=waits)
    expect(chart.locator(".readout")).to_contain_text("Mar 10, 2025")
    expect(chart.locator(".readout")).to_contain_text("95% within 2 sec")
    page.mouse.move(0, 0)
    expect(chart.locator(".readout")).not_to_contain_text("Mar 10, 2025")


def test_shows_the_charts_as_tables(page: Any) -> None:
    region = page.get_by_role("region", name="Images", exact=True)
    expect(region).to_have_count(0)
    page.get_by_role("button", name="Show as tables").click()
    expect(region.get_by_role("row").filter(has_text="Mar 10, 2025")).to_contain_text("8")
    expect(page.get_by_role("slider")).to_have_count(0)


def test_tells_apart_sorts_and_leads_to_what_somebody_may_spend(page: Any, drawn: User) -> None:
    table = page.get_by_role("table", name="People")
    names = table.locator("tbody th")
    expect(names.first).to_contain_text("Dana")
    table.get_by_role("button", name="Images").click()
    expect(names.first).to_contain_text("Wim")
    expect(table.get_by_role("columnheader", name="Images")).to_have_attribute(
        "aria-sort", "descending"
    )
    page.get_by_role("tab", name="Teams").click()
    page.get_by_role("table", name="Teams").get_by_text("In no team").wait_for()
    page.get_by_role("tab", name="Models").click()
    page.get_by_role("table", name="Models").get_by_text("vega").wait_for()
    page.get_by_role("tab", name="People").click()
    page.get_by_role("link", name=drawn.name).click()
    form = page.get_by_role("form").filter(has_text="Dana")
    form.get_by_label("Credits a day").fill("25")
    form.get_by_role("button", name="Set the quota").click()
    row = page.locator("at-people tbody tr").filter(has_text=drawn.email)
    expect(row).to_contain_text("25")
    assert "person=" not in page.url


def test_fetches_the_days_as_a_table(page: Any) -> None:
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the days as CSV").click()
    download = downloading.value
    assert download.suggested_filename == "atelier-usage-day-2025-03-08-2025-03-14.csv"
    lines = download.path().read_text().splitlines()
    assert len(lines) == 8
    assert lines[3].startswith("2025-03-10,2025-03-10,,2,2,0,0,8,4.0,")


def test_other_days_nothing_drawn_and_too_many(page: Any) -> None:
    page.get_by_role("button", name="7 days").click()
    expect(page.get_by_role("button", name="7 days")).to_have_attribute("aria-pressed", "true")
    assert "days=7" in page.url
    page.get_by_label("From this day").fill("2025-06-01")
    page.get_by_label("To this day").fill("2025-06-30")
    page.get_by_role("heading", name="Nobody has drawn anything in this time").wait_for()
    page.get_by_label("From this day").fill("2024-01-01")
    expect(page.get_by_role("alert")).to_contain_text("at most 366 fit in a report")
    page.get_by_label("From this day").fill("2025-03-01")
    page.get_by_label("To this day").fill("2025-03-14")
    page.locator("at-report rect.bar-of").first.wait_for()
    expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)


def test_figures_that_cannot_be_loaded_can_be_asked_for_again(open_as: OpenAs, drawn: User) -> None:
    page = open_as("admin", "/account")
    assert drawn.name
    page.route("**/api/v1/usage/report?*", lambda route: route.abort())
    page.goto(WEEK)
    page.get_by_text("The figures could not be loaded").first.wait_for()
    page.unroute("**/api/v1/usage/report?*")
    page.get_by_role("button", name="Load again").first.click()
    page.locator("at-report rect.bar-of").first.wait_for()


@pytest.mark.parametrize("path", ["/usage", "/models"])
def test_is_no_page_for_anybody_else(open_as: OpenAs, path: str) -> None:
    designer = open_as("designer")
    assert designer.request.get(path, headers={"accept": "text/html"}).status == 404
    rail = designer.locator("at-rail")
    rail.get_by_role("button", name="Sign out").wait_for()
    expect(rail.get_by_text("Administration")).to_have_count(0)
    for asked in ("/usage/report", "/models/choices"):
        assert designer.request.get(f"/api/v1{asked}").status == 403


def test_a_narrow_rail_keeps_the_pages_of_administrators_behind_a_button(open_as: OpenAs) -> None:
    page = open_as("admin", "/usage", width=360, height=740)
    rail = page.locator("at-rail")
    more = rail.get_by_role("button", name="Administration")
    more.wait_for()
    expect(rail.get_by_role("link", name="Models")).to_be_hidden()
    more.click()
    expect(more).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(rail.get_by_role("link", name="Models")).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    rail.get_by_role("link", name="Models").click()
    page.locator("at-models .model").first.wait_for()
