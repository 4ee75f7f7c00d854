"""`/verify` in a real browser: a picture dropped, pasted, chosen by keyboard, or sent without any script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.backend.verify.files import photo, saved
from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.test_axe import THEMES, troubles

pytestmark = [pytest.mark.browser, pytest.mark.serial]

NewPage = Callable[..., Any]
PAGE = "/verify"
HAND_OVER = """([data, kind]) => {
  const bytes = Uint8Array.from(atob(data), (one) => one.charCodeAt(0)), given = new DataTransfer();
  given.items.add(new File([bytes], "sketch.webp", { type: "image/webp" }));
  const how = { bubbles: true, cancelable: true };
  document.body.dispatchEvent(kind === "paste"
    ? new ClipboardEvent("paste", { ...how, clipboardData: given })
    : new DragEvent("drop", { ...how, dataTransfer: given }));
}"""


@pytest.fixture(scope="module")
def ours(scripted_studio: ScriptedStudio, chromium: Any) -> bytes:
    """The file of an image that a designer of the studio drew."""
    context = chromium.new_context(base_url=scripted_studio.url)
    context.add_cookies([scripted_studio.session_cookie("designer")])
    page = context.new_page()
    made = tell(page, "/generations", {"prompt": "a red hat", "width": 256, "height": 256})
    page.request.get(f"/api/v1/generations/{made['id']}/events").text()
    [image] = tell(page, f"/generations/{made['id']}", method="GET")["images"]
    data: bytes = page.request.get(f"/api/v1/images/{image['id']}/content?variant=full").body()
    context.close()
    return data


@pytest.fixture
def visit(scripted_studio: ScriptedStudio, new_page: NewPage) -> NewPage:
    """Open the page as a stranger."""

    def opened(path: str = PAGE, **options: Any) -> Any:
        page = new_page(scripted_studio.url, **options)
        page.goto(path)
        return page

    return opened


def file(data: bytes) -> Any:
    return {"name": "sketch.webp", "mimeType": "image/webp", "buffer": data}


def verdict(page: Any, name: str) -> None:
    """See the answer, at which a reader stands, with the picture beside it."""
    heading = page.get_by_role("heading", name=name, exact=True)
    heading.wait_for()
    expect(heading).to_be_focused()
    expect(page.locator(".thumb canvas")).to_have_count(1)


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_a_picture_that_is_handed_over(visit: NewPage, ours: bytes, kind: str) -> None:
    page = visit()
    page.evaluate(HAND_OVER, [b64encode(ours).decode(), kind])
    verdict(page, "Made here")
    expect(page.get_by_text("An AI model drew it.")).to_be_visible()
    expect(page.get_by_text("This studio’s, unbroken")).to_be_visible()
    expect(page.locator("#progress")).to_be_hidden()
    assert page.context.cookies() == []


def test_one_after_the_other(visit: NewPage, ours: bytes) -> None:
    page = visit(locale="es-ES")
    page.locator("#file").set_input_files(file(ours))
    verdict(page, "Hecha aquí")
    page.locator("#file").set_input_files(file(saved(photo(300), "WEBP")))
    verdict(page, "No se sabe")
    expect(page.locator(".card")).to_have_count(1)
    expect(page.get_by_text("Comprobar otra")).to_be_visible()


def test_by_keyboard_alone(visit: NewPage, ours: bytes) -> None:
    page = visit()
    for name in ("English", "Español"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#file")).to_be_focused()
    shown = page.evaluate(
        "getComputedStyle(document.querySelector('label[for=file]')).outlineStyle"
    )
    assert shown == "solid"
    with page.expect_file_chooser() as chosen:
        page.keyboard.press("Enter")
    chosen.value.set_files(file(ours))
    verdict(page, "Made here")
    page.keyboard.press("Tab")
    expect(page.locator("#file")).to_be_focused()


def test_works_without_a_script(visit: NewPage, ours: bytes) -> None:
    page = visit(java_script_enabled=False)
    page.locator("#file").set_input_files(file(ours))
    page.get_by_role("button", name="Check", exact=True).click()
    page.get_by_role("heading", name="Made here", exact=True).wait_for()
    page.get_by_role("link", name="Español").click()
    page.locator("#file").set_input_files(file(saved(photo(300), "WEBP")))
    page.get_by_role("button", name="Comprobar", exact=True).click()
    page.get_by_role("heading", name="No se sabe").wait_for()


def test_a_file_too_large_is_not_even_sent(visit: NewPage) -> None:
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.method))
    page.locator("#file").set_input_files(file(b"\0" * 12_500_000))
    expect(page.get_by_role("status")).to_have_text(
        "The file is too large. It may have 12 MB at most."
    )
    assert "POST" not in asked


def test_somebody_signed_in_is_led_to_their_image(
    scripted_studio: ScriptedStudio, open_as: Callable[..., Any]
) -> None:
    page = open_as("designer", "/account")
    made = tell(page, "/generations", {"prompt": "a hat"})
    page.request.get(f"/api/v1/generations/{made['id']}/events").text()
    [image] = tell(page, f"/generations/{made['id']}", method="GET")["images"]
    own = page.request.get(f"/api/v1/images/{image['id']}/content?variant=full").body()
    page.goto(PAGE)
    page.locator("#file").set_input_files(file(own))
    link = page.get_by_role("link", name="Open the image")
    expect(link).to_have_attribute("href", f"{scripted_studio.url}/i/{image['id']}")


@THEMES
def test_axe_finds_nothing(visit: NewPage, ours: bytes, theme: str) -> None:
    page = visit(color_scheme=theme, width=390, height=844)
    found = {"empty": troubles(page)}
    for name, data in (("made_here", ours), ("unknown", saved(photo(64), "WEBP"))):
        page.locator("#file").set_input_files(file(data))
        page.locator(f".card.{name}").wait_for()
        found[name] = troubles(page)
    assert {state: some for state, some in found.items() if some} == {}
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
