"""What is chosen beside the form on Create: the gallery that the images go into, the image that they are made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.backend.restorations import pictures
from tests.browser.conftest import tell
from tests.browser.test_restore import bring, dialog_of
from tests.fixtures.actors import FROM_A_PAGE

pytestmark = [pytest.mark.serial, pytest.mark.browser]


@pytest.fixture
def page(open_as: Callable[..., Any]) -> Any:
    return open_as("designer")


def draw(page: Any, prompt: str = "a linen shirt") -> Any:
    """Type a prompt, press Generate as people do, and return the generation when it is done."""
    page.locator("#prompt textarea").fill(prompt)
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").filter(has_text=prompt).wait_for()
    return newest(page)


def newest(page: Any) -> Any:
    return tell(page, "/generations?limit=1", method="GET")["items"][0]


def gallery_of(page: Any, name: str = "Spring 26") -> str:
    return str(tell(page, "/galleries", {"name": name})["id"])


def images_in(page: Any, gallery: str) -> list[str]:
    return [one["id"] for one in tell(page, f"/galleries/{gallery}/images", method="GET")["items"]]


def opener(page: Any) -> Any:
    return page.locator("at-into .opener")


def choose(page: Any, name: str) -> None:
    opener(page).click()
    chooser = page.get_by_role("dialog", name="Add what is drawn to a gallery")
    chooser.get_by_role("button", name=name).click()
    expect(opener(page)).to_have_text(name)


class TestGallery:
    def test_what_is_drawn_goes_there_and_the_card_leads_there(self, page: Any) -> None:
        gallery = gallery_of(page)
        choose(page, "Spring 26")
        expect(opener(page)).to_be_focused()
        made = draw(page)
        assert images_in(page, gallery) == [made["images"][0]["id"]]
        page.locator("at-card[hero]").get_by_role("link", name="Spring 26").click()
        page.get_by_role("heading", name="Spring 26", level=1).wait_for()
        page.locator("at-library .cell").wait_for()

    def test_the_choice_is_kept_with_the_draft_until_it_is_taken_back(self, page: Any) -> None:
        gallery = gallery_of(page)
        choose(page, "Spring 26")
        tell(page, f"/galleries/{gallery}", {"name": "Summer 26"}, method="PATCH")
        page.reload()
        expect(opener(page)).to_have_text("Summer 26")
        page.get_by_role("button", name="Add to no gallery").click()
        expect(opener(page)).to_have_text("No gallery")
        draw(page)
        assert images_in(page, gallery) == []

    def test_one_can_be_made_on_the_way(self, page: Any) -> None:
        opener(page).click()
        page.get_by_text("There is no gallery yet that you may change.").wait_for()
        page.get_by_role("dialog").get_by_role("button", name="New gallery").click()
        page.get_by_role("form", name="New gallery").get_by_role("textbox", name="Name").fill(
            "Autumn"
        )
        page.get_by_role("button", name="Make gallery").click()
        expect(opener(page)).to_have_text("Autumn")
        assert draw(page)["gallery"]["name"] == "Autumn"

    def test_one_that_is_gone_is_said_at_the_control_and_nothing_is_lost(self, page: Any) -> None:
        gallery = gallery_of(page)
        choose(page, "Spring 26")
        page.request.delete(f"/api/v1/galleries/{gallery}", headers=FROM_A_PAGE)
        page.locator("#prompt textarea").fill("a wool coat")
        page.keyboard.press("Control+Enter")
        problem = page.locator("at-into at-problem")
        expect(problem).to_contain_text("You can no longer add images to this gallery.")
        expect(page.locator("#prompt textarea")).to_have_value("a wool coat")
        assert tell(page, "/generations", method="GET")["items"] == []
        problem.get_by_role("button", name="Clear it").click()
        expect(problem).to_have_count(0)
        expect(opener(page)).to_have_text("No gallery")
        page.locator("#generate").click()
        page.locator("at-card[hero][data-state=succeeded]").wait_for()

    def test_vary_on_a_card_goes_where_the_card_went(self, page: Any) -> None:
        gallery = gallery_of(page)
        choose(page, "Spring 26")
        draw(page)
        page.get_by_role("button", name="Add to no gallery").click()
        page.locator("at-card[hero]").get_by_role("button", name="Vary", exact=True).click()
        page.locator("at-card[hero]").get_by_role("button", name="New seed").click()
        page.locator("at-card:not([hero])").wait_for()
        page.locator("at-card[hero][data-state=succeeded]").wait_for()
        assert len(images_in(page, gallery)) == 2


class TestParent:
    def remixed(self, page: Any, key: str = "r") -> str:
        """Draw, open the viewer, take the settings back by `key`; return the id of the image they are from."""
        image = str(draw(page)["images"][0]["id"])
        page.locator("at-card[hero]").get_by_role("button", name="Open image").click()
        page.locator("dialog.viewer[open]").wait_for()
        page.keyboard.press(key)
        page.locator("dialog.viewer").wait_for(state="detached")
        return image

    @pytest.mark.parametrize("key", ["a", "r"])
    def test_what_is_drawn_from_recalled_settings_is_shown_as_made_from_the_image(
        self, page: Any, key: str
    ) -> None:
        image = self.remixed(page, key)
        chip = page.locator("at-styles .stem")
        expect(chip).to_contain_text("From this image")
        page.reload()
        expect(chip.locator("img")).to_have_attribute("src", f"/api/v1/images/{image}/content?variant=thumb")  # fmt: skip
        made = draw(page, "a linen shirt, closer")
        assert made["parent_id"] == image
        page.goto(f"/library?image={made['images'][0]['id']}")
        page.get_by_role("button", name="Made from: a linen shirt").wait_for()

    def test_is_taken_off_by_hand_and_by_other_settings(self, page: Any) -> None:
        self.remixed(page)
        chip = page.locator("at-styles .stem")
        page.get_by_role("button", name="Take off the image it is made from").click()
        expect(chip).to_be_hidden()
        assert draw(page, "a hat")["parent_id"] is None
        self.remixed(page)
        expect(chip).to_be_visible()
        page.locator("at-card[hero]").get_by_role("button", name="Reuse settings").click()
        expect(chip).to_be_hidden()

    def test_a_seed_alone_makes_no_child(self, page: Any) -> None:
        self.remixed(page, "s")
        assert draw(page, "a hat")["parent_id"] is None

    def test_is_brought_along_from_the_library(self, page: Any) -> None:
        image = draw(page)["images"][0]["id"]
        page.goto(f"/library?image={image}")
        page.get_by_role("button", name="Remix").click()
        page.locator("at-styles .stem:not([hidden])").wait_for()
        assert draw(page, "a hat")["parent_id"] == image

    def test_a_file_of_ours_that_is_dropped_brings_its_image_along(self, page: Any) -> None:
        image = draw(page)["images"][0]["id"]
        file = page.request.get(f"/api/v1/images/{image}/content").body()
        bring(page, file, kind="image/webp")
        dialog_of(page).get_by_role("button", name="All but seed").click()
        page.locator("at-styles .stem:not([hidden])").wait_for()
        assert draw(page, "a hat")["parent_id"] == image
        bring(page, pictures.a1111())
        dialog_of(page).get_by_role("button", name="Apply all").click()
        expect(page.locator("at-styles .stem")).to_be_hidden()

    def test_one_that_is_gone_is_said_at_the_chip(self, page: Any) -> None:
        image = self.remixed(page)
        tell(page, "/library/changes", {"image_ids": [image], "trashed": True})
        tell(page, "/library/trash/empty")
        page.keyboard.press("Control+Enter")
        problem = page.locator("at-styles at-problem")
        expect(problem).to_contain_text("is not there any more")
        problem.get_by_role("button", name="Clear it").click()
        expect(page.locator("at-styles .stem")).to_be_hidden()


def test_signing_out_forgets_both(page: Any) -> None:
    gallery_of(page)
    choose(page, "Spring 26")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: not url.endswith("/"))
    page.goto("/ui-static/robots.txt")
    assert page.evaluate("localStorage['atelier.origin'] ?? null") is None
