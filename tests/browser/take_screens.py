"""Takes the pictures in docs/screens from a real studio with the bundled model.

    make screenshots

Starts a studio in a folder of its own, furnishes it with the demo data, and photographs the pages (1280 × 800).
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from backend.demo import telling as demo
from loadtests.studio import running_studio
from tests.browser.conftest import FLAGS, choose, sign_in, tell
from tests.browser.drawing_shapes import DRESS, open_pad, open_panel

ROOT = Path(__file__).parents[2]
SCREENS = ROOT / "docs" / "screens"
BUNDLED = ROOT / "assets" / "models" / "atelier-mini"
RESTRICTED = (
    "a red dress with a restricted badge on a cream background",
    "blue tee with a stop sign patch on a pink background",
    "green coat bearing the forbidden emblem, white background",
    "yellow sweater with a restricted badge, mint background",
    "a purple skirt with a forbidden emblem on grey",
)
MOST_BYTES = 200_000
PATIENCE_MS = 120_000


class Photographer:
    """Opens pages of one studio and keeps pictures of them."""

    def __init__(self, browser: Any, url: str) -> None:
        self._browser = browser
        self._url = url

    def page(self, role: str, path: str = "/", *, dark: bool = False, phone: bool = False) -> Any:
        """Return a page that somebody with `role` has opened."""
        context = self._browser.new_context(
            base_url=self._url,
            viewport={"width": 390, "height": 800} if phone else {"width": 1280, "height": 800},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        sign_in(page, role, path)
        page.locator("at-rail").wait_for()
        return page

    def stranger(self, url: str) -> Any:
        """Return a page that somebody without an account has opened."""
        page = self._browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(PATIENCE_MS)
        page.goto(url)
        return page

    def keep(self, page: Any, name: str, after_ms: int = 1500) -> None:
        """Write what `page` shows to docs/screens, small enough for the repository."""
        page.wait_for_timeout(after_ms)  # crossfades have ended; nothing says so
        image = Image.open(BytesIO(page.screenshot())).convert("RGB")
        small = next(
            data for data in map(partial(_png, image), (256, 128, 64)) if len(data) <= MOST_BYTES
        )
        (SCREENS / f"{name}.png").write_bytes(small)


def _png(image: Image.Image, colours: int) -> bytes:
    out = BytesIO()
    image.quantize(colours).save(out, "PNG", optimize=True)
    return out.getvalue()


def draw(page: Any, prompt: str, **parameters: Any) -> Any:
    """Have the person at `page` draw; return the generation when it has ended."""
    asked = {"prompt": prompt, **parameters}
    address = tell(page, "/generations", asked)["urls"]["self"]
    while True:
        generation = page.request.get(address).json()
        if generation["state"] not in {"queued", "running"}:
            return generation
        time.sleep(0.2)


def photograph(photographer: Photographer, link: str) -> None:
    """Take every picture; `link` leads a guest to the lookbook."""
    prompts = json.loads((BUNDLED / "examples.json").read_text())["prompts"]
    photographer.keep(photographer.page("designer", "/library", phone=True), "phone")
    photograph_the_library(photographer)
    photograph_galleries(photographer, link)
    photograph_recipes(photographer)
    photograph_editing(photographer)
    page = photographer.page("designer", dark=True)
    for prompt in RESTRICTED:
        draw(page, prompt)
    for prompt in prompts[:3]:
        draw(page, prompt)
    page.reload()
    page.locator("at-card[hero]").wait_for()
    page.locator("#prompt textarea").fill(prompts[1])
    choose(page, "Fine")
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=running] img.soft").nth(0).wait_for()
    page.locator("at-card[hero] .status.live", has_text="Step").wait_for()
    photographer.keep(page, "studio-dark", after_ms=300)
    page.locator("at-card[hero] .tile[data-moderation]").wait_for()
    page = photographer.page("designer")
    page.locator("at-card[hero]").wait_for()
    page.locator("#prompt textarea").fill(prompts[1])
    photographer.keep(page, "studio-light")
    page.goto("/history")
    page.locator("at-run img.in").nth(5).wait_for()
    photographer.keep(page, "history")
    photographer.keep(photographer.page("admin", "/moderation"), "moderation")
    photograph_verifying(photographer)  # before the quotas, by which nothing more is drawn
    photograph_lists(photographer, prompts)


def photograph_the_library(photographer: Photographer) -> None:
    """Take the pictures of the library in both themes, of the viewer, and of two images compared."""
    light = photographer.page("designer", "/library")
    page = photographer.page("designer", "/library", dark=True)
    for one, name in ((light, "library-light"), (page, "library-dark")):
        one.locator("at-library img").nth(20).wait_for()
        photographer.keep(one, name)
    page.goto("/library?q=tag:coat")
    page.locator("at-library").get_by_role("button", name="blue coat").first.click()
    viewer = page.get_by_role("dialog", name="Image viewer")
    viewer.get_by_text("Sampling wants this one.").wait_for()
    photographer.keep(page, "viewer")
    page.keyboard.press("c")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    page.get_by_role("dialog", name="Compare images").wait_for()
    photographer.keep(page, "compare")


def photograph_editing(photographer: Photographer) -> None:
    """Take the pictures of a skirt being painted, and of what was drawn there instead."""
    page = photographer.page("designer")
    drawn = draw(page, "a red striped dress on a cream background", seed=11)
    page.goto(f"/?edit={drawn['images'][0]['id']}")
    stage = page.locator("at-mask .stage")
    box = stage.bounding_box()
    middle, side = box["x"] + box["width"] / 2, min(box["width"], box["height"])
    page.mouse.move(middle - side * 0.2, box["y"] + box["height"] * 0.55)
    page.mouse.down()
    for step in range(17):
        across = middle + side * (0.2 if step % 2 else -0.2)
        page.mouse.move(across, box["y"] + box["height"] * (0.55 + step * 0.015), steps=5)
    page.mouse.up()
    photographer.keep(page, "mask")
    page.get_by_role("button", name="Done").click()
    page.locator("at-mask").wait_for(state="detached")
    page.locator("#prompt textarea").fill("a blue floral dress on a cream background")
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").filter(has_text="blue floral").wait_for()
    page.locator("at-card[hero] img.layer").first.wait_for()
    photographer.keep(page, "editing")
    photograph_upscaling(photographer)
    photograph_a_shape(photographer)


def photograph_upscaling(photographer: Photographer) -> None:
    """Take the picture of the ways of making a result larger."""
    page = photographer.page("designer")
    card = page.locator("at-card[hero]")
    card.get_by_role("button", name="Upscale").click()
    menu = card.locator(".menu:popover-open")
    menu.get_by_text("credits").nth(3).wait_for()
    photographer.keep(page, "upscale")


def photograph_a_shape(photographer: Photographer) -> None:
    """Take the picture of a dress on the pad, where the model has a ControlNet to draw by."""
    page = photographer.page("designer")
    page.wait_for_function("() => customElements.get('at-ways')")
    if not page.request.get("/api/v1/models").json()[0]["controls"]:
        return
    open_panel(page)
    pad = open_pad(page)
    pad.press("m")
    pad.line(*DRESS)
    photographer.keep(page, "shape")


def photograph_verifying(photographer: Photographer) -> None:
    """Take the picture of what a stranger is told of a picture that was saved anew by another program."""
    page = photographer.page("designer")
    drawn = draw(page, "a red striped dress on a cream background", width=256, height=256)
    address = f"/api/v1/images/{drawn['images'][0]['id']}/content?variant=full"
    out = BytesIO()
    Image.open(BytesIO(page.request.get(address).body())).convert("RGB").save(
        out, "JPEG", quality=90
    )
    page.goto("/verify")
    file = {"name": "dress.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}
    page.locator("#file").set_input_files(file)
    page.locator(".card").wait_for()
    photographer.keep(page, "verify")


def photograph_galleries(photographer: Photographer, link: str) -> None:
    """Take the pictures of the galleries, of one of them, and of what a guest sees."""
    page = photographer.page("designer", "/galleries")
    page.get_by_text("Spring 26 lookbook").first.wait_for()
    photographer.keep(page, "galleries")
    page.get_by_text("Spring 26 lookbook").first.click()
    page.locator("at-library img").nth(8).wait_for()
    photographer.keep(page, "gallery")
    guest = photographer.stranger(link)
    guest.locator("img").nth(8).wait_for()
    photographer.keep(guest, "guest")


def photograph_recipes(photographer: Photographer) -> None:
    """Take the picture of recipes."""
    page = photographer.page("designer", "/recipes")
    finish = [
        {"masked": True, "strength": 0.9},
        {"upscale": {"factor": 2}, "prompt": "fine cloth, sharp seams"},
        {"prompt": "a watercolour of {prompt}", "strength": 0.45},
    ]
    about = "For the autumn lookbook: a clean sleeve, then large, then in watercolour."
    for title, said, steps in (("Lookbook finish", about, finish), ("Large", "", finish[1:2])):
        tell(page, "/recipes", {"title": title, "description": said, "steps": steps})
    page.reload()
    page.get_by_text("Lookbook finish").first.wait_for()
    photographer.keep(page, "recipes")


def photograph_lists(photographer: Photographer, prompts: list[str]) -> None:
    """Take the pictures of a drained queue, of an account with keys, and of the studio's people."""
    designer, admin = (
        photographer.page("designer", "/account"),
        photographer.page("admin", "/admin"),
    )
    tell(admin, "/queue/drain")
    waiting = [tell(designer, "/generations", {"prompt": prompt}) for prompt in prompts]
    admin.locator("at-queue tbody tr").nth(len(prompts) - 1).wait_for()
    photographer.keep(admin, "queue")
    for generation in waiting:
        tell(admin, f"/queue/{generation['id']}/cancel")
    tell(admin, "/queue/resume")
    for name, scopes in (("Nightly lookbook", ["browse", "generate"]), ("Archive", ["browse"])):
        tell(designer, "/me/api-keys", {"name": name, "scopes": scopes})
    designer.reload()
    designer.get_by_text("Nightly lookbook").first.wait_for()
    photographer.keep(designer, "account")
    for name in ("Knitwear", "Footwear"):
        tell(admin, "/teams", {"name": name})
    admin.goto("/people")
    admin.get_by_text("designer@example.com").first.wait_for()
    photographer.keep(admin, "people")
    photograph_system(photographer, admin)
    photograph_invites_and_quotas(photographer, admin)
    photograph_usage_and_models(photographer, admin)


