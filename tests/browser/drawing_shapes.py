"""The ways of a person through the panel about a shape and its pad; shared by their tests and the pictures of docs."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image
from playwright.sync_api import expect

# Half a dress, in shares of the pad; the other half is drawn by the mirror.
DRESS = (
    (0.5, 0.16), (0.44, 0.2), (0.4, 0.14), (0.35, 0.16), (0.38, 0.3), (0.41, 0.46), (0.27, 0.86), (0.5, 0.88),
)  # fmt: skip


def ways_of(page: Any) -> Any:
    return page.locator("at-ways")


def panel_of(page: Any) -> Any:
    return ways_of(page).get_by_role("region", name="A shape to draw by")


def kept_shape(page: Any) -> Any:
    """Return what this device keeps about the shape."""
    return page.evaluate("() => JSON.parse(localStorage['atelier.picture'] ?? 'null')?.shape")


def open_panel(page: Any) -> Any:
    opener = ways_of(page).get_by_role("button", name="Draw a shape")
    opener.click()
    expect(opener).to_have_attribute("aria-expanded", "true")
    return panel_of(page)


def open_pad(page: Any, name: str = "Draw it") -> Pad:
    """Open the pad from the panel; return it once it can be drawn on."""
    panel_of(page).get_by_role("button", name=name).click()
    return Pad(page)


class Pad:
    """The pad, by shares of it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.element = page.locator("at-pad")
        expect(self.element.locator(".stage")).to_be_focused()
        self.dialog = page.get_by_role("dialog", name="Draw a shape")

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a point of the pad is in the window."""
        box = self.element.locator(".sheet").bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def line(self, *points: tuple[float, float]) -> None:
        """Press at the first point, go by the others, let go."""
        mouse = self.page.mouse
        mouse.move(*self.at(*points[0]))
        mouse.down()
        for point in points[1:]:
            mouse.move(*self.at(*point), steps=4)
        mouse.up()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tool(self, name: str) -> None:
        self.dialog.get_by_role("button", name=name).click()

    def save(self) -> Image.Image:
        """Press Done and return the drawing as it is kept."""
        before = (kept_shape(self.page) or {}).get("image")
        self.dialog.get_by_role("button", name="Done").click()
        expect(self.element).to_have_count(0)
        self.page.wait_for_function(
            "(before) => { const now = JSON.parse(localStorage['atelier.picture'] ?? 'null')?.shape; return now && now.image !== before; }",
            arg=before,
        )
        return drawing_of(self.page)


def drawing_of(page: Any) -> Image.Image:
    answer = page.request.get(f"/api/v1/uploads/{kept_shape(page)['image']}/content")
    return Image.open(BytesIO(answer.body())).convert("L")


def lit(drawing: Image.Image, x: float, y: float) -> bool:
    """Say whether a point of a drawing, in shares of it, is white."""
    value = drawing.getpixel((int(x * drawing.width), int(y * drawing.height)))
    assert value in {0, 255}
    return value == 255
