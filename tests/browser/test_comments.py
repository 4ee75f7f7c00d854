"""Comments in the viewer, in a real browser: written, heard by others at once, removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import tell
from tests.browser.test_viewer import drawn

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
HOSTILE = "The collar <img src=x onerror=window.owned=1>\nis too wide."


@pytest.fixture
def owner(open_as: OpenAs) -> Any:
    """A designer on the page of a gallery with an image of theirs, open in the viewer."""
    page = open_as("designer", "/account")
    image = drawn(page, "a red hat")
    gallery = tell(page, "/galleries", {"name": "Spring", "visibility": "everyone"})["id"]
    tell(page, f"/galleries/{gallery}/images", {"image_ids": [image]})
    page.goto(f"/galleries?id={gallery}&image={image}")
    section(page).get_by_text("No comments yet.").wait_for()
    return page


@pytest.fixture
def colleague(owner: Any, open_as: OpenAs) -> Callable[[str], Any]:
    """Open what the owner looks at as somebody else, with a role in the gallery."""

    def opened(role: str) -> Any:
        page = open_as("designer", "/account")
        person = tell(page, "/me", method="GET")["id"]
        gallery = owner.url.split("id=")[1].split("&")[0]
        tell(owner, f"/galleries/{gallery}/members/{person}", {"role": role}, "PUT")
        page.goto(owner.url)
        section(page).wait_for()
        return page

    return opened


def section(page: Any) -> Any:
    return page.get_by_role("dialog", name="Image viewer").get_by_role("region", name="Comments")


def box(page: Any) -> Any:
    return section(page).get_by_label("Add a comment")


def said(page: Any) -> Any:
    return section(page).locator(".said")


def test_what_one_says_the_other_reads_at_once(owner: Any, colleague: Callable[[str], Any]) -> None:
    other = colleague("commenter")
    box(other).fill(HOSTILE)
    other.keyboard.press("Control+Enter")
    expect(said(other)).to_have_text([HOSTILE])
    expect(box(other)).to_have_value("")
    expect(said(owner)).to_have_text([HOSTILE])
    broken = said(owner).inner_text()
    assert "\n" in broken
    box(owner).fill("Narrower, then.")
    section(owner).get_by_role("button", name="Comment", exact=True).click()
    expect(said(other)).to_have_text([HOSTILE, "Narrower, then."])
    expect(section(other).get_by_role("button", name="Remove the comment")).to_have_count(1)
    section(owner).get_by_role("button", name="Remove the comment").first.click()
    owner.get_by_role("dialog", name="Remove this comment?").get_by_role(
        "button", name="Remove it"
    ).click()
    expect(said(owner)).to_have_text(["Narrower, then."])
    expect(said(other)).to_have_text(["Narrower, then."])
    assert owner.evaluate("window.owned") is None


def test_the_keys_of_the_viewer_are_letters_while_one_writes(owner: Any) -> None:
    viewer = owner.get_by_role("dialog", name="Image viewer")
    viewer.get_by_role("button", name="Approved").wait_for()
    box(owner).click()
    owner.keyboard.type("1 if ?")
    owner.keyboard.press("Delete")
    expect(box(owner)).to_have_value("1 if ?")
    expect(viewer.get_by_role("button", name="Approved")).to_have_attribute("aria-pressed", "false")
    owner.keyboard.press("Escape")
    expect(box(owner)).not_to_be_focused()
    owner.keyboard.press("Escape")
    viewer.wait_for(state="detached")
    owner.locator("at-library .picture").click()
    expect(box(owner)).to_have_value("1 if ?")


def test_says_how_much_room_is_left_when_there_is_little(owner: Any) -> None:
    left = section(owner).locator(".left")
    box(owner).fill("x" * 1799)
    expect(left).to_have_text("")
    box(owner).fill("x" * 1990)
    expect(left).to_have_text("10 characters left")


def test_who_may_only_look_reads(owner: Any, colleague: Callable[[str], Any]) -> None:
    box(owner).fill("The collar is too wide.")
    owner.keyboard.press("Control+Enter")
    expect(said(owner)).to_have_count(1)
    other = colleague("viewer")
    expect(said(other)).to_have_text(["The collar is too wide."])
    expect(box(other)).to_be_hidden()
    assert section(other).get_by_role("button").count() == 0


def test_what_could_not_be_loaded_can_be_loaded_again(owner: Any) -> None:
    owner.route("**/comments?**", lambda route: route.abort())
    owner.reload()
    section(owner).get_by_text("The comments could not be loaded.").wait_for()
    owner.unroute("**/comments?**")
    section(owner).get_by_role("button", name="Load again").click()
    section(owner).get_by_text("No comments yet.").wait_for()
