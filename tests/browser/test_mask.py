"""The mask editor: what is painted lies where the pointer went, to two pixels of the picture, however it is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.drawing_over import (
    PICTURE,
    box_of,
    brought,
    editor_of,
    keeps,
    near,
    open_mask,
    panel_of,
    picture,
    save_mask,
)
from tests.browser.test_axe import troubles

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
BRUSH = 53  # a twelfth of the picture's longer side


class Sheet:
    """The picture in the editor, by shares of it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.editor = open_mask(page)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the picture is in the window."""
        box = self.editor.locator(".sheet").bounding_box()
        return box["x"] + x * box["width"] / PICTURE[0], box["y"] + y * box["height"] / PICTURE[1]

    def drag(self, *points: tuple[float, float], button: str = "left") -> None:
        """Press at the first point of the picture, go by the others, let go."""
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down(button=button)
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=5)
        mouse.up(button=button)

    def tool(self, name: str) -> None:
        self.page.get_by_role("toolbar", name="Tools").get_by_role("button", name=name).click()

    def press(self, *keys: str) -> None:
        self.editor.locator(".stage").focus()
        for key in keys:
            self.page.keyboard.press(key)


@pytest.fixture
def sheet(open_as: OpenAs) -> Sheet:
    page = open_as("designer")
    brought(page)
    return Sheet(page)


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("zoomed", [0, 3])
def test_a_stroke_lies_where_the_pointer_went(open_as: OpenAs, scale: int, zoomed: int) -> None:
    page = open_as("designer", device_scale_factor=scale)
    brought(page)
    sheet = Sheet(page)
    sheet.press(*["+"] * zoomed)
    sheet.drag((280, 200), (340, 260), (300, 280))
    mask = save_mask(page)
    assert mask.size == PICTURE
    half = BRUSH / 2
    assert near(box_of(mask), (280 - half, 200 - half, 340 + half, 280 + half))


def test_it_is_black_and_white_and_nothing_between(sheet: Sheet) -> None:
    sheet.drag((100, 100), (200, 150))
    assert {value for _, value in save_mask(sheet.page).getcolors()} == {0, 255}


def test_what_is_drawn_anew_is_named_in_what_is_sent(sheet: Sheet, scripted: Any) -> None:
    page = sheet.page
    sheet.drag((100, 100), (200, 150))
    page.get_by_label("Soft edge").last.fill("12")
    page.get_by_label("Only the painted part at full size").check()
    save_mask(page)
    panel_of(page).get_by_role("button", name="Change what is painted").wait_for()
    page.locator("#prompt textarea").fill("a belt")
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero]").filter(has_text="a belt").wait_for()
    page.locator("at-card[hero]:is([data-state=succeeded], [data-state=failed])").wait_for()
    asked = scripted.asked[-1].parameters
    assert (asked.mask_blur, asked.masked_area, asked.invert_mask) == (12, "masked", False)
    assert asked.mask
    assert asked.init_image


class TestTools:
    def test_a_rectangle_and_a_lasso(self, sheet: Sheet) -> None:
        sheet.tool("Rectangle")
        sheet.drag((60, 80), (260, 180))
        sheet.tool("Lasso")
        sheet.drag((400, 300), (500, 300), (500, 400))
        mask = save_mask(sheet.page)
        assert near(box_of(mask), (60, 80, 500, 400))
        assert mask.getpixel((490, 310)) == 255
        assert mask.getpixel((410, 390)) == 0

    def test_the_eraser_and_the_other_button_take_away(self, sheet: Sheet) -> None:
        sheet.tool("Paint everything")
        sheet.tool("Eraser")
        sheet.drag((100, 240), (200, 240))
        sheet.tool("Rectangle")
        sheet.drag((300, 100), (400, 200), button="right")
        mask = save_mask(sheet.page)
        assert [mask.getpixel(at) for at in ((150, 240), (350, 150), (500, 400))] == [0, 0, 255]

    def test_undo_and_redo_by_keys(self, sheet: Sheet) -> None:
        sheet.drag((100, 100), (200, 100))
        sheet.drag((400, 400), (500, 400))
        sheet.press("Control+z", "Control+z", "Control+Shift+z", "i")
        mask = save_mask(sheet.page)
        assert [mask.getpixel(at) for at in ((150, 100), (450, 400))] == [0, 255]

    def test_brackets_change_the_size(self, sheet: Sheet) -> None:
        size = sheet.page.locator("dialog.masking .size output")
        expect(size).to_have_text("53 px")
        sheet.press("]")
        expect(size).to_have_text("66 px")
        sheet.press("[", "[")
        expect(size).to_have_text("42 px")

    def test_space_drags_the_picture_and_paints_nothing(self, sheet: Sheet) -> None:
        sheet.press("+", "+")
        sheet.page.mouse.move(*sheet.at(320, 240))
        before = sheet.at(320, 240)
        sheet.page.keyboard.down(" ")
        sheet.page.mouse.down()
        sheet.page.mouse.move(before[0] + 40, before[1] + 10)
        sheet.page.mouse.up()
        sheet.page.keyboard.up(" ")
        after = sheet.at(320, 240)
        assert (round(after[0] - before[0]), round(after[1] - before[1])) == (40, 10)
        expect(sheet.page.get_by_role("button", name="Undo")).to_be_disabled()


class TestKeysAlone:
    def test_arrows_move_the_brush_and_space_paints(self, sheet: Sheet) -> None:
        keys = sheet.page.keyboard
        keys.press("ArrowRight")
        keys.down(" ")
        keys.press("ArrowRight")
        keys.press("ArrowRight")
        keys.up(" ")
        keys.press("ArrowDown")
        expect(sheet.editor.locator("[aria-live]")).to_have_text("Brush at 56 % across, 53 % down")
        mask = save_mask(sheet.page)
        step, half = BRUSH / 4, BRUSH / 2
        wanted = (320 + step - half, 240 - half, 320 + 3 * step + half, 240 + half)
        assert near(box_of(mask), wanted)

    def test_enter_puts_the_brush_down_until_it_lifts_it(self, sheet: Sheet) -> None:
        sheet.press("Enter", *["ArrowDown"] * 8, "Enter", *["ArrowDown"] * 2)
        left, top, right, bottom = box_of(save_mask(sheet.page))
        assert near((right - left, bottom - top), (BRUSH, BRUSH + 2 * BRUSH))


def test_nothing_painted_is_no_mask(sheet: Sheet) -> None:
    sheet.page.get_by_role("button", name="Done").click()
    expect(sheet.page.locator("at-mask")).to_have_count(0)
    keeps(sheet.page, "now.mask === null")
    expect(panel_of(sheet.page).get_by_role("button", name="Paint what changes")).to_be_focused()


def test_leaving_keeps_what_was(sheet: Sheet) -> None:
    sheet.drag((100, 100), (200, 100))
    sheet.page.keyboard.press("Escape")
    expect(sheet.page.locator("at-mask")).to_have_count(0)
    keeps(sheet.page, "now.mask === null")


def test_a_mask_can_be_painted_on_and_outlives_a_reload(sheet: Sheet) -> None:
    page = sheet.page
    sheet.drag((100, 100), (200, 100))
    save_mask(page)
    page.reload()
    panel_of(page).get_by_role("button", name="Change what is painted").click()
    sheet.editor = editor_of(page)
    sheet.drag((400, 400), (500, 400))
    mask = save_mask(page)
    assert [mask.getpixel(at) for at in ((150, 100), (450, 400))] == [255, 255]


def test_a_finger_paints_and_does_not_move_the_page(open_as: OpenAs) -> None:
    page = open_as("designer", width=360, height=740, has_touch=True, is_mobile=True)
    brought(page)
    sheet = Sheet(page)
    touch = page.context.new_cdp_session(page)
    scrolled = page.evaluate("scrollY")

    def finger(kind: str, *points: tuple[float, float]) -> None:
        shown = [dict(zip("xy", sheet.at(*point), strict=True)) for point in points]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": shown})

    finger("touchStart", (320, 100))
    for y in (160, 220, 280, 340):
        finger("touchMove", (320, y))
    finger("touchEnd")
    assert page.evaluate("scrollY") == scrolled
    # Two fingers make it larger: what the first of them began to paint is gone.
    before = page.locator("at-mask .sheet").bounding_box()["width"]
    finger("touchStart", (200, 240), (440, 240))
    finger("touchMove", (120, 240), (520, 240))
    finger("touchEnd")
    assert page.locator("at-mask .sheet").bounding_box()["width"] > before * 1.2
    half = BRUSH / 2
    assert near(box_of(save_mask(page)), (320 - half, 100 - half, 320 + half, 340 + half), by=3)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(open_as: OpenAs, theme: str) -> None:
    page = open_as("designer", color_scheme=theme, reduced_motion="reduce")
    brought(page, picture((300, 200)))
    page.get_by_role("button", name="Larger canvas").click()
    found = {"panel": troubles(page)}
    sheet = Sheet(page)
    sheet.press("Enter", "ArrowRight", "Enter")
    found["mask"] = troubles(page)
    assert {place: some for place, some in found.items() if some} == {}
