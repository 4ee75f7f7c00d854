"""Every page in both themes before axe-core's rules for WCAG 2.2 A and AA: nothing serious, nothing critical."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.test_pages import generate, until
from tests.fixtures.tools import missing

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
SOURCE = Path(__file__).parents[1] / "fixtures/panva/node_modules/axe-core/axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async (tags) => {
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  return violations.filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target.flat().join(" ")).slice(0, 4).join(" | ")}`);
}"""
SETTLED = "() => document.getAnimations().every((one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"
THEMES = pytest.mark.parametrize("theme", ["light", "dark"])


@cache
def rules() -> str:
    if not SOURCE.exists():
        missing(
            "no axe-core on this machine: accessibility goes untested (npm ci --prefix tests/fixtures/panva)"
        )
    return SOURCE.read_text()


def troubles(page: Any) -> Any:
    """Return what axe finds that is serious or critical."""
    page.wait_for_function(SETTLED)
    page.evaluate(rules())
    return page.evaluate(RUN, RULES)


@pytest.fixture
def furnished(open_as: OpenAs) -> Callable[..., Any]:
    """Open a page as a designer who has drawn two images, starred, tagged, and put into a gallery."""

    def opened(theme: str) -> Any:
        page = open_as("designer", color_scheme=theme, reduced_motion="reduce")
        for prompt in ("a red hat", "a blue coat"):
            until(generate(page, prompt), "succeeded")
        found = page.request.get("/api/v1/library").json()["items"]
        ids = [one["id"] for one in found]
        changes = {"image_ids": ids, "add_tags": ["linen"], "status": "approved", "starred": True}
        tell(page, "/library/changes", changes)
        gallery = tell(page, "/galleries", {"name": "Spring", "brief": "Pale."})
        tell(page, f"/galleries/{gallery['id']}/images", {"image_ids": ids})
        page.gallery = gallery["id"]
        steps = [{"prompt": "a watercolour of {prompt}"}, {"upscale": {"factor": 2}}]
        recipe = tell(page, "/recipes", {"title": "Finish", "steps": steps})
        [run] = tell(page, f"/recipes/{recipe['id']}/runs", {"over": ids[:1], "prompt": "a hat"})[
            "items"
        ]
        first = run["steps"][0]["generation"]["id"]
        page.request.get(f"/api/v1/generations/{first}/events").text()
        return page

    return opened


@THEMES
def test_what_a_designer_sees(furnished: Callable[..., Any], theme: str) -> None:
    page = furnished(theme)
    found = {"/": troubles(page)}
    for path, ready in (
        ("/library", "at-library img"),
        (f"/galleries?id={page.gallery}", "at-library img"),
        ("/galleries", "at-galleries img"),
        ("/history", "at-run img.in"),
        ("/recipes", "at-recipes .recipe"),
        ("/recipes?show=runs", "at-recipes .run-row img"),
        ("/account", "at-account"),
    ):
        page.goto(path)
        page.locator(ready).first.wait_for()
        found[path] = troubles(page)
    assert {path: some for path, some in found.items() if some} == {}


@THEMES
def test_the_viewer_and_the_dialogs(furnished: Callable[..., Any], theme: str) -> None:
    page = furnished(theme)
    found = {}
    page.goto("/library")
    page.locator("at-library").get_by_role("button", name="a blue coat").first.click()
    viewer = page.get_by_role("dialog", name="Image viewer")
    viewer.get_by_text("a blue coat").first.wait_for()
    found["viewer"] = troubles(page)
    viewer.get_by_role("button", name="Add to gallery").click()
    page.get_by_role("button", name="Spring").wait_for()
    found["add to gallery"] = troubles(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.goto("/")
    page.locator("at-card[hero]").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog").wait_for()
    found["keys"] = troubles(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Style").click()
    page.get_by_role("searchbox").first.wait_for()
    found["styles"] = troubles(page)
    page.keyboard.press("Escape")
    page.locator("#prompt textarea").fill("a hat with motif")
    if not page.locator("at-compare").is_visible():
        page.locator("at-fold .fold").click()
    page.locator("at-compare button").click()
    dialog = page.get_by_role("dialog", name="Compare settings")
    dialog.get_by_label("Columns: values").fill("2, 900")
    dialog.get_by_text("between 1 and 100").wait_for()
    found["compare"] = troubles(page)
    dialog.get_by_label("Columns: values").fill("2, 4")
    dialog.get_by_label("Rows: setting").select_option("scheduler")
    dialog.get_by_text("DDIM").click()
    dialog.get_by_role("button", name="Draw 2 images").click()
    page.get_by_text("2 images", exact=True).wait_for()
    found["comparison"] = troubles(page)
    assert {place: some for place, some in found.items() if some} == {}


@THEMES
def test_what_an_administrator_sees(open_as: OpenAs, theme: str) -> None:
    page = open_as("admin", color_scheme=theme, reduced_motion="reduce")
    designer = open_as("designer")
    until(generate(designer, "a hat with motif"), "succeeded")
    draft = tell(page, "/policies", {})["number"]
    found = {}
    for path, ready in (
        ("/moderation", "at-case article"),
        ("/admin", "at-queue"),
        ("/system", "at-system .check-of"),
        ("/people", "at-people tbody tr"),
        ("/people?show=invites", "at-people"),
        ("/people?show=quotas", "at-people"),
        ("/people?show=audit", "at-people"),
        ("/usage", "at-report .breakdown tbody tr"),
        ("/models", "at-models .model"),
        ("/policy", "at-policy .policy"),
        (f"/policy?draft={draft}", "at-policy .what-if .figures"),
        ("/policy?show=quality", "at-policy .tile"),
        ("/models?show=comparisons", "at-models .empty"),
        ("/vote", "at-vote .empty"),
    ):
        page.goto(path)
        page.locator(ready).first.wait_for()
        found[path] = troubles(page)
    assert {path: some for path, some in found.items() if some} == {}


@THEMES
def test_what_a_guest_sees(
    furnished: Callable[..., Any],
    new_page: Callable[..., Any],
    scripted_studio: ScriptedStudio,
    theme: str,
) -> None:
    page = furnished(theme)
    links = f"/galleries/{page.gallery}/links"
    found = {}
    guest = new_page(scripted_studio.url, color_scheme=theme)
    for asked in ({}, {"password": "correct horse"}):
        url = tell(page, links, {"expires_in_days": 1, **asked})["url"]
        guest.goto(url)
        guest.locator("h1").wait_for()
        found[str(asked)] = troubles(guest)
    guest.goto(f"{scripted_studio.url}/s/nothing")
    found["nothing"] = troubles(guest)
    assert {place: some for place, some in found.items() if some} == {}


def test_axe_would_say_so(open_as: OpenAs) -> None:
    page = open_as("designer", "/account")
    page.evaluate("document.body.append(Object.assign(new Image(), { src: '/favicon.ico' }))")
    assert any("image-alt" in one for one in troubles(page))
