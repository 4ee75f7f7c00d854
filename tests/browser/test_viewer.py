"""The viewer, in a real browser: paging, zoom, taking settings back, comparing, saving."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from playwright.sync_api import expect

from tests.browser.conftest import tell

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
PROMPTS = ("a red hat in soft light", "a blue hat in hard light", "a green coat")


def drawn(page: Any, prompt: str, **parameters: Any) -> str:
    """Draw an image as the person at `page`; return its id."""
    made = tell(page, "/generations", {"prompt": prompt, **parameters})["id"]
    told: Any = {}
    while not told.get("images"):
        told = page.request.get(f"/api/v1/generations/{made}").json()
    return str(told["images"][0]["id"])


@pytest.fixture
def viewer(open_as: OpenAs) -> Any:
    """The viewer over three images of a new designer, open on the newest."""
    page = open_as("designer", "/history")
    for place, prompt in enumerate(PROMPTS):
        drawn(page, prompt, seed=100 + place, guidance_scale=4 + place)
    page.goto("/history")
    page.get_by_role("button", name=f"Open image: {PROMPTS[-1]}").click()
    opened = page.get_by_role("dialog", name="Image viewer")
    shows(opened, PROMPTS[-1])
    return opened


def shows(viewer: Any, prompt: str) -> None:
    expect(viewer.locator("aside .prompt")).to_have_text(prompt)


def scale_of(viewer: Any) -> str:
    return str(viewer.locator(".scale").inner_text())


class TestPaging:
    def test_arrows_and_ends(self, viewer: Any) -> None:
        keys = viewer.page.keyboard
        expect(viewer.locator(".count")).to_have_text("1 / 3")
        for key, place in (("ArrowRight", 1), ("End", 0), ("ArrowRight", 2), ("Home", 2)):
            keys.press(key)
            shows(viewer, PROMPTS[place])
        keys.press("ArrowLeft")
        shows(viewer, PROMPTS[0])

    def test_the_address_names_the_image_and_forgets_it(self, viewer: Any) -> None:
        assert "image=" in viewer.page.url
        viewer.page.keyboard.press("Escape")
        viewer.page.wait_for_url(lambda url: "image=" not in url)

    def test_the_information_is_put_away_and_stays_away(self, viewer: Any) -> None:
        viewer.page.keyboard.press("i")
        expect(viewer.locator("aside")).to_be_hidden()
        viewer.page.reload()
        viewer.wait_for()
        expect(viewer.locator("aside")).to_be_hidden()
        viewer.get_by_role("button", name="Information").click()
        expect(viewer.locator("aside")).to_be_visible()

    def test_tab_stays_inside(self, viewer: Any) -> None:
        inside = "() => !document.activeElement || document.activeElement.localName === 'at-overlay' || document.activeElement === document.body"
        for _ in range(30):
            viewer.page.keyboard.press("Tab")
            assert viewer.page.evaluate(inside)


class TestZoom:
    def test_keys_and_a_double_click(self, viewer: Any) -> None:
        keys = viewer.page.keyboard
        keys.press("+")
        expect(viewer.locator(".scale")).to_have_text("140 %")
        keys.press("0")
        expect(viewer.locator(".scale")).to_have_text("100 %")
        viewer.locator(".stage").dblclick()
        expect(viewer.locator(".scale")).to_have_text("200 %")
        keys.press("z")
        expect(viewer.locator(".scale")).to_have_text("100 %")

    def test_the_wheel_keeps_what_lies_under_the_pointer(self, viewer: Any) -> None:
        picture = viewer.locator(".stage img")
        box = picture.bounding_box()
        x, y = box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.5
        viewer.page.mouse.move(x, y)
        viewer.page.mouse.wheel(0, -600)
        viewer.page.wait_for_function(
            "([dialog]) => parseInt(dialog.querySelector('.scale').textContent) > 200",
            arg=[viewer.element_handle()],
        )
        after = picture.bounding_box()
        assert (x - after["x"]) / after["width"] == pytest.approx(0.75, abs=0.01)
        viewer.page.mouse.down()
        viewer.page.mouse.move(x + 40, y, steps=4)
        viewer.page.mouse.up()
        assert picture.bounding_box()["x"] == pytest.approx(after["x"] + 40, abs=1)


class TestRecall:
    def values(self, page: Any) -> Any:
        page.locator("at-composer").wait_for()
        page.wait_for_function("() => localStorage.getItem('atelier.draft') !== null")
        return page.evaluate("() => JSON.parse(localStorage.getItem('atelier.draft'))")

    def recalled(self, viewer: Any, key: str) -> Any:
        page = viewer.page
        page.evaluate("() => localStorage.removeItem('atelier.draft')")
        viewer.locator(".recall").wait_for()
        page.keyboard.press(key)
        page.wait_for_url("**/")
        return self.values(page)

    def test_all_of_it(self, viewer: Any) -> None:
        draft = self.recalled(viewer, "a")
        assert (draft["prompt"], draft["seed"], draft["guidance"]) == (PROMPTS[2], "102", 6)

    def test_all_but_the_seed(self, viewer: Any) -> None:
        draft = self.recalled(viewer, "r")
        assert (draft["prompt"], draft["seed"], draft["guidance"]) == (PROMPTS[2], "", 6)

    def test_the_prompt_alone(self, viewer: Any) -> None:
        draft = self.recalled(viewer, "p")
        assert (draft["prompt"], draft["seed"], draft["guidance"]) == (PROMPTS[2], "", 4)

    def test_the_seed_alone(self, viewer: Any) -> None:
        draft = self.recalled(viewer, "s")
        assert (draft["prompt"], draft["seed"]) == ("", "102")


class TestCompare:
    def test_marks_one_then_shows_both_and_what_differs(self, viewer: Any) -> None:
        page = viewer.page
        page.keyboard.press("End")
        page.keyboard.press("c")
        page.locator(".toast", has_text="Marked").wait_for()
        page.keyboard.press("ArrowLeft")
        shows(viewer, PROMPTS[1])
        page.keyboard.press("c")
        both = page.get_by_role("dialog", name="Compare images")
        rows = both.locator(".diff tbody tr")
        assert rows.evaluate_all("rows => rows.map(row => row.dataset.setting)") == [
            "prompt",
            "seed",
            "guidance_scale",
        ]
        marks = both.locator("[data-setting=prompt] mark")
        expect(marks).to_have_text(["red", "soft", "blue", "hard"])
        for mode, frames in (("slider", 1), ("side", 2), ("overlay", 1), ("slider", 1)):
            expect(both.locator(f".panes[data-mode={mode}] .stage")).to_have_count(frames)
            page.keyboard.press("m")
        expect(both.locator(".panes[data-mode=side] .stage")).to_have_count(2)
        page.keyboard.press("+")
        moved = both.locator("img").evaluate_all("all => all.map(one => one.style.transform)")
        assert len(set(moved)) == 1
        assert "scale(1.4)" in moved[0]
        page.keyboard.press("Escape")
        both.wait_for(state="detached")
        shows(viewer, PROMPTS[1])


class TestDownloads:
    def test_every_kind_is_what_it_says(self, viewer: Any) -> None:
        page = viewer.page
        viewer.get_by_text("Download", exact=True).click()
        saved = {}
        expect(viewer.locator(".menu a")).to_have_count(4)
        for link in viewer.locator(".menu a").all():
            answer = page.request.get(link.get_attribute("href"))
            picture = Pillow.open(BytesIO(answer.body()))
            saved[link.get_attribute("download")] = (picture.format, PROMPTS[2] in told(picture))
        assert saved == {
            "a-green-coat-102.png": ("PNG", True),
            "a-green-coat-102.jpg": ("JPEG", True),
            "a-green-coat-102.webp": ("WEBP", True),
            "a-green-coat-102-clean.png": ("PNG", False),
        }

    def test_escape_closes_the_menu_and_then_the_viewer(self, viewer: Any) -> None:
        viewer.get_by_text("Download", exact=True).click()
        menu = viewer.locator(".menu").filter(has_text="PNG")
        menu.wait_for()
        viewer.page.keyboard.press("Escape")
        expect(menu).to_be_hidden()
        expect(viewer).to_be_visible()
        viewer.page.keyboard.press("Escape")
        viewer.wait_for(state="detached")


def told(picture: Any) -> str:
    """Return all that a file says, as text."""
    comment = picture.getexif().get_ifd(0x8769).get(0x9286, b"")
    return str(picture.info.get("parameters", "")) + comment[8:].decode("utf-16-be")


class TestRelatives:
    def test_a_variation_is_told_from_what_it_was_made(self, viewer: Any) -> None:
        page = viewer.page
        viewer.get_by_role("button", name="Vary").click()
        viewer.get_by_role("button", name="New seed").click()
        page.locator("at-run").nth(3).locator("img.layer.in:not(.soft)").wait_for()
        page.locator("at-run").nth(0).get_by_role("button", name="Open image").click()
        strip = viewer.locator("ol.lineage")
        strip.get_by_role("button", name=f"Made from: {PROMPTS[-1]}").wait_for()

    def test_what_looks_like_it_is_shown(self, viewer: Any) -> None:
        page = viewer.page
        viewer.get_by_role("button", name="Close").click()
        drawn(page, "a green coat again", seed=102)  # the colour that the script gives to this seed
        page.reload()
        page.get_by_role("button", name="Open image: a green coat again").click()
        viewer.get_by_role("button", name="Nearly the same: a green coat").wait_for()
        viewer.get_by_role("link", name="Show all").click()
        page.wait_for_url(lambda url: "/library?q=like" in url)
        page.get_by_role("button", name="a green coat again").first.wait_for()
