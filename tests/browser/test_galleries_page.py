"""Galleries in a real browser: made, filled from a card, opened, edited, shared with people, handed over, left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.accounts.models import User
from backend.kit.context import Context
from backend.kit.ids import new_id
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.actors import add_user

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
HOSTILE = "<img src=x onerror=window.owned=1>"


@pytest.fixture
def mate(context: Context) -> User:
    return add_user(context.database, name=f"Mate {HOSTILE} {new_id()}")


@pytest.fixture
def as_mate(
    scripted_studio: ScriptedStudio, new_page: Callable[..., Any], mate: User
) -> Callable[[str], Any]:
    def opened(path: str) -> Any:
        page = new_page(scripted_studio.url)
        page.context.add_cookies([scripted_studio.session_cookie(user=mate)])
        page.goto(path)
        page.locator("at-rail").wait_for()
        return page

    return opened


def draw(page: Any, prompt: str = "a red hat") -> str:
    made = tell(page, "/generations", {"prompt": prompt})
    page.request.get(f"/api/v1/generations/{made['id']}/events").text()
    done = tell(page, f"/generations/{made['id']}", method="GET")
    return str(done["images"][0]["id"])


def make(page: Any, name: str = "Spring", **wanted: Any) -> str:
    return str(tell(page, "/galleries", {"name": name, **wanted})["id"])


def cells(page: Any) -> Any:
    return page.locator("at-library .cell")


def test_is_made_from_an_empty_page_and_filled_from_a_card(open_as: OpenAs) -> None:
    page = open_as("designer", "/galleries")
    expect(page).to_have_title("Galleries · Atelier")
    page.get_by_role("heading", name="No galleries yet").wait_for()
    page.locator("at-galleries .empty").get_by_role("button", name="New gallery").click()
    form = page.get_by_role("form", name="New gallery")
    form.get_by_role("button", name="Make gallery").click()
    expect(form.get_by_role("textbox", name="Name")).to_have_attribute("aria-invalid", "true")
    form.get_by_role("textbox", name="Name").fill(f"Spring {HOSTILE}")
    form.get_by_label("Brief").fill("Linen.\nNo logos.")
    form.get_by_label("Your team").check()
    form.get_by_role("button", name="Make gallery").click()
    form.get_by_text("you are in none").wait_for()
    form.get_by_label("Everyone").check()
    form.get_by_role("button", name="Make gallery").click()
    page.get_by_role("heading", name=f"Spring {HOSTILE}", level=1).wait_for()
    page.get_by_role("heading", name="No images yet").wait_for()
    expect(page.locator("at-galleries .brief")).to_have_text("Linen.\nNo logos.")
    draw(page)
    page.goto("/")
    page.get_by_role("button", name="Add to gallery").click()
    page.get_by_role("dialog", name="Add to a gallery").get_by_role("button", name="Spring").click()
    page.locator(".toast", has_text="Added to Spring").wait_for()
    page.goto("/galleries")
    card = page.locator("a.gallery", has_text="Spring")
    expect(card).to_contain_text("0 of 1 approved")
    card.click()
    cells(page).locator(".picture").click()
    page.locator("dialog.viewer[open]").wait_for()
    page.keyboard.press("Escape")
    cells(page).locator(".check").click()
    page.get_by_role("button", name="Take out of this gallery").click()
    page.get_by_role("heading", name="No images yet").wait_for()
    assert page.evaluate("window.owned") is None


def test_people_are_let_in_by_name_and_the_gallery_handed_over(
    open_as: OpenAs, as_mate: Callable[[str], Any], mate: User
) -> None:
    page = open_as("designer", "/galleries")
    gallery = make(page)
    page.goto(f"/galleries?id={gallery}")
    page.get_by_role("button", name="Members: 1").click()
    dialog = page.get_by_role("dialog", name="Members")
    dialog.get_by_label("Let somebody in by name").fill(mate.name)
    dialog.get_by_role("button", name=f"Add {mate.name}").click()
    picker = dialog.get_by_label(f"Role of {mate.name}")
    expect(picker).to_have_value("viewer")
    theirs = as_mate("/galleries?show=shared")
    theirs.locator("a.gallery", has_text="Spring").click()
    theirs.get_by_role("heading", name="Spring", level=1).wait_for()
    assert theirs.get_by_role("button", name="Edit").count() == 0
    picker.select_option("owner")
    page.get_by_role("dialog", name=f"Hand it over to {mate.name}?").get_by_role(
        "button", name="Hand it over"
    ).click()
    dialog.wait_for(state="detached")
    theirs.reload()
    theirs.get_by_role("button", name="Edit").wait_for()
    page.get_by_role("button", name="Members: 2").click()
    dialog.get_by_role("button", name="Leave").click()
    page.get_by_role("dialog", name="Leave Spring?").get_by_role("button", name="Leave it").click()
    page.wait_for_url("**/galleries")


def test_its_images_are_found_judged_and_taken_out_as_in_the_library(open_as: OpenAs) -> None:
    page = open_as("designer", "/galleries")
    gallery = make(page)
    images = [draw(page, f"a {colour} hat") for colour in ("red", "blue")]
    draw(page, "a green hat outside")
    tell(page, f"/galleries/{gallery}/images", {"image_ids": images})
    page.goto(f"/galleries?id={gallery}")
    expect(cells(page)).to_have_count(2)
    expect(page.get_by_role("heading", level=1)).to_have_text(["Spring"])
    assert page.locator("at-library .chip").count() == 0
    page.keyboard.press("/")
    page.keyboard.type("hat -red")
    expect(cells(page)).to_have_count(1)
    page.wait_for_url(f"**/galleries?id={gallery}&q=hat+-red")
    page.reload()
    expect(cells(page)).to_have_count(1)
    cells(page).locator(".picture").focus()
    page.keyboard.press("1")
    page.get_by_text("1 of 2 approved").wait_for()
    page.locator(".facet", has_text="Approved").wait_for()
    cells(page).locator(".check").click()
    page.get_by_role("button", name="Take out of this gallery").click()
    expect(cells(page)).to_have_count(0)
    page.get_by_text("0 of 1 approved").wait_for()
    page.get_by_role("button", name="Undo").click()
    expect(cells(page)).to_have_count(1)
    page.get_by_text("1 of 2 approved").wait_for()


def test_who_does_not_edit_it_takes_out_only_what_is_theirs(
    open_as: OpenAs, as_mate: Callable[[str], Any], mate: User
) -> None:
    page = open_as("designer", "/galleries")
    gallery = make(page)
    tell(page, f"/galleries/{gallery}/images", {"image_ids": [draw(page, "not theirs")]})
    tell(page, f"/galleries/{gallery}/members/{mate.id}", {"role": "editor"}, "PUT")
    theirs = as_mate("/galleries")
    own = draw(theirs, "their own")
    tell(theirs, f"/galleries/{gallery}/images", {"image_ids": [own]})
    tell(page, f"/galleries/{gallery}/members/{mate.id}", {"role": "viewer"}, "PUT")
    theirs.goto(f"/galleries?id={gallery}")
    expect(cells(theirs)).to_have_count(2)
    out = theirs.get_by_role("button", name="Take out of this gallery")
    cells(theirs).last.locator(".check").click()
    theirs.get_by_text("1 selected").wait_for()
    assert out.count() == 0
    cells(theirs).first.locator(".check").click()
    out.click()
    theirs.locator(".toast.bad", has_text="Not changed: 1").wait_for()
    expect(cells(theirs)).to_have_count(1)
    expect(cells(theirs).locator(".picture")).to_have_attribute("aria-label", "not theirs, Draft")


def test_is_edited_given_a_cover_and_deleted(open_as: OpenAs) -> None:
    page = open_as("designer", "/galleries")
    gallery = make(page)
    images = [draw(page, f"a {colour} hat") for colour in ("red", "blue")]
    tell(page, f"/galleries/{gallery}/images", {"image_ids": images})
    page.goto(f"/galleries?id={gallery}")
    page.get_by_role("button", name="Edit").click()
    dialog = page.get_by_role("dialog", name="Edit gallery")
    dialog.get_by_role("textbox", name="Name").fill("Autumn")
    dialog.locator(
        "label:has(input[type=radio])", has=page.get_by_role("radio", name="a red hat")
    ).click()
    dialog.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Autumn", level=1).wait_for()
    assert tell(page, f"/galleries/{gallery}", method="GET")["cover"] == images
    page.get_by_role("button", name="Edit").click()
    dialog.get_by_role("button", name="Delete gallery").click()
    page.get_by_role("dialog", name="Delete Autumn?").get_by_role(
        "button", name="Delete it"
    ).click()
    page.wait_for_url("**/galleries")
    page.get_by_role("heading", name="No galleries yet").wait_for()
    assert tell(page, f"/images/{images[0]}", method="GET")["id"] == images[0]


def test_one_that_is_not_there_says_so(open_as: OpenAs) -> None:
    page = open_as("designer", f"/galleries?id={new_id()}")
    page.get_by_role("heading", name="This gallery is not here").wait_for()
    page.locator(".empty").get_by_role("link", name="All galleries").click()
    page.get_by_role("heading", name="Galleries", level=1).wait_for()


def test_what_could_not_be_loaded_can_be_loaded_again(open_as: OpenAs) -> None:
    page = open_as("designer", "/account")
    page.route("**/api/v1/galleries?*", lambda route: route.abort())
    page.goto("/galleries")
    again = page.get_by_role("button", name="Load again")
    again.wait_for()
    page.unroute("**/api/v1/galleries?*")
    again.click()
    page.get_by_role("heading", name="No galleries yet").wait_for()


@pytest.mark.parametrize("path", ["/galleries", "/galleries?id={}"])
def test_fits_a_phone(open_as: OpenAs, path: str) -> None:
    page = open_as("designer", "/galleries", width=360, height=740)
    gallery = make(page, "A gallery with a long name that has to be broken into lines " + "x" * 20)
    tell(page, f"/galleries/{gallery}/images", {"image_ids": [draw(page)]})
    page.goto(path.format(gallery))
    page.locator("at-galleries img").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
