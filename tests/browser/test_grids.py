"""Comparing settings on Create: what is typed, what it costs, tiles that fill, and a comparison that is opened again."""

from __future__ import annotations

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import tell
from tests.fixtures.scripted import ScriptedInference
from webui.client import Offer
from webui.sizes import RATIOS, size_for

pytestmark = [pytest.mark.serial, pytest.mark.browser]
OpenAs = Callable[..., Any]
PROMPT = "a red dress on a cream background"
RANGES: Final = {"ranges": True}


def asking(page: Any, prompt: str = PROMPT) -> Any:
    """Open the dialog that compares settings, for this prompt."""
    page.wait_for_function("() => localStorage.getItem('atelier.draft') !== null")
    page.locator("#prompt textarea").fill(prompt)
    page.wait_for_function(
        "([text]) => localStorage.getItem('atelier.draft').includes(text)", arg=[prompt]
    )
    if not page.locator("at-compare").is_visible():
        page.locator("at-fold .fold").click()
    page.locator("at-compare button").click()
    dialog = page.get_by_role("dialog", name="Compare settings")
    dialog.wait_for()
    return dialog


def vary(dialog: Any, edge: str, setting: str, values: str) -> None:
    dialog.get_by_label(f"{edge}: setting").select_option(setting)
    dialog.get_by_label(f"{edge}: values").fill(values)


def comparison(page: Any) -> Any:
    return page.get_by_role("dialog", name="Comparison")


