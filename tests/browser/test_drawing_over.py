"""Drawing over pictures on Create: bringing one, saying how much of it stays, a larger canvas, and what is sent of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.backend.restorations import pictures
from tests.browser.conftest import tell
from tests.browser.drawing_over import (
    bring,
    brought,
    generate,
    keeps,
    kept,
    panel_of,
    picture,
)
from tests.browser.test_restore import bring as drop
from tests.browser.test_restore import dialog_of

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]


@pytest.fixture
def page(open_as: OpenAs) -> Any:
    return open_as("designer")


def fitted(page: Any, choice: str) -> None:
    panel_of(page).locator(".segments").get_by_text(choice, exact=True).click()


class TestBringing:
    def test_img2img_from_a_file(self, page: Any, scripted: Any) -> None:
        init = brought(page)["init"]
        assert (init["kind"], init["width"], init["height"]) == ("upload", 640, 480)
        panel_of(page).get_by_role("slider", name="How much is drawn anew").fill("0.4")
        generate(page, "a red coat")
        asked = scripted.asked[-1].parameters
        assert (asked.init_image, asked.strength, asked.fit.value) == (init["id"], 0.4, "crop")
        # The size keeps the picture's shape, within what the model draws.
        assert asked.width * asked.height <= 512 * 512
        assert (asked.width, asked.height) == tuple(kept(page)["size"].values())

    def test_the_number_takes_what_lies_between_the_slider_steps(self, page: Any) -> None:
        brought(page)
        number = panel_of(page).get_by_role("spinbutton", name="How much is drawn anew")
        number.fill("0.37")
        number.press("Tab")
        keeps(page, "now.strength === 0.37")
        number.fill("7")
        number.press("Tab")
        keeps(page, "now.strength === 1")

    def test_it_outlives_a_reload_and_another_page_until_it_is_taken_off(
        self, page: Any, scripted: Any
    ) -> None:
        brought(page)
        page.goto("/library")
        page.goto("/")
        expect(panel_of(page).locator(".facts")).to_contain_text("640 × 480")
        panel_of(page).get_by_role("button", name="Draw from no picture").click()
        page.reload()
        page.get_by_role("button", name="Draw from a picture").wait_for()
        generate(page, "from nothing")
        assert scripted.asked[-1].parameters.init_image is None

    def test_a_file_dropped_on_the_panel_is_drawn_from(self, page: Any) -> None:
        page.get_by_role("button", name="Draw from a picture").click()
        panel_of(page).wait_for()
        drop(page, picture((320, 200)), on="at-source")
        expect(panel_of(page).locator(".facts")).to_contain_text("320 × 200")

    @pytest.mark.parametrize("made", [pictures.a1111, picture], ids=["settings", "none"])
    def test_a_file_dropped_elsewhere_offers_both(self, page: Any, made: Any) -> None:
        page.get_by_role("button", name="Restore settings from a picture").wait_for()
        drop(page, made())
        dialog_of(page).get_by_role("button", name="Draw from this picture").click()
        expect(dialog_of(page)).to_have_count(0)
        expect(panel_of(page).locator(".facts")).not_to_be_empty()


class TestTrouble:
    def test_what_is_no_picture(self, page: Any) -> None:
        bring(page, b"no picture at all")
        expect(panel_of(page).get_by_role("alert")).to_contain_text("no picture that can be read")
        expect(panel_of(page).get_by_role("button", name="Choose a picture")).to_be_focused()

    @pytest.mark.parametrize(
        ("status", "said"), [(413, "larger than the studio takes"), (409, "as many uploads")]
    )
    def test_what_is_refused(self, page: Any, status: int, said: str) -> None:
        page.route("**/api/v1/uploads", lambda route: route.fulfill(status=status, json={}))
        bring(page)
        expect(panel_of(page).get_by_role("alert")).to_contain_text(said)

    def test_nobody_answers(self, page: Any) -> None:
        page.route("**/api/v1/uploads", lambda route: route.abort())
        bring(page)
        expect(panel_of(page).get_by_role("alert")).to_contain_text("Check the connection")
        page.unroute("**/api/v1/uploads")
        with page.expect_file_chooser() as chosen:
            panel_of(page).get_by_role("button", name="Choose a picture").click()
        file = {"name": "sketch", "mimeType": "image/png", "buffer": picture()}
        chosen.value.set_files(file)
        expect(panel_of(page).locator(".facts")).to_contain_text("640 × 480")

    def test_a_picture_that_went_meanwhile(self, page: Any) -> None:
        init = brought(page)["init"]
        tell(page, f"/uploads/{init['id']}", method="DELETE")
        page.reload()
        expect(panel_of(page).get_by_role("alert")).to_contain_text("no longer there")

    def test_a_field_that_is_refused_is_pointed_at_in_the_panel(self, page: Any) -> None:
        init = brought(page)["init"]
        generate(page, "once")
        [made] = tell(page, "/generations?limit=1", method="GET")["items"]
        assert made["parameters"]["init_image"] == init["id"]
        page.evaluate(
            "() => { const now = JSON.parse(localStorage['atelier.picture']); now.strength = 3; localStorage['atelier.picture'] = JSON.stringify(now); }"
        )
        page.reload()
        expect(panel_of(page).locator(".facts")).not_to_be_empty()
        page.locator("#prompt textarea").fill("again")
        page.keyboard.press("Control+Enter")
        problem = page.locator("at-source at-problem")
        problem.get_by_role("button", name="Use 1").click()
        keeps(page, "now.strength === 1")
        expect(problem).to_have_count(0)


class TestFit:
    def test_the_outline_shows_what_is_cut_off(self, page: Any, scripted: Any) -> None:
        brought(page)
        page.locator("#ratio label").nth(2).click()
        expect(panel_of(page).locator(".facts")).to_contain_text("50 % is cut off")
        window = panel_of(page).locator(".window").bounding_box()
        whole = panel_of(page).locator(".lies").bounding_box()
        assert window["width"] == pytest.approx(whole["width"] / 2, abs=2)
        fitted(page, "Pad")
        expect(panel_of(page).locator(".facts")).not_to_contain_text("cut off")
        generate(page, "padded")
        asked = scripted.asked[-1].parameters
        assert (asked.fit.value, asked.width, asked.height) == ("pad", 64, 64)
        fitted(page, "As the picture")
        keeps(page, "now.sized === 'picture'")


class TestOutpaint:
    def test_margins_make_the_canvas_larger(self, page: Any, scripted: Any) -> None:
        brought(page, picture((256, 256)))
        page.get_by_role("button", name="Larger canvas").click()
        page.get_by_label("Right", exact=True).fill("100")
        page.get_by_label("Right", exact=True).press("Tab")
        expect(page.get_by_label("Right", exact=True)).to_have_value("104")
        expect(panel_of(page).locator(".limit")).to_contain_text("The canvas is 360 × 256")
        generate(page, "more to the right")
        asked = scripted.asked[-1].parameters
        assert asked.outpaint.model_dump() == {"left": 0, "top": 0, "right": 104, "bottom": 0}
        assert (asked.width, asked.height) == (360, 256)

    def test_arrows_go_by_eight(self, page: Any) -> None:
        brought(page, picture((256, 256)))
        page.get_by_role("button", name="Larger canvas").click()
        expect(page.get_by_label("Left", exact=True)).to_be_focused()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        keeps(page, "now.outpaint?.left === 16 && now.size.width === 272")

    def test_beyond_the_models_limit_the_picture_makes_room(self, page: Any) -> None:
        brought(page, picture((512, 512)))
        page.get_by_role("button", name="Larger canvas").click()
        page.get_by_label("Top", exact=True).fill("256")
        expect(panel_of(page).locator(".limit")).to_contain_text("at most 262,144 pixels")
        keeps(page, "now.size.width * now.size.height <= 512 * 512 && now.outpaint.top === 256")

    def test_folding_it_takes_the_margins_back(self, page: Any) -> None:
        brought(page, picture((256, 256)))
        page.get_by_role("button", name="Larger canvas").click()
        page.get_by_label("Top", exact=True).fill("64")
        keeps(page, "now.outpaint?.top === 64")
        page.get_by_role("button", name="Larger canvas").click()
        keeps(page, "now.outpaint === null && now.size.height === 256")


class TestVariation:
    def test_is_among_the_advanced_settings(self, page: Any, scripted: Any) -> None:
        page.get_by_role("button", name="Advanced").click()
        page.get_by_role("slider", name="Variation").fill("0.3")
        page.get_by_label("Variation seed").fill("77")
        generate(page, "a varied hat")
        asked = scripted.asked[-1].parameters
        assert (asked.variation_strength, asked.variation_seed) == (0.3, 77)


def test_the_price_goes_by_the_steps_that_are_taken(page: Any) -> None:
    price = page.locator("button#generate, #generate button").first
    brought(page, picture((512, 512)))
    expect(price).to_have_attribute("data-price", "0.79 credits")
    panel_of(page).get_by_role("slider", name="How much is drawn anew").fill("0.25")
    expect(price).to_have_attribute("data-price", "0.26 credits")


def test_in_spanish_on_a_phone(open_as: OpenAs) -> None:
    page = open_as("designer", width=360, height=740, locale="es-ES")
    page.get_by_role("button", name="Dibujar desde una imagen").click()
    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Elegir una imagen").click()
    chosen.value.set_files({"name": "a", "mimeType": "image/png", "buffer": picture()})
    page.get_by_role("button", name="Pintar lo que cambia").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
