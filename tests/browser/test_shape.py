"""Drawing by a shape: a silhouette is drawn on the pad, or a picture brought, and what is asked for says so."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import ControlUse, Preparation
from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.drawing_over import generate, picture
from tests.browser.drawing_shapes import (
    DRESS,
    Pad,
    drawing_of,
    kept_shape,
    lit,
    open_pad,
    open_panel,
    panel_of,
    ways_of,
)
from tests.browser.test_axe import troubles
from tests.browser.test_grids import asking, comparison, vary
from tests.browser.test_restore import bring as drop
from tests.browser.test_restore import dialog_of
from tests.fixtures.scripted import CARD

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]


@pytest.fixture
def page(open_as: OpenAs) -> Any:
    page = open_as("designer")
    open_panel(page)
    return page


@pytest.fixture
def pad(page: Any) -> Pad:
    return open_pad(page)


def bring(page: Any, name: str = "From a picture") -> None:
    with page.expect_file_chooser() as chosen:
        panel_of(page).get_by_role("button", name=name).click()
    file = {"name": "photo", "mimeType": "image/png", "buffer": picture((320, 200))}
    chosen.value.set_files(file)
    expect(panel_of(page).get_by_role("img")).to_be_visible()


def lay(page: Any, on: str) -> None:
    """Drop a picture on that part of the page, which may be in a shadow."""
    script = """(on, data) => {
      const carried = new DataTransfer();
      const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
      carried.items.add(new File([bytes], "photo", { type: "image/png" }));
      on.dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true, composed: true }));
    }"""
    page.locator(on).first.evaluate(script, b64encode(picture()).decode())


def share(page: Any, slider: str, value: str) -> None:
    panel_of(page).get_by_role("slider", name=slider).fill(value)


class TestASilhouette:
    def test_is_drawn_and_a_garment_is_drawn_in_it(self, pad: Pad, scripted: Any) -> None:
        page = pad.page
        pad.press("m")
        pad.line(*DRESS)
        drawing = pad.save()
        assert drawing.size == (768, 768)
        # Both sides, though one was drawn.
        for x, y in ((0.35, 0.16), (0.41, 0.46), (0.27, 0.86)):
            assert lit(drawing, x, y)
            assert lit(drawing, 1 - x, y)
        assert not lit(drawing, 0.5, 0.5)
        share(page, "How strictly the shape is kept", "0.8")
        share(page, "For how much of the drawing", "0.6")
        generate(page, "a red dress")
        asked = scripted.asked[-1]
        [use] = asked.parameters.control
        assert use == ControlUse(
            name="scribble", image=kept_shape(page)["image"], scale=0.8, end=0.6
        )
        assert asked.pictures.control
        assert troubles(page) == []

    def test_stays_over_a_reload_is_changed_and_taken_off(self, pad: Pad, scripted: Any) -> None:
        page = pad.page
        pad.line((0.2, 0.2), (0.8, 0.2))
        first = pad.save()
        page.reload()
        expect(panel_of(page).get_by_role("img")).to_be_visible()
        again = open_pad(page, "Change the drawing")
        again.line((0.2, 0.8), (0.8, 0.8))
        second = again.save()
        assert lit(second, 0.5, 0.2)
        assert lit(second, 0.5, 0.8)
        assert not lit(first, 0.5, 0.8)
        panel_of(page).get_by_role("button", name="Draw by no shape").click()
        expect(panel_of(page).get_by_role("button", name="Draw it")).to_be_focused()
        generate(page, "a free coat")
        assert scripted.asked[-1].parameters.control == ()

    def test_comes_back_from_the_file_of_ones_own_image(self, pad: Pad) -> None:
        page = pad.page
        pad.line((0.2, 0.2), (0.8, 0.2))
        pad.save()
        image = kept_shape(page)["image"]
        share(page, "How strictly the shape is kept", "1.5")
        generate(page, "a shaped coat")
        [made] = tell(page, "/generations", method="GET")["items"][0]["images"]
        file = page.request.get(f"/api/v1/images/{made['id']}/content?variant=full").body()
        panel_of(page).get_by_role("button", name="Draw by no shape").click()
        drop(page, file, kind="image/webp")
        dialog = dialog_of(page)
        expect(dialog.get_by_role("row", name="Pictures")).to_contain_text("the shape")
        dialog.get_by_role("button", name="Apply all").click()
        expect(panel_of(page).get_by_role("img")).to_be_visible()
        now = kept_shape(page)
        assert (now["image"], now["scale"]) == (image, 1.5)

    def test_is_kept_by_every_cell_of_a_comparison(self, pad: Pad, scripted: Any) -> None:
        page = pad.page
        pad.line((0.2, 0.2), (0.8, 0.2))
        pad.save()
        share(page, "How strictly the shape is kept", "0.7")
        dialog = asking(page)
        vary(dialog, "Columns", "num_inference_steps", "2, 3")
        dialog.get_by_role("button", name="Draw 2 images").click()
        expect(comparison(page).get_by_text("2 images", exact=True)).to_be_visible()
        image = kept_shape(page)["image"]
        used = [one.parameters.control for one in scripted.asked[-2:]]
        assert used == [(ControlUse(name="scribble", image=image, scale=0.7),)] * 2

    def test_comes_back_with_the_settings_as_long_as_it_is_there(self, pad: Pad) -> None:
        page = pad.page
        pad.line((0.2, 0.2), (0.8, 0.2))
        pad.save()
        image = kept_shape(page)["image"]
        share(page, "How strictly the shape is kept", "1.5")
        generate(page, "a red coat")
        panel_of(page).get_by_role("button", name="Draw by no shape").click()
        card = page.locator("at-card[hero]")
        card.get_by_role("button", name="Reuse settings").click()
        expect(panel_of(page).get_by_role("img")).to_be_visible()
        now = kept_shape(page)
        assert (now["image"], now["scale"], now["drawn"]) == (image, 1.5, True)


class TestTools:
    def test_what_is_closed_is_filled_and_what_is_open_is_left(self, pad: Pad) -> None:
        pad.line((0.3, 0.3), (0.7, 0.3), (0.7, 0.7))
        pad.tool("Fill what is closed")
        pad.line((0.5, 0.5))
        expect(pad.dialog.locator(".said")).to_contain_text("Nothing closes this in")
        pad.tool("Pen")
        pad.line((0.3, 0.3), (0.3, 0.7), (0.7, 0.7))
        pad.tool("Fill what is closed")
        pad.line((0.5, 0.5))
        expect(pad.dialog.locator(".said")).to_have_text("Filled")
        drawing = pad.save()
        assert lit(drawing, 0.5, 0.5)
        assert not lit(drawing, 0.1, 0.1)

    def test_a_filled_shape_the_eraser_undo_and_clear(self, pad: Pad) -> None:
        pad.tool("Clear the pad")
        pad.tool("Filled shape")
        pad.line((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
        pad.press("Control+z", "Control+Shift+z")
        pad.tool("Eraser")
        pad.line((0.4, 0.5), (0.6, 0.5))
        drawing = pad.save()
        assert lit(drawing, 0.3, 0.3)
        assert not lit(drawing, 0.5, 0.5)

    def test_by_keys_alone(self, page: Any) -> None:
        panel_of(page).get_by_role("button", name="Draw it").focus()
        page.keyboard.press("Enter")
        pad = Pad(page)
        for _ in range(30):
            pad.press("]")
        pad.press("Enter", *["ArrowDown"] * 4, "Enter", "m")
        pad.press(*["ArrowLeft"] * 3, "Enter", *["ArrowUp"] * 4, "Enter")
        page.keyboard.press("Tab")
        drawing = pad.save()
        assert lit(drawing, 0.5, 0.5)
        left, _, right, _ = drawing.getbbox() or (0, 0, 0, 0)
        assert abs(left + right - drawing.width) <= 2

    def test_a_traced_picture_is_only_shown(self, pad: Pad) -> None:
        page = pad.page
        sent: list[str] = []
        page.on("request", lambda asked: sent.append(asked.method))
        with page.expect_file_chooser() as chosen:
            pad.tool("Trace a picture")
        file = {"name": "photo", "mimeType": "image/png", "buffer": picture()}
        chosen.value.set_files(file)
        traced = pad.element.locator(".sheet img")
        expect(traced).to_be_visible()
        assert "POST" not in sent
        pad.line((0.3, 0.3), (0.7, 0.3))
        drawing = pad.save()
        assert (lit(drawing, 0.5, 0.3), lit(drawing, 0.5, 0.6)) == (True, False)

    def test_an_empty_pad_takes_the_shape_off(self, pad: Pad) -> None:
        pad.dialog.get_by_role("button", name="Done").click()
        pad.page.locator(".toast", has_text="Nothing is drawn").wait_for()
        assert kept_shape(pad.page) is None


class TestAPicture:
    def test_is_drawn_by_its_edges_or_as_it_is_said(self, page: Any, scripted: Any) -> None:
        bring(page)
        generate(page, "a blue coat")
        [use] = scripted.asked[-1].parameters.control
        assert (use.name, use.prepare) == ("scribble", Preparation.EDGES)
        panel_of(page).get_by_text("Dark lines on white").click()
        panel_of(page).get_by_text("Edges", exact=True).click()
        expect(panel_of(page).get_by_role("slider", name="How strictly")).to_have_value("0.8")
        panel_of(page).get_by_text("Dark lines on white").click()
        generate(page, "a green coat")
        [use] = scripted.asked[-1].parameters.control
        assert (use.name, use.prepare, use.scale) == ("edges", Preparation.INVERT, 0.8)

    def test_dropped_on_the_panel_it_is_the_shape(self, page: Any) -> None:
        lay(page, ".panel.about")
        expect(panel_of(page).get_by_role("img", name="The shape")).to_be_visible()
        expect(page.locator("at-overlay dialog")).to_have_count(0)
        assert kept_shape(page)["prepare"] == Preparation.EDGES

    def test_dropped_on_the_pad_it_is_the_shape_unless_something_is_drawn_and_kept(
        self, pad: Pad
    ) -> None:
        page = pad.page
        pad.line((0.3, 0.3), (0.7, 0.3))
        lay(page, "at-pad")
        asked = page.get_by_role("dialog", name="Draw by this picture?")
        asked.get_by_role("button", name="Keep my drawing").click()
        expect(pad.dialog).to_be_visible()
        assert kept_shape(page) is None
        lay(page, "at-pad")
        asked.get_by_role("button", name="Draw by it").click()
        expect(pad.dialog).to_be_hidden()
        expect(panel_of(page).get_by_role("img", name="The shape")).to_be_visible()
        assert kept_shape(page)["drawn"] is False

    def test_what_only_sees_pictures_has_no_pad(self, page: Any) -> None:
        panel_of(page).get_by_text("Edges", exact=True).click()
        expect(panel_of(page).get_by_role("button", name="Draw it")).to_be_hidden()
        expect(panel_of(page).get_by_role("button", name="From a picture")).to_be_visible()

    def test_what_is_gone_is_said(self, page: Any) -> None:
        bring(page)
        tell(page, f"/uploads/{kept_shape(page)['image']}", method="DELETE")
        page.reload()
        expect(panel_of(page).get_by_role("alert")).to_contain_text("no longer there")
        bring(page, "Another picture")
        expect(panel_of(page).get_by_role("alert")).to_be_hidden()


class TestAnotherModel:
    @pytest.fixture
    def offers(self, scripted_studio: ScriptedStudio) -> Iterator[Callable[[Any], None]]:
        catalog = scripted_studio.app.state.catalog

        def offer(cards: Any) -> None:
            scripted_studio.inference.cards = cards
            catalog._asked_at = float("-inf")

        yield offer
        offer([CARD])

    def test_with_no_controls_shows_no_line(self, open_as: OpenAs, offers: Any) -> None:
        offers([CARD.model_copy(update={"controls": []})])
        page = open_as("designer")
        page.wait_for_function("() => customElements.get('at-ways')")
        expect(ways_of(page)).to_be_hidden()

    def test_keeps_a_shape_that_it_cannot_be_asked_for(
        self, pad: Pad, offers: Any, scripted: Any
    ) -> None:
        page = pad.page
        pad.line((0.2, 0.2), (0.8, 0.2))
        pad.save()
        offers([CARD.model_copy(update={"controls": []})])
        page.reload()
        expect(panel_of(page)).to_contain_text("Scripted, which draws now, draws by no shapes")
        generate(page, "a coat")
        assert scripted.asked[-1].parameters.control == ()
        assert drawing_of(page)

    def test_says_why_one_cannot_be_used(self, open_as: OpenAs, offers: Any) -> None:
        [first, second] = CARD.controls
        torn = second.model_copy(update={"trouble": "its file is cut short"})
        offers([CARD.model_copy(update={"controls": [first, torn]})])
        page = open_as("designer")
        expect(open_panel(page)).to_contain_text("Edges cannot be used: its file is cut short")

    def test_that_draws_large_gives_the_pad_the_proportions_of_what_is_drawn(
        self, open_as: OpenAs, offers: Any
    ) -> None:
        usual = CARD.defaults.model_copy(update={"width": 256, "height": 256})
        offers([CARD.model_copy(update={"defaults": usual})])
        page = open_as("designer")
        page.locator("#ratio").get_by_text("Tall").click()
        open_panel(page)
        pad = open_pad(page)
        pad.line((0.2, 0.2), (0.8, 0.2))
        width, height = pad.save().size
        assert height == 768
        assert 0.6 < width / height < 0.75