def photograph_system(photographer: Photographer, admin: Any) -> None:
    """Take the picture of how the studio stands, with maintenance announced."""
    notice = {
        "kind": "maintenance",
        "text": "The GPUs move to another rack.",
        "starts_at": "2097-01-07T18:00:00Z",
        "ends_at": "2097-01-07T20:00:00Z",
    }
    tell(admin, "/notice", notice, method="PUT")
    admin.goto("/system")
    admin.locator("at-system .check-of").first.wait_for()
    photographer.keep(admin, "system")
    tell(admin, "/notice", method="DELETE")
    admin.goto("/people")


def photograph_invites_and_quotas(photographer: Photographer, admin: Any) -> None:
    """Take the pictures of who is invited, and of who may spend how much."""
    for note, role in (("Robin, freelance", "designer"), ("Printers’ summer school", "marketing")):
        tell(admin, "/invites", {"note": note, "role": role})
    admin.goto("/people?show=invites")
    admin.get_by_text("Robin, freelance").wait_for()
    photographer.keep(admin, "invites")
    everybody = admin.request.get("/api/v1/people").json()["items"]
    designer = next(one["id"] for one in everybody if one["role"] == "designer")
    for of, subject, day in (("role", "designer", 200), ("person", designer, 40)):
        wanted = {"of": of, "subject": subject, "credits_per_day": day}
        tell(admin, "/quotas", wanted, method="PUT")
    admin.goto("/people?show=quotas")
    admin.get_by_text("designer@example.com").wait_for()
    photographer.keep(admin, "quotas")


def photograph_policy(photographer: Photographer, admin: Any) -> None:
    """Take the picture of a draft with what it would do to the past."""
    admin.goto("/policy")
    admin.get_by_role("button", name="New draft").click()
    admin.locator("at-policy input[type=range]").last.fill("0.02")
    admin.locator("at-policy .what-if .figure").first.wait_for()
    photographer.keep(admin, "policy")


def photograph_usage_and_models(photographer: Photographer, admin: Any) -> None:
    """Take the pictures of what was drawn, and of what it was drawn with."""
    admin.goto("/usage?days=7")
    admin.locator("at-report rect.bar-of").first.wait_for()
    photographer.keep(admin, "usage")
    admin.goto("/models")
    admin.locator("at-models .model").first.wait_for()
    photographer.keep(admin, "models")
    photograph_policy(photographer, admin)


def main() -> None:
    """Start a studio, photograph it, stop it."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp())
    try:
        with running_studio(folder) as studio, sync_playwright() as playwright:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            link = demo.tell(studio.url, lambda *_: None)
            photograph(Photographer(browser, studio.url), link)
            browser.close()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