def test_a_comparison_from_the_button_to_the_sheet(
    open_as: OpenAs, scripted: ScriptedInference
) -> None:
    page = open_as("designer")
    dialog = asking(page)
    vary(dialog, "Columns", "num_inference_steps", "2-6 (+2)")
    vary(dialog, "Rows", "prompt", "red, navy")
    expect(dialog.locator(".summary")).to_have_text("3 × 2 = 6 images · 0.098 credits")
    with scripted.hold():
        dialog.get_by_role("button", name="Draw 6 images").click()
        grid = comparison(page)
        expect(grid.get_by_text("0 of 6 done")).to_be_visible()
        expect(grid.locator("img.soft").first).to_be_visible()
        expect(grid.get_by_text("Step 1 of 2").first).to_be_visible()
        page.reload()
        expect(grid.get_by_text("0 of 6 done")).to_be_visible()
        expect(grid.locator("img.soft").first).to_be_visible()
    expect(grid.get_by_text("6 images", exact=True)).to_be_visible()
    expect(grid.locator("img.in:not(.soft)")).to_have_count(6)
    expect(grid.locator("thead th")).to_have_text(["2", "4", "6"])
    expect(grid.locator("tbody th")).to_have_text(["red", "navy"])
    drawn = {
        (one.parameters.num_inference_steps, one.parameters.prompt) for one in scripted.asked[-6:]
    }
    assert drawn == {
        (steps, PROMPT.replace("red", word)) for steps in (2, 4, 6) for word in ("red", "navy")
    }
    href = grid.get_by_role("link", name="Download contact sheet").get_attribute("href")
    with Image.open(BytesIO(page.request.get(href).body())) as sheet:
        assert sheet.format == "PNG"
        assert sheet.width > 3 * 192
    grid.locator("tbody button").nth(4).click()
    viewer = page.get_by_role("dialog", name="Image viewer")
    expect(viewer.get_by_text(PROMPT.replace("red", "navy")).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    expect(grid).to_be_visible()
    page.keyboard.press("Escape")
    expect(grid).to_be_hidden()
    expect(page).not_to_have_url(re.compile("grid="))
    asking(page).get_by_role("button", name=PROMPT).click()
    expect(grid.get_by_text("6 images", exact=True)).to_be_visible()


def test_a_comparison_of_three_settings_has_a_sheet_for_each_value(
    open_as: OpenAs, scripted: ScriptedInference
) -> None:
    page = open_as("designer")
    dialog = asking(page)
    vary(dialog, "Columns", "num_inference_steps", "2, 3")
    vary(dialog, "Rows", "prompt", "red, navy")
    vary(dialog, "Sheets", "seed", "5, 6")
    expect(dialog.locator(".summary")).to_contain_text("2 × 2 × 2 = 8 images")
    with scripted.hold():
        dialog.get_by_role("button", name="Draw 8 images").click()
        grid = comparison(page)
        sheets = grid.get_by_role("group", name="Seed: which sheet")
        expect(sheets.get_by_role("button", name="6, 0 of 4 done")).to_be_visible()
        expect(sheets.get_by_role("button").first).to_have_attribute("aria-pressed", "true")
    expect(grid.get_by_text("8 images", exact=True)).to_be_visible()
    expect(grid.locator("img.in:not(.soft)")).to_have_count(4)
    first = grid.get_by_role("link", name="Download contact sheet").get_attribute("href")
    sheets.get_by_role("button", name="6", exact=True).click()
    expect(grid.locator("img.in:not(.soft)")).to_have_count(4)
    expect(grid.locator("tbody th")).to_have_text(["red", "navy"])
    second = grid.get_by_role("link", name="Download contact sheet")
    expect(second).to_have_attribute("href", first.replace("z=0", "z=1"))
    assert page.request.get(second.get_attribute("href")).ok
    grid.locator("tbody button").first.click()
    viewer = page.get_by_role("dialog", name="Image viewer")
    expect(viewer.get_by_text("6", exact=True).first).to_be_visible()
    page.keyboard.press("Escape")
    expect(viewer).to_be_hidden()
    page.keyboard.press("Escape")
    expect(asking(page).locator(".earlier small").first).to_contain_text("2 × 2 × 2")


def test_too_many_sheets_are_refused_by_how_many_there_may_be(open_as: OpenAs) -> None:
    dialog = asking(open_as("designer"))
    vary(dialog, "Columns", "seed", "1-5")
    vary(dialog, "Rows", "num_inference_steps", "1-5")
    vary(dialog, "Sheets", "guidance_scale", "1-3")
    sheets = dialog.get_by_role("group", name="Sheets", exact=True)
    expect(sheets.get_by_role("alert")).to_contain_text("at most 2 beside 25 images on a sheet")


def test_what_is_wrong_stands_at_its_axis_with_a_good_value(open_as: OpenAs) -> None:
    dialog = asking(open_as("designer"))
    vary(dialog, "Columns", "num_inference_steps", "2, 900")
    columns = dialog.get_by_role("group", name="Columns", exact=True)
    expect(columns.get_by_role("alert")).to_contain_text("between 1 and 100, not 900")
    expect(dialog.get_by_role("button", name="Draw")).to_be_disabled()
    columns.get_by_role("button", name="Use 100").click()
    expect(dialog.get_by_label("Columns: values")).to_have_value("2, 100")
    expect(dialog.locator(".summary")).to_contain_text("2 images")
    vary(dialog, "Rows", "prompt", "coat, hat")
    rows = dialog.get_by_role("group", name="Rows", exact=True)
    expect(rows.get_by_role("alert")).to_contain_text("words that stand in the prompt")
    vary(dialog, "Rows", "seed", "1-25")
    expect(rows.get_by_role("alert")).to_contain_text("at most 25 images")


def test_without_a_prompt_it_says_what_to_do(open_as: OpenAs) -> None:
    dialog = asking(open_as("designer"), "")
    expect(dialog.locator(".summary")).to_contain_text("Write a prompt first")
    expect(dialog.get_by_role("button", name="Draw")).to_be_disabled()


def test_the_rest_is_canceled(open_as: OpenAs, scripted: ScriptedInference) -> None:
    page = open_as("designer")
    dialog = asking(page)
    vary(dialog, "Columns", "seed", "1-4")
    expect(dialog.locator(".summary")).to_contain_text("4 images")
    with scripted.hold():
        page.keyboard.press("Enter")
        scripted.wait_until_held()
        comparison(page).get_by_role("button", name="Cancel the rest").click()
        expect(comparison(page).get_by_text("Canceled", exact=True).last).to_be_visible()
    expect(comparison(page).get_by_text("4 images", exact=True)).to_be_visible()


def test_what_is_held_and_what_failed_says_so(open_as: OpenAs) -> None:
    page = open_as("designer", color_scheme="dark", locale="es-ES", width=360, height=740)
    asked = {"setting": "prompt", "values": ["red", "motif", "broken"]}
    made = tell(page, "/grids", {"base": {"prompt": PROMPT}, "x": asked, "y": None})
    page.goto(f"/?grid={made['id']}")
    grid = page.get_by_role("dialog", name="Comparación")
    expect(grid.get_by_text("the script breaks here")).to_be_visible()
    expect(grid.locator(".withheld")).to_be_visible()
    expect(grid.locator("img.in:not(.soft)")).to_have_count(1)
    wide = "() => document.documentElement.scrollWidth <= innerWidth"
    assert page.evaluate(wide)
    region = grid.get_by_role("region")
    region.evaluate("(region) => region.scrollBy(200, 0)")
    expect(grid.locator("thead th").last).to_be_in_viewport()


def test_anothers_comparison_is_not_there(open_as: OpenAs) -> None:
    dana, eli = open_as("designer"), open_as("designer")
    asked = {"setting": "seed", "values": [1]}
    made = tell(dana, "/grids", {"base": {"prompt": PROMPT}, "x": asked})
    eli.goto(f"/?grid={made['id']}")
    expect(eli.locator(".toast")).to_have_text("There is no such comparison of yours.")
    expect(eli).not_to_have_url(re.compile("grid="))


TYPED: Final[list[tuple[str, dict[str, bool], list[str]]]] = [
    ("10, 20 ,40", {}, ["10", "20", "40"]),
    (" a dress, , in blue,", {}, ["a dress", "in blue"]),
    ('"red, striped", navy, "", "say ""hi"""', {}, ["red, striped", "navy", "", 'say "hi"']),
    ('a "b" c, d', {}, ['a "b" c', "d"]),
    ('"a" b, "c', {}, ['"a" b', '"c']),
    ("1-3", {}, ["1-3"]),
    ("1-3", RANGES, ["1", "2", "3"]),
    ("3-1", RANGES, ["3", "2", "1"]),
    ("20-40 (+10)", RANGES, ["20", "30", "40"]),
    ("40-20(-10), 5", RANGES, ["40", "30", "20", "5"]),
    ("1-2 (+0.25)", RANGES, ["1", "1.25", "1.5", "1.75", "2"]),
    ("0.1-0.3 (+0.1)", RANGES, ["0.1", "0.2", "0.3"]),
    ("1-10 [4]", {**RANGES, "whole": True}, ["1", "4", "7", "10"]),
    ("1-2 [3]", RANGES, ["1", "1.5", "2"]),
    ("5-5", RANGES, ["5"]),
    ("-1", RANGES, ["-1"]),
    ("20-40 (-10)", RANGES, ["20-40 (-10)"]),
    ("1-3 (+0)", RANGES, ["1-3 (+0)"]),
    ("1-9 [0]", RANGES, ["1-9 [0]"]),
    ('"1-3"', RANGES, ["1-3"]),
    ("", {}, []),
]


def test_values_are_read_as_they_are_typed(still: Any) -> None:
    read = still.evaluate(
        """async (typed) => {
            const { readValues, writeValues } = await import("/ui-static/grids/values.js");
            return typed.map(([text, how]) => {
                const values = readValues(text, how);
                return [text, how, values, readValues(writeValues(values))];
            });
        }""",
        TYPED,
    )
    assert read == [[text, how, values, values] for text, how, values in TYPED]


def test_a_range_is_never_longer_than_can_be_refused(still: Any) -> None:
    lengths = still.evaluate(
        """async () => {
            const { readValues } = await import("/ui-static/grids/values.js");
            return ["1-999999999", "1-2 (+0.0000001)", "1-2 [999999999]"].map((text) => readValues(text, { ranges: true }).length);
        }"""
    )
    assert lengths == [26, 26, 26]


def test_sizes_are_those_of_the_form(still: Any) -> None:
    offers = [
        Offer(name="m", defaults=Offer.Defaults(width=width, height=height), max_pixels=most)
        for width, height, most in (
            (256, 256, 65536),
            (512, 512, 512 * 512),
            (64, 64, 1 << 18),
            (768, 512, 1 << 20),
        )
    ]
    for offer in offers:
        for ratio in RATIOS:
            size = still.evaluate(
                """async ([ratio, offer]) => (await import("/ui-static/grids/base.js")).sizeFor(ratio, offer)""",
                [ratio, offer.model_dump()],
            )
            assert tuple(size) == size_for(ratio, offer), (ratio, offer)


@pytest.fixture
def still(open_as: OpenAs) -> Any:
    """A page on which nothing is done but asking its modules."""
    return open_as("designer")
