"""The people's page, in a real browser: found, let in, shut out, given roles and teams; roles; the audit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.accounts.models import Standing, User
from backend.kit.context import Context
from backend.kit.ids import new_id
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.actors import add_user

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
HOSTILE = "<img src=x onerror=window.owned=1>"


@pytest.fixture
def add(scripted_studio: ScriptedStudio) -> Callable[..., User]:
    """Add somebody: `add("marketing", name=…)`."""
    context: Context = scripted_studio.app.state.context
    return lambda role="designer", **changed: add_user(context.database, role, **changed)


def row_of(admin: Any, name: str) -> Any:
    admin.get_by_label("Name or e-mail").fill(name)
    row = admin.get_by_role("row").filter(has_text=name)
    row.wait_for()
    return row


def test_lets_in_and_shuts_out_after_asking(open_as: OpenAs, add: Callable[..., User]) -> None:
    name = f"Wim {new_id()}"
    add(name=name, standing=Standing.WAITING)
    admin = open_as("admin", "/people")
    expect(admin).to_have_title("People · Atelier")
    row = row_of(admin, name)
    row.locator(".tag", has_text="Waiting").wait_for()
    row.get_by_role("button", name=f"Let in {name}").click()
    row.locator(".tag", has_text="Active").wait_for()
    row.get_by_role("button", name=f"Deactivate {name}").click()
    dialog = admin.get_by_role("dialog", name=f"Deactivate {name}?")
    dialog.get_by_role("button", name="Leave them in").click()
    dialog.wait_for(state="detached")
    row.locator(".tag", has_text="Active").wait_for()
    row.get_by_role("button", name=f"Deactivate {name}").click()
    dialog.get_by_role("button", name="Deactivate", exact=True).click()
    row.locator(".tag", has_text="Deactivated").wait_for()
    expect(row.get_by_role("button", name=f"Reactivate {name}")).to_be_focused()


def test_somebody_who_was_shut_out_sees_it_on_a_page_that_is_open(open_as: OpenAs) -> None:
    designer = open_as("designer", "/")
    designer.get_by_role("button", name="Generate").wait_for()
    who = designer.request.get("/api/v1/me").json()
    admin = open_as("admin", "/people")
    row_of(admin, who["email"]).get_by_role("button").click()
    admin.get_by_role("dialog").get_by_role("button", name="Deactivate", exact=True).click()
    designer.get_by_role("dialog").wait_for()  # signed out


def test_gives_a_role_and_a_team_and_says_what_is_refused(
    open_as: OpenAs, add: Callable[..., User]
) -> None:
    name, team = f"Dana {HOSTILE} {new_id()}", f"Knits {new_id()}"
    add(name=name)
    admin = open_as("admin", "/people?show=teams")
    admin.get_by_label("Name of the team").fill(team)
    admin.keyboard.press("Enter")
    admin.get_by_role("row").filter(has_text=team).wait_for()
    admin.get_by_role("tab", name="Everybody").click()
    row = row_of(admin, name)
    row.get_by_label(f"Role of {name}").select_option("marketing")
    row.get_by_text("pinned").wait_for()
    row.get_by_label(f"Team of {name}").select_option(label=team)
    admin.locator(".toast", has_text="is in another team").wait_for()
    admin.get_by_role("tab", name="Teams").click()
    admin.get_by_role("button", name=f"Delete {team}").click()
    dialog = admin.get_by_role("dialog")
    dialog.get_by_text("People in it: 1").wait_for()
    dialog.get_by_role("button", name="Delete the team").click()
    admin.get_by_role("row").filter(has_text=team).wait_for(state="detached")
    assert admin.evaluate("window.owned") is None


def test_marketing_that_is_granted_it_generates_on_the_page(open_as: OpenAs) -> None:
    admin = open_as("admin", "/people?show=roles")
    card = admin.get_by_role("article", name="Marketing")
    may = card.get_by_label("Generate images")
    try:
        may.check()
        card.get_by_role("button", name="Save").click()
        admin.locator(".toast", has_text="it counts from now on").wait_for()
        mira = open_as("marketing", "/")
        mira.get_by_label("Prompt", exact=True).fill("a red hat")
        mira.get_by_role("button", name="Generate").click()
        mira.get_by_role("img", name="a red hat").wait_for()
    finally:
        tell(admin, "/roles/marketing", {"permissions": ["browse"]}, "PATCH")


def test_the_audit_is_filtered_by_pressing_what_stands_in_it(open_as: OpenAs) -> None:
    admin = open_as("admin", "/people?show=audit")
    asked = tell(admin, "/generations", {"prompt": "a hat"})["id"]
    admin.get_by_label("Everything").select_option(label="Generations")
    subject = f"generation:{asked}"
    admin.get_by_role("button", name=f"Only {subject}").first.click()
    expect(admin.locator("tbody .subject").filter(has_not_text=subject)).to_have_count(0)
    admin.get_by_text("generation.submit").wait_for()
    link = admin.get_by_role("link", name="CSV").get_attribute("href")
    assert subject in admin.request.get(link).text()
    admin.get_by_role("button", name="Check").click()
    admin.get_by_text("are as they were written").wait_for()


def test_is_not_there_for_others(open_as: OpenAs) -> None:
    designer = open_as("designer", "/history")
    assert designer.get_by_role("link", name="People").count() == 0
    assert designer.request.get("/people").status == 404


@pytest.mark.parametrize("width", [360, 1000, 1280])
@pytest.mark.parametrize("view", ["everybody", "invites", "teams", "roles", "quotas", "audit"])
def test_fits_the_window(open_as: OpenAs, width: int, view: str) -> None:
    admin = open_as("admin", f"/people?show={view}", width=width)
    admin.locator("at-people .table, at-people .role, at-people .empty").first.wait_for()
    assert admin.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for box in admin.locator("at-people .table").all():
        assert box.evaluate("box => box.scrollWidth <= box.clientWidth")
