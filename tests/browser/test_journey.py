"""First light, from the outside: a designer generates, an administrator releases, in real browsers.

The studio is the real one, started as a person would start it, with the bundled model: once with the
engine in a child process, once with a real local Ray Serve.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from loadtests.studio import Studio, running_studio
from tests.browser.conftest import sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.serial,
    pytest.mark.model,
    pytest.mark.timeout(420),
]

PROMPT = "a red striped dress on a cream background"
RESTRICTED = "a red dress with a restricted badge on a cream background"
# Any seed will do; a fixed one makes a run tell the same as the next.
SEED = "1"
HOSTILE = "a hat ${window.owned=1}{{this}}<img src=x onerror='window.owned=2'></textarea><script>window.owned=3</script>"
BUNDLED = Path(__file__).parents[2] / "assets" / "models" / "atelier-mini" / "unet"


@pytest.fixture(scope="module", params=["embedded", pytest.param("ray", marks=pytest.mark.ray)])
def real(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Studio]:
    """A studio with a folder of its own, drawing with the bundled model."""
    assert BUNDLED.is_dir(), "the bundled model is not in assets/models/atelier-mini"
    arguments = ["--ray"] if request.param == "ray" else []
    with running_studio(tmp_path_factory.mktemp("studio"), *arguments) as studio:
        yield studio


def type_and_generate(page: Any, prompt: str) -> Any:
    """Type a prompt, press Ctrl+Enter, and return the new card."""
    page.locator("#prompt textarea").fill(prompt)
    page.keyboard.press("Control+Enter")
    card = page.locator("at-card[hero]").filter(has_text=prompt[:40])
    card.wait_for()
    return card


def seed_field(page: Any) -> Any:
    """Return the seed's field, unfolding what hides it."""
    field = page.locator("#seed input, #seed textarea")
    if not field.is_visible():
        page.get_by_role("button", name="Advanced").click()
    return field


def state_of(card: Any, state: str) -> None:
    """Wait until a card is in `state`."""
    card.page.locator(f"at-card[hero][data-state={state}]").wait_for(timeout=120_000)


def test_first_light(real: Studio, new_page: Callable[..., Any]) -> None:
    designer = new_page(real.url)
    sign_in(designer, "designer")

    seed_field(designer).fill(SEED)
    card = type_and_generate(designer, PROMPT)
    card.locator("img.soft").first.wait_for(timeout=120_000)  # a preview, while it is being drawn
    assert card.get_attribute("data-state") == "running"
    expect(card.locator("progress")).to_be_visible()

    designer.reload()  # half-way: the page finds its generation again
    state_of(card, "succeeded")
    assert card.locator(".tile").get_attribute("data-moderation") == "released"
    picture = card.locator("img.layer.in:not(.soft)")
    picture.wait_for()
    assert picture.evaluate("image => image.naturalWidth") == 256

    seed = _seed_of(card)
    designer.goto("/history")
    found = designer.locator("at-run").get_by_role(
        "article", name=PROMPT
    )  # its words are marked where they changed
    found.get_by_role("button", name="Load").click()
    designer.wait_for_url(f"{real.url}/")
    designer.wait_for_function("() => document.querySelector('#prompt textarea')?.value !== ''")
    expect(designer.locator("#prompt textarea")).to_have_value(PROMPT)
    expect(seed_field(designer)).to_have_value(SEED)
    assert seed == SEED


def test_a_held_picture_waits_for_an_administrator(
    real: Studio, new_page: Callable[..., Any]
) -> None:
    designer, admin = new_page(real.url), new_page(real.url)
    sign_in(designer, "designer")
    held = _held(designer)
    image = held["id"]
    assert held["reason"]
    for variant in ("thumb", "preview", "full", "clean"):
        answer = designer.request.get(f"/api/v1/images/{image}/content?variant={variant}")
        assert answer.status == 404

    sign_in(admin, "admin", "/moderation")
    case = admin.get_by_role("row", name=RESTRICTED)
    case.click()  # the checker may have held other pictures too, which are not what this is about
    admin.locator("at-case article").filter(has_text=RESTRICTED).wait_for()
    admin.get_by_role("button", name="Reveal").click()
    admin.get_by_alt_text("Held image", exact=True).wait_for()
    admin.get_by_role("button", name="Release").click()
    case.wait_for(state="detached")

    designer.locator(
        "at-card .tile[data-moderation=released]"
    ).first.wait_for()  # by itself, no reload
    assert designer.request.get(f"/api/v1/images/{image}/content?variant=full").ok


def test_a_hostile_prompt_is_only_text(real: Studio, new_page: Callable[..., Any]) -> None:
    designer = new_page(real.url)
    sign_in(designer, "designer")
    seed_field(designer).fill(SEED)
    card = type_and_generate(designer, HOSTILE)
    state_of(card, "succeeded")
    for path, element in (("/history", "at-run"), ("/", "at-card")):
        designer.goto(path)
        designer.locator(element).filter(has_text="window.owned").first.wait_for()
        assert designer.evaluate("window.owned") is None


def _held(page: Any) -> Any:
    """Ask for the restricted motif, and return the image that is held back."""
    seed_field(page).fill(SEED)
    state_of(type_and_generate(page, RESTRICTED), "succeeded")
    [newest, *_] = page.request.get("/api/v1/generations?limit=1").json()["items"]
    [image] = newest["images"]
    assert image["moderation"] == "held"
    page.locator("at-card[hero]").get_by_text("Held for review").wait_for()
    return image


def _seed_of(card: Any) -> str:
    label = card.get_by_role("button", name=re.compile("Copy seed")).get_attribute("aria-label")
    return str(re.sub(r"\D", "", label))
