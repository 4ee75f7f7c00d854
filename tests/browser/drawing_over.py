"""Pictures to draw over, and the ways of a person through the panel and the mask editor; shared by their tests."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from tests.browser.test_viewer import drawn

PICTURE = (640, 480)


def picture(size: tuple[int, int] = PICTURE, colour: str = "#3a7bd5") -> bytes:
    """Return a PNG of one colour."""
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def with_an_image(open_as: Callable[..., Any], prompt: str) -> Any:
    """Open Create as a new designer who has one image, which is on the page as `image`."""
    page = open_as("designer")
    page.image = drawn(page, prompt, seed=41, width=256, height=128)
    page.reload()
    card(page).get_by_role("button", name="Edit").wait_for()
    return page


def card(page: Any) -> Any:
    return page.locator("at-card[hero]")


def panel_of(page: Any) -> Any:
    return page.locator("at-source .panel")


def bring(page: Any, data: bytes | None = None, *, kind: str = "image/png") -> None:
    """Choose a file in the panel."""
    page.get_by_role("button", name="Draw from a picture").click()
    with page.expect_file_chooser() as chosen:
        panel_of(page).get_by_role("button", name="Choose a picture").click()
    file = {"name": "sketch", "mimeType": kind, "buffer": data or picture()}
    chosen.value.set_files(file)


def brought(page: Any, data: bytes | None = None) -> Any:
    """Choose a file and return what is kept of it once the panel shows it."""
    bring(page, data)
    expect(panel_of(page).locator(".facts")).not_to_be_empty()
    return kept(page)


def kept(page: Any) -> Any:
    """Return what this device keeps about the picture."""
    return page.evaluate("() => JSON.parse(localStorage['atelier.picture'] ?? 'null')")


def keeps(page: Any, said: str) -> None:
    """Wait until what is kept, as `now`, is as `said` in JavaScript."""
    page.wait_for_function(
        f"() => {{ const now = JSON.parse(localStorage['atelier.picture'] ?? 'null'); return now && ({said}); }}"
    )


def generate(page: Any, prompt: str) -> None:
    """Type a prompt, press Generate, and wait for the card."""
    page.locator("#prompt textarea").fill(prompt)
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").filter(has_text=prompt).wait_for()


def open_mask(page: Any) -> Any:
    """Open the editor from the panel; return it once it can be painted on."""
    panel_of(page).get_by_role("button", name="Paint what changes").click()
    return editor_of(page)


def editor_of(page: Any) -> Any:
    editor = page.locator("at-mask")
    expect(editor.locator(".stage")).to_be_focused()
    page.wait_for_function(
        "() => document.querySelector('at-overlay').shadowRoot.querySelector('at-mask').painting"
    )
    return editor


def save_mask(page: Any) -> Image.Image:
    """Press Done and return the mask as it is kept."""
    page.get_by_role("dialog", name="Paint what is drawn anew").get_by_role(
        "button", name="Done"
    ).click()
    expect(page.locator("at-mask")).to_have_count(0)
    keeps(page, "now.mask")
    answer = page.request.get(f"/api/v1/uploads/{kept(page)['mask']}/content")
    return Image.open(BytesIO(answer.body())).convert("L")


def box_of(mask: Image.Image) -> tuple[int, int, int, int]:
    found = mask.getbbox()
    assert found, "nothing is painted"
    return found


def near(found: tuple[int, ...], wanted: tuple[float, ...], by: float = 2) -> bool:
    return all(abs(one - other) <= by for one, other in zip(found, wanted, strict=True))
