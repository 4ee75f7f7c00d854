"""From an image of the studio to the next one: edited, used as a start, varied, taken back, and compared with what it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import tell
from tests.browser.drawing_over import (
    brought,
    card,
    editor_of,
    generate,
    keeps,
    kept,
    open_mask,
    panel_of,
    picture,
    save_mask,
    with_an_image,
)
from tests.browser.test_viewer import drawn

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
PROMPT = "a linen dress"


@pytest.fixture
def page(open_as: OpenAs) -> Any:
    return with_an_image(open_as, PROMPT)


def viewer_of(page: Any) -> Any:
    viewer = page.get_by_role("dialog", name="Image viewer")
    expect(viewer.locator("aside .prompt")).to_have_text(PROMPT)
    viewer.get_by_role("button", name="Edit", exact=True).wait_for()
    return viewer


def vary(page: Any, how: str) -> None:
    card(page).get_by_role("button", name="Vary", exact=True).click()
    card(page).get_by_role("button", name=how).click()
    expect(page.locator("at-card[data-state=succeeded]")).to_have_count(2)


def is_edited(page: Any, image: str) -> None:
    """The form has the image, its prompt and its settings, and the editor is open."""
    editor_of(page)
    expect(page.locator("#prompt textarea")).to_have_value(PROMPT)
    keeps(page, f"now.init?.id === '{image}' && now.init.kind === 'image'")
    page.wait_for_function("() => JSON.parse(localStorage['atelier.draft']).seed === ''")


class TestEdit:
    def test_from_a_card(self, page: Any) -> None:
        card(page).get_by_role("button", name="Edit").click()
        is_edited(page, page.image)

    def test_by_key_on_a_result(self, page: Any) -> None:
        card(page).get_by_role("button", name="Open image").focus()
        page.keyboard.press("e")
        is_edited(page, page.image)

    def test_by_key_in_the_viewer_of_the_library(self, page: Any) -> None:
        page.goto(f"/library?image={page.image}")
        viewer_of(page)
        page.keyboard.press("e")
        page.wait_for_url(lambda url: "/library" not in url)
        is_edited(page, page.image)

    def test_by_key_in_the_library(self, page: Any) -> None:
        page.goto("/library")
        page.locator("at-library .cell button").first.focus()
        page.keyboard.press("e")
        page.wait_for_url(lambda url: "/library" not in url)
        is_edited(page, page.image)

    def test_inpaint_from_end_to_end(self, page: Any, scripted: Any) -> None:
        card(page).get_by_role("button", name="Edit").click()
        editor = editor_of(page)
        box = editor.locator(".sheet").bounding_box()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.up()
        mask = save_mask(page)
        assert (mask.size, mask.getpixel((128, 64)), mask.getpixel((5, 5))) == ((256, 128), 255, 0)
        generate(page, "a linen dress with a belt")
        request = scripted.asked[-1].parameters
        assert (request.init_image, request.mask) == (page.image, kept(page)["mask"])
        assert (request.width, request.height) == (256, 128)
        [made] = tell(page, "/generations?limit=1", method="GET")["items"]
        assert made["parent_id"] == page.image

    def test_one_of_several_has_a_menu_of_its_own(self, page: Any) -> None:
        drawn(page, "two coats", num_images=2)
        page.reload()
        second = card(page).locator(".tile").nth(1)
        second.hover()
        second.get_by_role("button", name="Draw from this image").click()
        second.get_by_role("button", name="Use as start").click()
        keeps(page, "now.init?.kind === 'image'")
        [made] = tell(page, "/generations?limit=1", method="GET")["items"]
        assert kept(page)["init"]["id"] == made["images"][1]["id"]


class TestVary:
    @pytest.mark.parametrize(("how", "share"), [("Subtle", 0.15), ("Strong", 0.4)])
    def test_near_the_same_seed(self, page: Any, scripted: Any, how: str, share: float) -> None:
        vary(page, how)
        asked = scripted.asked[-1].parameters
        assert (asked.seed, asked.variation_strength, asked.init_image) == (41, share, None)
        [made, _] = tell(page, "/generations?limit=2", method="GET")["items"]
        assert made["parent_id"] == page.image

    def test_another_seed(self, page: Any, scripted: Any) -> None:
        vary(page, "New seed")
        asked = scripted.asked[-1].parameters
        assert (asked.seed != 41, asked.variation_strength) == (True, 0)

    @pytest.mark.parametrize(("how", "strength"), [("Subtle", 0.35), ("Strong", 0.6)])
    def test_what_was_drawn_over_is_drawn_over_again(
        self, page: Any, scripted: Any, how: str, strength: float
    ) -> None:
        over = drawn(page, "over it", init_image=page.image, width=256, height=128)
        page.reload()
        card(page).filter(has_text="over it").get_by_role("button", name="Vary", exact=True).click()
        card(page).get_by_role("button", name=how).click()
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(3)
        asked = scripted.asked[-1].parameters
        assert (asked.init_image, asked.strength, asked.variation_strength) == (over, strength, 0)


class TestTakenBack:
    def test_reuse_brings_the_picture_and_the_mask(self, page: Any) -> None:
        brought(page)
        open_mask(page)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        save_mask(page)
        was = kept(page)
        generate(page, "a belt")
        panel_of(page).get_by_role("button", name="Draw from no picture").click()
        keeps(page, "now.init === null")
        card(page).get_by_role("button", name="Reuse settings").click()
        keeps(page, f"now.init?.id === '{was['init']['id']}' && now.mask === '{was['mask']}'")

    def test_what_is_gone_is_said(self, page: Any) -> None:
        init = brought(page, picture((256, 256)))["init"]
        generate(page, "a belt")
        tell(page, f"/uploads/{init['id']}", method="DELETE")
        card(page).get_by_role("button", name="Reuse settings").click()
        page.locator("at-overlay .toast", has_text="no longer there").wait_for()
        keeps(page, "now.init === null")

    def test_what_was_drawn_from_nothing_takes_the_picture_off(self, page: Any) -> None:
        brought(page)
        card(page).get_by_role("button", name="Reuse settings").click()
        keeps(page, "now.init === null")
        page.get_by_role("button", name="Draw from a picture").wait_for()


class TestLineage:
    def test_the_strip_names_what_was_done_and_a_key_compares(self, page: Any) -> None:
        made = tell(
            page,
            f"/generations?parent={page.image}",
            {"prompt": PROMPT, "init_image": page.image, "width": 256, "height": 128},
        )
        page.locator("at-card[data-state=succeeded]").nth(1).wait_for()
        [image] = tell(page, f"/generations/{made['id']}", method="GET")["images"]
        page.goto(f"/library?image={image['id']}")
        viewer = viewer_of(page)
        expect(viewer.locator(".lineage [aria-current]")).to_contain_text("Drawn over")
        settings = viewer.locator(".settings")
        expect(settings).to_contain_text("Drawn anew")
        expect(settings).not_to_contain_text("Mask")
        page.keyboard.press("b")
        compared = page.get_by_role("dialog", name="Compare images")
        expect(compared.get_by_role("button", name="Slider")).to_have_attribute(
            "aria-pressed", "true"
        )
        expect(compared.locator("img")).to_have_count(2)

    def test_an_image_made_of_nothing_says_so(self, page: Any) -> None:
        page.goto(f"/library?image={page.image}")
        viewer_of(page)
        page.keyboard.press("b")
        page.locator(".toast", has_text="made from no other").wait_for()
        expect(page.locator(".settings")).not_to_contain_text("Drawn anew")
