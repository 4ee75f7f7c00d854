"""A share link, in a real browser: made by an editor, opened by a guest, who gets nowhere else."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import tell

pytestmark = [pytest.mark.browser, pytest.mark.serial]

WITHIN_MS = 5_000
OpenAs = Callable[..., Any]
NewPage = Callable[..., Any]
HOSTILE = "a red hat <img src=x onerror=window.owned=1>"


@pytest.fixture
def editor(open_as: OpenAs) -> Any:
    """A designer on the page of a gallery of two images."""
    page = open_as("designer", "/account")
    gallery = tell(page, "/galleries", {"name": f"Spring {HOSTILE}"})["id"]
    images = []
    for _ in range(2):
        made = tell(page, "/generations", {"prompt": HOSTILE})
        page.request.get(f"/api/v1/generations/{made['id']}/events").text()
        images.append(tell(page, f"/generations/{made['id']}", method="GET")["images"][0]["id"])
    tell(page, f"/galleries/{gallery}/images", {"image_ids": images})
    page.goto(f"/galleries?id={gallery}")
    page.locator("at-galleries .cell img").first.wait_for()
    return page


def share(
    editor: Any, *, prompts: bool = False, downloads: str = "none", password: str = ""
) -> str:
    editor.get_by_role("button", name="Share").click()
    editor.get_by_role("button", name="New link").click()
    form = editor.get_by_role("form", name="New link")
    form.get_by_label("Downloads").select_option(downloads)
    form.get_by_label("Password").fill(password)
    form.get_by_label("Show prompts").set_checked(prompts)
    form.get_by_role("button", name="Make the link").click()
    url = str(editor.get_by_role("group", name="The link").locator("code").inner_text())
    editor.get_by_role("button", name="I have kept it").click()
    return url


def opened(new_page: NewPage, url: str, **options: Any) -> Any:
    parts = urlsplit(url)
    page = new_page(f"{parts.scheme}://{parts.netloc}", **options)
    page.goto(url)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_guest_looks_through_the_gallery_and_takes_an_image(
    editor: Any, new_page: NewPage, scheme: str
) -> None:
    url = share(editor, prompts=True, downloads="full")
    guest = opened(new_page, url, color_scheme=scheme)
    guest.get_by_role("heading", name="Spring", level=1).wait_for()
    expect(guest.locator(".tile")).to_have_count(2)
    guest.locator(".tile a").first.click()
    viewer = guest.get_by_role("dialog", name="Image viewer")
    first = viewer.locator("#picture").get_attribute("src")
    guest.keyboard.press("ArrowRight")
    expect(viewer.locator("#picture")).not_to_have_attribute("src", first or "")
    guest.keyboard.press("z")
    expect(viewer).to_have_class("zoomed")
    with guest.expect_download() as saved:
        viewer.get_by_role("link", name="Download").click()
    assert b"hat" not in saved.value.path().read_bytes()
    guest.keyboard.press("Escape")
    expect(guest.locator(".tile a").nth(1)).to_be_focused()
    assert guest.evaluate("window.owned") is None
    assert guest.context.cookies() == []


def test_works_without_a_script(editor: Any, new_page: NewPage) -> None:
    guest = opened(new_page, share(editor), java_script_enabled=False)
    guest.locator(".tile a").first.click()
    guest.get_by_role("link", name="All of Spring").wait_for()
    assert guest.get_by_role("link", name="Download").count() == 0
    expect(guest.get_by_text("hat")).to_have_count(1)  # the gallery's own name, in the way back


def test_asks_for_the_password_and_ends_when_it_is_revoked(editor: Any, new_page: NewPage) -> None:
    url = share(editor, password="spring spring")
    guest = opened(new_page, url)
    guest.get_by_label("Password").fill("summer summer")
    guest.get_by_role("button", name="Open").click()
    guest.get_by_text("That is not the password.").wait_for()
    guest.get_by_label("Password").fill("spring spring")
    guest.get_by_role("button", name="Open").click()
    guest.locator(".tile img").first.wait_for()
    (cookie,) = guest.context.cookies()
    assert (cookie["httpOnly"], cookie["path"]) == (True, urlsplit(url).path)
    editor.get_by_role("button", name="Revoke").click()
    editor.get_by_role("dialog", name="Revoke this link?").get_by_role(
        "button", name="Revoke it"
    ).click()
    editor.get_by_text("No link yet.").wait_for()
    guest.reload()
    guest.get_by_role("heading", name="There is nothing here").wait_for()


def test_fits_a_phone(editor: Any, new_page: NewPage) -> None:
    guest = opened(new_page, share(editor), width=360, height=740)
    guest.locator(".tile img").first.wait_for()
    assert guest.evaluate("document.documentElement.scrollWidth") <= 360
    guest.locator(".tile a").first.click()
    for name in ("Previous image", "Next image", "Close"):
        box = guest.get_by_role("button", name=name).bounding_box()
        assert min(box["width"], box["height"]) >= 44


def test_says_what_each_control_is_called(editor: Any, new_page: NewPage) -> None:
    guest = opened(new_page, share(editor))
    tree = guest.locator("body").aria_snapshot()
    assert re.search(r"heading \"Spring", tree)
    assert 'link "Image 1"' in tree
    assert "link:" not in tree  # none without a name


class TestAnOpenPage:
    """What is taken away leaves a guest's page by itself, and all of it once the link has ended."""

    def gallery(self, editor: Any) -> tuple[str, list[str]]:
        """Return the gallery's id, and the ids of its images as they stand on the page."""
        gallery = editor.url.rpartition("id=")[2]
        cells = editor.locator("at-library [data-id]")
        return gallery, [str(cell.get_attribute("data-id")) for cell in cells.all()]

    @pytest.mark.parametrize("how", ["taken down", "trashed"])
    def test_loses_a_picture(
        self, editor: Any, new_page: NewPage, open_as: OpenAs, how: str
    ) -> None:
        _, (first, second) = self.gallery(editor)
        guest = opened(new_page, share(editor))
        tiles = guest.locator(".tile")
        expect(tiles).to_have_count(2)
        guest.locator(f'.tile[data-of="{first}"] a').click()
        viewer = guest.get_by_role("dialog", name="Image viewer")
        expect(viewer.locator("#picture")).to_have_attribute("src", re.compile(first))
        if how == "trashed":
            tell(editor, "/library/changes", {"image_ids": [first], "trashed": True})
        else:
            ada = open_as("admin", "/account")
            why = {"category": "restricted", "reason": "A drill."}
            tell(ada, f"/images/{first}/takedown", why)
        expect(guest.locator(f'img[src*="{first}"]')).to_have_count(0, timeout=WITHIN_MS)
        expect(viewer.locator("#picture")).to_have_attribute("src", re.compile(second))
        expect(viewer.get_by_role("button", name="Next image")).to_be_hidden()
        guest.keyboard.press("Escape")
        expect(guest.locator("#count")).to_have_text("1 image")
        tell(editor, "/library/changes", {"image_ids": [second], "trashed": True})
        expect(tiles).to_have_count(0, timeout=WITHIN_MS)
        expect(guest.get_by_text("There is nothing here yet.")).to_be_visible()

    def test_goes_whole_when_the_link_is_revoked(self, editor: Any, new_page: NewPage) -> None:
        gallery, (first, _) = self.gallery(editor)
        url = share(editor)
        pages = [opened(new_page, url + more) for more in ("", f"?image={first}")]
        for page in pages:
            page.locator(f'img[src*="{first}"]').wait_for()
        [link] = tell(editor, f"/galleries/{gallery}/links", method="GET")
        tell(editor, f"/galleries/{gallery}/links/{link['id']}", method="DELETE")
        for page in pages:
            ended = page.get_by_role("heading", name="There is nothing here")
            expect(ended).to_be_visible(timeout=WITHIN_MS)
            expect(page.locator("img")).to_have_count(0)

    def test_without_script_it_stays_as_it_was(self, editor: Any, new_page: NewPage) -> None:
        guest = opened(new_page, share(editor), java_script_enabled=False)
        expect(guest.locator(".tile")).to_have_count(2)
        guest.locator(".tile a").first.click()
        expect(guest.get_by_role("link", name="All of Spring")).to_be_visible()
