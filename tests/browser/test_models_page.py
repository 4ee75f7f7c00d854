"""The models page, in a real browser: what each model is, switched off with a reason and on again, and the default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import LoraCard
from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.test_pages import generate, until
from tests.fixtures.scripted import CARD

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
WHY = "Draws hands badly; take Scripted"
VEGA = CARD.model_copy(
    update={
        "name": "vega",
        "title": "Vega",
        "description": "Cold <b>colours</b>.",
        "licence": "Apache-2.0",
        "weights_bytes": 20_700_000,
        "credit_factor": 4.0,
    }
)


@pytest.fixture
def admin(open_as: OpenAs, scripted_studio: ScriptedStudio) -> Iterator[Any]:
    scripted_studio.inference.cards = [CARD, VEGA]
    scripted_studio.app.state.catalog._asked_at = float("-inf")
    page = open_as("admin", "/models", reduced_motion="reduce")
    card(page, "Vega").wait_for()
    yield page
    for name in ("vega", "scripted"):
        tell(page, f"/models/{name}", {"enabled": True}, method="PATCH")
    tell(page, "/models/scripted", {"is_default": True}, method="PATCH")


def test_lists_loras_and_why_one_cannot_be_used(
    open_as: OpenAs, scripted_studio: ScriptedStudio
) -> None:
    knit = LoraCard(name="knit", title="Cable <b>knit</b>", trigger_words=["cable"], scale=0.8)
    torn = LoraCard(name="torn", title="Torn", trouble="loras/torn.safetensors is cut short")
    scripted_studio.inference.cards = [CARD.model_copy(update={"loras": [knit, torn]})]
    scripted_studio.app.state.catalog._asked_at = float("-inf")
    loras = card(open_as("admin", "/models"), "Scripted").locator(".loras li")
    expect(loras).to_have_count(2)
    for said in ("Cable <b>knit</b>", "<lora:knit:0.8>", "cable"):
        expect(loras.first).to_contain_text(said)
    expect(loras.last).to_contain_text("It cannot be used: loras/torn.safetensors is cut short")


def card(page: Any, title: str) -> Any:
    return page.locator("at-models .model").filter(has=page.get_by_role("heading", name=title))


def switch_off(page: Any, title: str, why: str = WHY) -> None:
    page.get_by_role("button", name=f"Switch {title} off").click()
    dialog = page.get_by_role("dialog", name=f"Switch {title} off?")
    dialog.get_by_label("Reason").fill(why)
    dialog.get_by_role("button", name="Switch off").click()
    dialog.wait_for(state="detached")


def test_says_what_a_model_is_and_how_it_did(admin: Any, open_as: OpenAs) -> None:
    designer = open_as("designer")
    until(generate(designer, "a red hat"), "succeeded")
    admin.reload()
    vega = card(admin, "Vega")
    for said in (
        "Cold <b>colours</b>.",
        "Apache-2.0",
        "20.7 MB",
        "64 × 64, 4 steps",
        "scripted-checker",
    ):
        expect(vega).to_contain_text(said)
    expect(card(admin, "Scripted").locator(".results")).not_to_contain_text("Images, 30 days0")
    expect(card(admin, "Scripted").locator(".tag", has_text="Default")).to_be_visible()
    admin.get_by_text("on cpu in float32").wait_for()


def test_switched_off_with_a_reason_it_is_refused_and_on_again_it_draws(
    admin: Any, open_as: OpenAs
) -> None:
    admin.get_by_role("button", name="Switch Vega off").click()
    dialog = admin.get_by_role("dialog", name="Switch Vega off?")
    dialog.get_by_role("button", name="Switch off").click()
    dialog.get_by_text("Say why").wait_for()
    dialog.get_by_role("button", name="Leave it").click()
    switch_off(admin, "Vega")
    vega = card(admin, "Vega")
    vega.get_by_text(f"Off: {WHY}").wait_for()
    expect(vega.get_by_role("button", name="Switch Vega on")).to_be_focused()
    designer = open_as("designer")
    asked = {"prompt": "a hat", "model": "vega"}
    headers = {"sec-fetch-site": "same-origin"}
    answer = designer.request.post("/api/v1/generations", data=asked, headers=headers)
    assert (answer.status, answer.json()["code"]) == (422, "model_switched_off")
    assert [one["name"] for one in designer.request.get("/api/v1/models").json()] == ["scripted"]
    vega.get_by_role("button", name="Switch Vega on").click()
    vega.get_by_role("button", name="Switch Vega off").wait_for()
    assert tell(designer, "/generations", asked)["id"]


def test_the_only_one_that_is_on_stays_on(admin: Any) -> None:
    switch_off(admin, "Vega")
    scripted = card(admin, "Scripted")
    scripted.get_by_text("The only model that is on stays on").wait_for()
    expect(scripted.get_by_role("button", name="Switch Scripted off")).to_have_count(0)


def test_two_who_look_at_once_cannot_switch_off_the_last(admin: Any) -> None:
    admin.get_by_role("button", name="Switch Scripted off").click()
    tell(admin, "/models/vega", {"enabled": False, "reason": WHY}, method="PATCH")
    dialog = admin.get_by_role("dialog", name="Switch Scripted off?")
    dialog.get_by_label("Reason").fill("a mistake")
    admin.keyboard.press("Enter")
    dialog.get_by_text("scripted is the only model that is on").wait_for()


def test_the_default_is_what_the_form_draws_with(admin: Any, open_as: OpenAs) -> None:
    admin.get_by_role("button", name="Make Vega the default").click()
    card(admin, "Vega").locator(".tag", has_text="Default").wait_for()
    designer = open_as("designer")
    designer.locator("#prompt textarea").fill("a green coat")
    designer.keyboard.press("Control+Enter")
    designer.locator("at-card[hero] .tile[data-moderation]").wait_for()
    drawn = designer.request.get("/api/v1/generations").json()["items"][0]
    assert drawn["parameters"]["model"] == "vega"


def test_says_that_nothing_can_be_drawn(admin: Any, scripted_studio: ScriptedStudio) -> None:
    scripted_studio.inference.away = True
    try:
        admin.reload()
        admin.get_by_text("Nothing can be drawn now").wait_for()
        card(admin, "Vega").locator(".tag", has_text="Not ready").wait_for()
    finally:
        scripted_studio.inference.away = False
