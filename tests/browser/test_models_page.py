"""The models page, in a real browser: what each model is, its stages, their history, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import delete

from backend.catalog.models import ModelChoice, ModelMove
from backend.catalog.stages import is_drawn_by_canary
from backend.kit.context import Context
from inference.protocol import CheckerCard, EmbeddingCard, LoraCard
from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.test_pages import generate, until
from tests.fixtures.actors import add_user
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
        "checkers": [
            CheckerCard(
                name="scripted-checker",
                kind="stable_diffusion",
                version="atelier/0.1.0",
                scope="demo: sees <b>one</b> badge",
            ),
            CheckerCard(name="house-rules", kind="head", trouble="house.safetensors is cut short"),
        ],
    }
)


@pytest.fixture
def admin(open_as: OpenAs, scripted_studio: ScriptedStudio, context: Context) -> Iterator[Any]:
    scripted_studio.inference.cards = [CARD, VEGA]
    scripted_studio.app.state.catalog._asked_at = float("-inf")
    page = open_as("admin", "/models", reduced_motion="reduce")
    card(page, "Vega").wait_for()
    yield page
    with context.database.write() as session:
        session.execute(delete(ModelChoice))
        session.execute(delete(ModelMove))


def test_says_who_checks_the_images_what_they_can_see_and_who_cannot(admin: Any) -> None:
    checkers = card(admin, "Vega").locator(".checkers li")
    expect(checkers).to_have_count(2)
    expect(checkers.first).to_contain_text("scripted-checker")
    expect(checkers.first).to_contain_text("demo: sees <b>one</b> badge")
    expect(checkers.last).to_contain_text("house.safetensors is cut short")
    expect(card(admin, "Scripted").locator(".checkers")).to_have_count(0)


def test_lists_loras_and_why_one_cannot_be_used(
    open_as: OpenAs, scripted_studio: ScriptedStudio
) -> None:
    knit = LoraCard(name="knit", title="Cable <b>knit</b>", trigger_words=["cable"], scale=0.8)
    torn = LoraCard(name="torn", title="Torn", trouble="loras/torn.safetensors is cut short")
    scripted_studio.inference.cards = [CARD.model_copy(update={"loras": [knit, torn]})]
    scripted_studio.app.state.catalog._asked_at = float("-inf")
    loras = card(open_as("admin", "/models"), "Scripted").locator("[data-kind=loras] li")
    expect(loras).to_have_count(2)
    for said in ("Cable <b>knit</b>", "<lora:knit:0.8>", "cable"):
        expect(loras.first).to_contain_text(said)
    expect(loras.last).to_contain_text("It cannot be used: loras/torn.safetensors is cut short")


def test_lists_textual_inversions_by_the_word_of_each(
    open_as: OpenAs, scripted_studio: ScriptedStudio
) -> None:
    knit = EmbeddingCard(name="<knit>", title="Cable <b>knit</b>", tokens=3, sha256="ab" * 32)
    torn = EmbeddingCard(name="torn", title="Torn", trouble="torn.safetensors is cut short")
    scripted_studio.inference.cards = [CARD.model_copy(update={"embeddings": [knit, torn]})]
    scripted_studio.app.state.catalog._asked_at = float("-inf")
    words = card(open_as("admin", "/models"), "Scripted").locator("[data-kind=embeddings] li")
    expect(words).to_have_count(2)
    for said in ("Cable <b>knit</b>", "<knit>", "takes 3 tokens"):
        expect(words.first).to_contain_text(said)
    expect(words.last).to_contain_text("It cannot be used: torn.safetensors is cut short")


def card(page: Any, title: str) -> Any:
    return page.locator("at-models .model").filter(has=page.get_by_role("heading", name=title))


def move(page: Any, title: str, stage: str, *, reason: str = "", share: int | None = None) -> None:
    page.get_by_role("button", name=f"Change the stage of {title}").click()
    dialog = page.get_by_role("dialog", name=f"Which stage is {title} to have?")
    dialog.get_by_role("radio", name=stage).check()
    if share:
        dialog.get_by_label("Percent of the people").fill(str(share))
    if reason:
        dialog.get_by_label("Reason").fill(reason)
    dialog.get_by_role("button", name="Change the stage").click()
    dialog.wait_for(state="detached")


def tag(page: Any, title: str, text: str) -> Any:
    return card(page, title).locator(".tag", has_text=text)


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
    expect(tag(admin, "Scripted", "Draws when none is named")).to_be_visible()
    expect(vega).to_contain_text("Every role")
    admin.get_by_text("on cpu in float32").wait_for()


def test_retired_with_a_reason_it_is_refused_and_available_again_it_draws(
    admin: Any, open_as: OpenAs
) -> None:
    admin.get_by_role("button", name="Change the stage of Vega").click()
    dialog = admin.get_by_role("dialog", name="Which stage is Vega to have?")
    dialog.get_by_role("button", name="Change the stage").click()
    dialog.get_by_text("Choose one").wait_for()
    dialog.get_by_role("radio", name="Retired").check()
    dialog.get_by_role("button", name="Change the stage").click()
    dialog.get_by_text("Say why").wait_for()
    dialog.get_by_role("button", name="Leave it").click()
    move(admin, "Vega", "Retired", reason=WHY)
    vega = card(admin, "Vega")
    vega.get_by_text(f"Retired: {WHY}").wait_for()
    expect(admin.get_by_role("button", name="Change the stage of Vega")).to_be_focused()
    designer = open_as("designer")
    asked = {"prompt": "a hat", "model": "vega"}
    headers = {"sec-fetch-site": "same-origin"}
    answer = designer.request.post("/api/v1/generations", data=asked, headers=headers)
    assert (answer.status, answer.json()["code"]) == (422, "model_retired")
    assert [one["name"] for one in designer.request.get("/api/v1/models").json()] == ["scripted"]
    move(admin, "Vega", "Available")
    tag(admin, "Vega", "Available").wait_for()
    assert tell(designer, "/generations", asked)["id"]


def test_a_canary_has_its_share_and_its_history(admin: Any) -> None:
    move(admin, "Vega", "Staging", reason="look at it")
    tag(admin, "Vega", "Staging").wait_for()
    move(admin, "Vega", "Canary", share=12)
    tag(admin, "Vega", "Canary, 12%").wait_for()
    admin.get_by_role("button", name="History of Vega").click()
    moves = admin.get_by_role("dialog", name="How Vega came to its stage").locator("li")
    expect(moves).to_have_count(2)
    expect(moves.first).to_contain_text("Staging → Canary, 12%")
    expect(moves.last).to_contain_text("look at it")
    expect(moves.last).to_contain_text(VEGA.weights_sha256[:12])


def test_the_last_one_that_draws_for_everybody_stays(admin: Any) -> None:
    move(admin, "Vega", "Retired", reason=WHY)
    tag(admin, "Vega", "Retired").wait_for()
    admin.get_by_role("button", name="Change the stage of Scripted").click()
    dialog = admin.get_by_role("dialog", name="Which stage is Scripted to have?")
    dialog.get_by_role("radio", name="Retired").check()
    dialog.get_by_label("Reason").fill("a mistake")
    admin.keyboard.press("Enter")
    dialog.get_by_text("scripted is the only model that draws for everybody").wait_for()


def test_the_default_draws_and_is_rolled_back_in_one_press(admin: Any, open_as: OpenAs) -> None:
    move(admin, "Vega", "Default")
    tag(admin, "Vega", "Default").wait_for()
    assert drawn_by(open_as("designer")) == "vega"
    admin.get_by_role("button", name="Roll back to Scripted").click()
    dialog = admin.get_by_role("dialog", name="Roll back to Scripted?")
    dialog.get_by_role("button", name="Roll back", exact=True).click()
    tag(admin, "Scripted", "Default").wait_for()
    expect(tag(admin, "Vega", "Available")).to_be_visible()
    expect(admin.get_by_role("button", name="Roll back to Scripted")).to_have_count(0)
    assert drawn_by(open_as("designer")) == "scripted"


def test_who_is_drawn_by_a_canary_is_told_so(
    admin: Any, context: Context, scripted_studio: ScriptedStudio, new_page: Any
) -> None:
    move(admin, "Vega", "Canary", share=50)
    tag(admin, "Vega", "Canary").wait_for()
    while True:
        user = add_user(context.database, "designer")
        if is_drawn_by_canary(user.id, "vega", 50):
            break
    page = new_page(scripted_studio.url)
    page.context.add_cookies([scripted_studio.session_cookie(user=user)])
    page.goto("/")
    assert drawn_by(page) == "vega"
    page.get_by_text("Drawn with vega, which is being tried").first.wait_for()


def test_other_weights_are_marked_until_they_are_approved(
    admin: Any, scripted_studio: ScriptedStudio
) -> None:
    move(admin, "Vega", "Default")
    tag(admin, "Vega", "Default").wait_for()
    changed = VEGA.model_copy(update={"weights_sha256": "f" * 64})
    scripted_studio.inference.cards = [CARD, changed]
    scripted_studio.app.state.catalog._asked_at = float("-inf")
    admin.reload()
    vega = card(admin, "Vega")
    vega.get_by_text("Other weights than those that were approved").wait_for()
    vega.get_by_role("button", name="Approve these weights of Vega").click()
    expect(vega.get_by_text("Other weights than those that were approved")).to_have_count(0)


def drawn_by(page: Any) -> str:
    """Have somebody draw by the form; return the model that drew."""
    page.locator("#prompt textarea").fill("a green coat")
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero] .tile[data-moderation]").wait_for()
    drawn = page.request.get("/api/v1/generations").json()["items"][0]
    return str(drawn["parameters"]["model"])


def test_says_that_nothing_can_be_drawn(admin: Any, scripted_studio: ScriptedStudio) -> None:
    scripted_studio.inference.away = True
    try:
        admin.reload()
        admin.get_by_text("Nothing can be drawn now").wait_for()
        card(admin, "Vega").locator(".tag", has_text="Not ready").wait_for()
    finally:
        scripted_studio.inference.away = False
