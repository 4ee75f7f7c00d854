"""Upscaling a result: what is offered, what is asked for, and the larger one beside what it was made from."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.images.models import Image
from backend.kit.context import Context
from inference.protocol import Upscale, UpscaleMethod
from tests.browser.conftest import tell
from tests.browser.drawing_over import (
    brought,
    card,
    generate,
    keeps,
    panel_of,
    picture,
    with_an_image,
)
from tests.browser.test_axe import troubles
from tests.browser.test_viewer import drawn

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
PROMPT = "a linen dress"
SAME_BOX = """() => {
  const [one, other] = [...document.querySelector("at-overlay").shadowRoot.querySelectorAll(".compare img")].map((image) => image.getBoundingClientRect());
  return one.width > 0 && one.width === other.width && one.height === other.height;
}"""
MODEL, PLAIN = "With the model", "Plain enlarging (Lanczos)"


@pytest.fixture
def page(open_as: OpenAs) -> Any:
    return with_an_image(open_as, PROMPT)


def viewer_of(page: Any) -> Any:
    viewer = page.get_by_role("dialog", name="Image viewer")
    expect(viewer.locator("aside .prompt")).to_have_text(PROMPT)
    return viewer


def opened(host: Any) -> Any:
    """Open the menu; return it once all prices are known."""
    host.get_by_role("button", name="Upscale").click()
    menu = host.locator(".menu:popover-open")
    expect(menu.get_by_text("credits")).to_have_count(4)
    return menu


class TestTheMenu:
    def test_it_says_who_draws_how_large_it_becomes_and_what_it_costs(self, page: Any) -> None:
        menu = opened(card(page))
        expect(menu).to_contain_text(MODEL)
        expect(menu).to_contain_text(PLAIN)
        expect(menu.get_by_role("button").nth(1)).to_contain_text("256 × 128 → 1024 × 512")
        assert troubles(page) == []

    def test_what_would_be_too_large_says_so_and_does_nothing(
        self, page: Any, scripted: Any, context: Context
    ) -> None:
        with context.database.write() as session:
            session.get_one(Image, page.image).width = 4096
        page.reload()
        card(page).get_by_role("button", name="Upscale").click()
        choice = card(page).locator(".menu button").nth(1)
        expect(choice).to_have_attribute("aria-disabled", "true")
        expect(choice).to_contain_text("16384 × 512 is more than 8192 a side")
        asked = len(scripted.asked)
        choice.click(force=True)
        expect(choice).to_be_visible()
        assert len(scripted.asked) == asked

    def test_one_of_several_has_it_in_its_own_menu(self, page: Any, scripted: Any) -> None:
        drawn(page, "two coats", num_images=2)
        page.reload()
        second = card(page).locator(".tile").nth(1)
        second.hover()
        second.get_by_role("button", name="Draw from this image").click()
        second.get_by_role("button", name="Upscale…").click()
        expect(second.locator(".menu button").first).to_be_focused()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(3)
        asked = scripted.asked[-1].parameters
        [_, made, _] = tell(page, "/generations?limit=3", method="GET")["items"]
        assert asked.init_image == made["images"][1]["id"]
        assert (asked.seed, asked.upscale.factor) == (made["images"][1]["seed"], 4)


class TestAResult:
    def test_is_upscaled_four_times_and_compared(self, page: Any, scripted: Any) -> None:
        opened(card(page)).get_by_role("button").nth(1).click()
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(2)
        asked = scripted.asked[-1].parameters
        assert (asked.init_image, asked.prompt, asked.seed) == (page.image, PROMPT, 41)
        assert asked.upscale == Upscale(factor=4, method=UpscaleMethod.DIFFUSION)
        assert (asked.strength, asked.guidance_scale) == (0.2, 1)
        assert (asked.control, asked.mask) == ((), None)
        [made, _] = tell(page, "/generations?limit=2", method="GET")["items"]
        [image] = made["images"]
        assert made["parent_id"] == page.image
        assert (image["width"], image["height"]) == (1024, 512)
        page.goto(f"/library?image={image['id']}")
        viewer = viewer_of(page)
        expect(viewer.locator(".lineage [aria-current]")).to_contain_text("Upscaled")
        expect(viewer.locator(".settings")).to_contain_text("4 ×, drawn by the model")
        page.keyboard.press("b")
        compared = page.get_by_role("dialog", name="Compare images")
        pictures = compared.locator("img")
        expect(pictures).to_have_count(2)
        # However many pixels each has, they lie on one another.
        page.wait_for_function(SAME_BOX)
        expect(compared.locator("[data-setting=upscale]")).to_contain_text("4 ×")

    def test_varied_is_made_of_the_smaller_one_again(self, page: Any, scripted: Any) -> None:
        opened(card(page)).get_by_role("button").nth(0).click()
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(2)
        card(page).get_by_role("button", name="Vary", exact=True).click()
        card(page).get_by_role("button", name="Subtle").click()
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(3)
        asked = scripted.asked[-1].parameters
        assert (asked.init_image, asked.upscale.factor) == (page.image, 2)
        assert (asked.strength, asked.seed != 41) == (0.35, True)

    def test_by_key_in_the_viewer_plainly(self, page: Any, scripted: Any) -> None:
        page.goto(f"/library?image={page.image}")
        viewer = viewer_of(page)
        viewer.get_by_role("button", name="Upscale").wait_for()
        page.keyboard.press("u")
        expect(viewer.locator(".menu button.way").first).to_be_focused()
        for key in ("ArrowDown", "ArrowDown", "Enter"):
            page.keyboard.press(key)
        page.locator(".toast", has_text="made larger").wait_for()
        page.goto("/")
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(2)
        asked = scripted.asked[-1].parameters
        assert asked.upscale == Upscale(factor=2, method=UpscaleMethod.RESAMPLE)


class TestABroughtPicture:
    def test_is_made_larger_instead_of_drawn_over(self, page: Any, scripted: Any) -> None:
        init = brought(page, picture((320, 200)))["init"]
        panel = panel_of(page)
        panel.locator(".larger").get_by_text("4 ×", exact=True).click()
        expect(panel.locator(".larger .becomes")).to_have_text("320 × 200 → 1280 × 800")
        expect(panel.get_by_role("button", name="Paint what changes")).to_be_hidden()
        expect(panel.get_by_text("Larger canvas")).to_be_hidden()
        panel.get_by_role("slider", name="How much is drawn anew").fill("0.3")
        keeps(page, "now.strength === 0.3")
        generate(page, "a red coat")
        asked = scripted.asked[-1].parameters
        assert (asked.init_image, asked.strength, asked.upscale.factor) == (init["id"], 0.3, 4)
        assert (asked.guidance_scale, asked.num_images) == (1, 1)
        panel.get_by_text("Plain enlarging (Lanczos)").click()
        expect(panel.get_by_role("slider", name="How much is drawn anew")).to_be_hidden()
        panel.get_by_text("Draw over it").click()
        keeps(page, "now.upscale === null && now.strength === 0.75")
        expect(panel.get_by_role("button", name="Paint what changes")).to_be_visible()

    def test_reuse_brings_it_back(self, page: Any) -> None:
        opened(card(page)).get_by_role("button").nth(0).click()
        expect(page.locator("at-card[data-state=succeeded]")).to_have_count(2)
        card(page).get_by_role("button", name="Reuse settings").click()
        keeps(page, "now.upscale?.factor === 2 && now.strength === 0.2")


class TestALargeImage:
    def test_is_a_preview_until_somebody_looks_closer(self, page: Any, context: Context) -> None:
        with context.database.write() as session:
            image = session.get_one(Image, page.image)
            image.width, image.height = 8192, 4096
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"/library?image={page.image}")
        viewer = viewer_of(page)
        said = viewer.locator(".px")
        expect(said).to_have_text("8192 × 4096 · zoom in for all of its pixels")
        assert not [url for url in asked if "variant=full" in url]
        page.keyboard.press("+")
        expect(said).to_have_text("8192 × 4096")
        expect(viewer.locator(".stage img")).to_have_attribute("src", re.compile("variant=full"))
