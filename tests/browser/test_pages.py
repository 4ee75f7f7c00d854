"""The states of the pages, in a real browser over a real backend; inference draws by a script."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import choose, tell
from tests.fixtures.scripted import ScriptedInference
from webui.gate import PAGES

pytestmark = [pytest.mark.browser, pytest.mark.serial]
# The picture itself; what is soft is a preview that it is about to cover.
FINISHED = "at-card[hero] .tile[data-moderation=released] img.in:not(.soft)"

OpenAs = Callable[..., Any]
SECOND_IS_FIRST = """async () => {
  const { items } = await (await fetch("/api/v1/generations")).json();
  return items[0].parameters.prompt === "a second hat" && items[0].position < items[1].position;
}"""


def decide_everything(admin: Any) -> None:
    """Leave nothing of other tests in the review list."""
    for flag in admin.request.get("/api/v1/moderation/flags").json()["items"]:
        tell(admin, f"/moderation/flags/{flag['id']}/review", {"decision": "reject"})


def generate(page: Any, prompt: str) -> Any:
    page.locator("#prompt textarea").fill(prompt)
    page.keyboard.press("Control+Enter")
    card = page.locator("at-card[hero]").filter(has_text=prompt)
    card.wait_for()
    return card


def until(card: Any, state: str) -> Any:
    card.page.locator(f"at-card[hero][data-state={state}]").wait_for()
    return card


class TestCreate:
    def test_an_example_and_one_button_are_enough(self, designer: Any) -> None:
        designer.get_by_role("button", name="a red striped dress").click()
        designer.wait_for_function("() => document.querySelector('#prompt textarea').value !== ''")
        designer.locator("#generate").click()
        designer.locator(FINISHED).last.wait_for()

    def test_a_preview_comes_before_the_picture_and_survives_a_reload(
        self, designer: Any, scripted: ScriptedInference
    ) -> None:
        with scripted.hold():
            card = generate(designer, "a red hat")
            card.locator("img.soft.in").wait_for()
            designer.reload()
            card.locator("img.soft.in").wait_for()
            expect(card.get_by_text("Step 1 of")).to_be_visible()
        until(card, "succeeded")

    def test_cancel(self, designer: Any, scripted: ScriptedInference) -> None:
        with scripted.hold():
            card = generate(designer, "a slow hat")
            card.locator("img.soft").wait_for()
            card.get_by_role("button", name="Cancel").click()
            until(card, "canceled")
        expect(card.get_by_text("You stopped this one.")).to_be_visible()

    def test_a_failure_says_why_and_offers_to_try_again(self, designer: Any) -> None:
        card = until(generate(designer, "a broken hat"), "failed")
        expect(card.locator(".status")).not_to_be_empty()
        expect(card.get_by_role("button", name="Try again")).to_be_visible()

    def test_a_held_picture_says_why_and_what_happens_next(self, designer: Any) -> None:
        card = until(generate(designer, "a hat with motif"), "succeeded")
        expect(card.get_by_text("Held for review")).to_be_visible()
        expect(card.locator(".reason")).to_contain_text("restricted motif")
        assert card.locator("img").count() == 0

    def test_four_images_are_four_tiles_with_seeds_in_a_row(self, designer: Any) -> None:
        choose(designer, "4")
        card = until(generate(designer, "four hats"), "succeeded")
        card.locator(".tile[data-moderation=released]").nth(3).wait_for()
        expect(card.locator(".tile")).to_have_count(4)

    def test_a_wrong_value_is_pointed_at_and_mended_with_one_press(self, designer: Any) -> None:
        designer.get_by_role("button", name="Advanced").click()
        designer.locator("#prompt textarea").fill("a hat")
        designer.locator("#seed input, #seed textarea").fill("99999999999")
        designer.locator("#generate").click()
        designer.get_by_role("button", name="Use 4294967295").click()
        designer.wait_for_function(
            "() => document.querySelector('#seed input, #seed textarea').value === '4294967295'"
        )
        assert designer.locator("at-problem").count() == 0

    def test_an_empty_prompt_is_pointed_at(self, designer: Any) -> None:
        designer.locator("#generate").click()
        designer.get_by_text("Describe an image in a few words.").wait_for()

    def test_quality_is_a_word_for_steps(self, designer: Any) -> None:
        choose(designer, "Fine")
        designer.wait_for_function(
            "() => document.querySelector('#steps input[type=number]').value === '8'"
        )

    def test_the_draft_survives_a_reload(self, designer: Any) -> None:
        designer.locator("#prompt textarea").fill("half a thought")
        designer.wait_for_function(
            "() => localStorage.getItem('atelier.draft')?.includes('half a thought')"
        )
        designer.reload()
        designer.wait_for_function(
            "() => document.querySelector('#prompt textarea')?.value === 'half a thought'"
        )

    def test_vary_draws_again_with_another_seed(self, designer: Any) -> None:
        card = until(generate(designer, "a hat to vary"), "succeeded")
        card.get_by_role("button", name="Vary", exact=True).click()
        card.get_by_role("button", name="New seed").click()
        designer.wait_for_function(
            "() => document.querySelector('at-feed').shadowRoot.querySelectorAll('at-card[data-state=succeeded]').length === 2"
        )


class TestWaiting:
    def test_a_card_says_why_it_waits_and_is_paused_resumed_and_moved(
        self, designer: Any, open_as: OpenAs
    ) -> None:
        admin = open_as("admin")
        tell(admin, "/queue/drain")
        try:
            generate(designer, "a first hat")
            card = generate(designer, "a second hat")
            card.get_by_text("An administrator has paused the queue").wait_for()
            card.get_by_role("button", name="Pause").click()
            card.get_by_text("Paused by you").wait_for()
            card.get_by_role("button", name="Resume").click()
            card.get_by_text("An administrator has paused the queue").wait_for()
            card.get_by_role("button", name="Move first").click()
            designer.locator("at-card").nth(1).get_by_role("button", name="Pause").wait_for()
            designer.wait_for_function(SECOND_IS_FIRST)
        finally:
            tell(admin, "/queue/resume")
        until(card, "succeeded")


class TestRolesAndSessions:
    def test_marketing_sees_a_sentence_instead_of_a_form(self, open_as: OpenAs) -> None:
        page = open_as("marketing")
        page.get_by_text("Your role can look at pictures but not make them").wait_for()
        page.wait_for_function("() => document.querySelector('#generate')?.closest('[inert]')")
        expect(page.get_by_role("link", name="Moderation")).not_to_be_visible()

    def test_a_session_that_ended_says_so_and_keeps_the_draft(self, designer: Any) -> None:
        designer.context.clear_cookies()
        designer.locator("#prompt textarea").fill("still here")
        # By the key: what else the page asks may have been refused first, and what says so covers the button.
        designer.keyboard.press("Control+Enter")
        designer.get_by_text("You have been signed out").wait_for()
        designer.get_by_role("link", name="Sign in again").click()
        designer.get_by_text("designer@example.com").click()
        designer.wait_for_function(
            "() => document.querySelector('#prompt textarea')?.value === 'still here'"
        )

    def test_sign_out(self, designer: Any) -> None:
        designer.get_by_role("button", name="Sign out").click()
        designer.wait_for_url(lambda url: "/auth/" in url or "/idp" in url)
        designer.goto("/history")
        designer.get_by_text("designer@example.com").wait_for()


class TestHistory:
    def test_finds_by_words_opens_and_says_when_nothing_matches(self, designer: Any) -> None:
        for prompt in ("a red hat", "a blue coat"):
            until(generate(designer, prompt), "succeeded")
        designer.goto("/history")
        cards = designer.locator("at-history at-run")
        cards.nth(1).wait_for()
        designer.keyboard.press("/")
        designer.keyboard.type("coat")
        cards.filter(has_text="a red hat").wait_for(state="detached")
        cards.filter(has_text="a blue coat").wait_for()
        expect(cards).to_have_count(1)
        cards.get_by_role("button", name="Open image").click()
        viewer = designer.get_by_role("dialog", name="Image viewer")
        viewer.locator(".prompt", has_text="a blue coat").wait_for()
        assert "image=" in designer.url
        designer.reload()
        viewer.locator(".prompt", has_text="a blue coat").wait_for()
        designer.keyboard.press("Escape")
        designer.locator("at-history input").fill("nothing like it")
        designer.get_by_text("No prompt matches").wait_for()

    def test_names_pins_and_shows_what_changed(self, designer: Any) -> None:
        for prompt in ("a red wool hat", "a red felt hat"):
            until(generate(designer, prompt), "succeeded")
        designer.goto("/history")
        newest, oldest = (designer.locator("at-history at-run").nth(place) for place in (0, 1))
        newest.locator("ins").get_by_text("felt").wait_for()
        newest.locator("del").get_by_text("wool").wait_for()
        oldest.get_by_role("button", name="Pin", exact=True).click()
        oldest.get_by_role("button", name="Unpin").wait_for()
        oldest.get_by_role("button", name="More").click()
        designer.get_by_role("button", name="Name this prompt").click()
        designer.keyboard.type("Winter")
        designer.keyboard.press("Enter")
        oldest.get_by_text("Winter").wait_for()
        designer.get_by_role("button", name="Pinned").click()
        designer.locator("at-history at-run").get_by_text("a red felt hat").wait_for(
            state="detached"
        )
        designer.reload()
        only = designer.locator("at-history at-run")
        only.get_by_text("Winter").wait_for()
        expect(only).to_have_count(1)

    def test_runs_again_with_a_new_seed(self, designer: Any) -> None:
        until(generate(designer, "a hat again"), "succeeded")
        designer.goto("/history")
        designer.get_by_role("button", name="Run again").click()
        runs = designer.locator("at-history at-run")
        runs.nth(1).wait_for()
        for place in (0, 1):
            runs.nth(place).locator("img.layer.in:not(.soft)").wait_for()
        answer = designer.request.get("/api/v1/generations?limit=2").json()["items"]
        seeds = {one["parameters"]["seed"] for one in answer}
        assert len(seeds) == 2

    def test_the_api_call_it_copies_is_one(self, designer: Any) -> None:
        until(generate(designer, "a designer's hat"), "succeeded")
        designer.context.grant_permissions(["clipboard-read", "clipboard-write"])
        designer.goto("/history")
        designer.get_by_role("button", name="More").click()
        designer.get_by_role("button", name="Copy as API call").click()
        designer.get_by_text("ATELIER_KEY").first.wait_for()
        copied = designer.evaluate("navigator.clipboard.readText()")
        *_, body = shlex.split(copied)
        assert json.loads(body)["prompt"] == "a designer's hat"

    def test_keeps_the_settings_of_a_row_as_a_preset(self, designer: Any) -> None:
        until(generate(designer, "a linen hat"), "succeeded")
        designer.goto("/history")
        designer.get_by_role("button", name="More").click()
        designer.get_by_role("button", name="Save as preset").click()
        form = designer.get_by_role("form", name="Save as a preset")
        expect(form.get_by_label("Around the prompt")).to_have_value("a linen hat, {prompt}")
        form.get_by_label("Name").fill("Linen")
        form.get_by_role("button", name="Save").click()
        designer.get_by_text("Linen is kept among your styles").first.wait_for()
        [kept] = designer.request.get("/api/v1/presets").json()["items"]
        assert kept["parameters"]["template"] == "a linen hat, {prompt}"
        designer.goto("/")
        designer.locator("at-styles .worn").first.wait_for(state="hidden")

    def test_says_which_settings_changed(self, designer: Any) -> None:
        for steps in (4, 6):
            made = tell(designer, "/generations", {"prompt": "a hat", "num_inference_steps": steps})
            designer.request.get(f"/api/v1/generations/{made['id']}/events").text()
        designer.goto("/history")
        newest = designer.locator("at-run").first
        expect(newest.locator(".changes li")).to_have_text(["Steps 4 → 6"])

    def test_a_permalink_opens_the_picture(self, designer: Any) -> None:
        until(generate(designer, "a linked hat"), "succeeded")
        [newest] = designer.request.get("/api/v1/generations?limit=1").json()["items"]
        designer.goto(f"/i/{newest['images'][0]['id']}")
        viewer = designer.get_by_role("dialog", name="Image viewer")
        viewer.locator(".prompt", has_text="a linked hat").wait_for()


class TestModeration:
    def test_keys_release_and_the_owner_sees_it_at_once(
        self, designer: Any, open_as: OpenAs
    ) -> None:
        admin = open_as("admin", "/history")
        decide_everything(admin)
        until(generate(designer, "a hat with motif"), "succeeded")
        admin.goto("/moderation")
        admin.locator("at-case article").wait_for()
        expect(admin.locator("at-case img.blurred")).to_have_count(1)
        admin.keyboard.press("Space")
        admin.get_by_alt_text("Held image", exact=True).wait_for()
        admin.keyboard.press("Shift+A")
        admin.get_by_text("Nothing waits for you").wait_for()
        designer.locator(FINISHED).last.wait_for()

    def test_a_rejection_with_a_note_is_listed_as_decided(
        self, designer: Any, open_as: OpenAs
    ) -> None:
        admin = open_as("admin", "/history")
        decide_everything(admin)
        until(generate(designer, "a hat with motif"), "succeeded")
        admin.goto("/moderation")
        admin.get_by_label("Note").fill("not for this brand")
        admin.get_by_role("button", name="Reject").click()
        admin.get_by_role("tab", name="Decided").click()
        admin.get_by_text("not for this brand").wait_for()
        designer.locator("at-card[hero]").get_by_text("Not released").wait_for()

    def test_a_decision_that_takes_its_time_is_listed_once(
        self, designer: Any, open_as: OpenAs
    ) -> None:
        admin = open_as("admin", "/history")
        decide_everything(admin)
        until(generate(designer, "a scarf with motif"), "succeeded")
        admin.goto("/moderation")
        admin.get_by_label("Note").fill("slowly said")
        deciding: list[Any] = []
        admin.route("**/review", lambda route: deciding.append(route))  # noqa: PLW0108 - Playwright marks it
        admin.get_by_role("button", name="Reject").click()
        with admin.expect_response(lambda answer: "state=decided" in answer.url):
            admin.get_by_role("tab", name="Decided").click()
        deciding[0].continue_()
        admin.get_by_text("slowly said").wait_for()
        expect(admin.get_by_role("row", name="a scarf with motif")).to_have_count(1)


class TestEverywhere:
    @pytest.mark.parametrize(("locale", "out"), [("en", "Sign out"), ("es", "Cerrar sesión")])
    @pytest.mark.parametrize("path", PAGES)
    def test_a_phone_needs_no_sideways_scrolling(
        self, open_as: OpenAs, path: str, locale: str, out: str
    ) -> None:
        page = open_as("admin", path, width=360, height=740, locale=locale)
        page.get_by_role("button", name=out).wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        rail = page.locator("at-rail")
        assert rail.evaluate("bar => bar.scrollWidth <= bar.clientWidth")

    def test_spanish(self, open_as: OpenAs) -> None:
        page = open_as("designer", locale="es-ES")
        page.get_by_role("button", name="Generar").wait_for()
        page.get_by_role("link", name="Historial").wait_for()
        page.get_by_text("¿Qué bocetamos primero?").wait_for()

    def test_the_theme_is_kept(self, designer: Any) -> None:
        designer.get_by_role("button", name="Dark mode").click()
        designer.reload()
        designer.get_by_role("button", name="Light mode").wait_for()
        assert (
            designer.evaluate("getComputedStyle(document.body).backgroundColor")
            == "rgb(13, 16, 21)"
        )

    def test_a_lost_connection_says_so_and_comes_back(self, designer: Any) -> None:
        designer.route("**/api/v1/events", lambda route: route.abort())
        designer.reload()
        designer.get_by_text("Connection lost").wait_for()
        designer.unroute("**/api/v1/events")
        designer.locator(".toast", has_text="Connected again").wait_for()
        designer.get_by_text("Connection lost").wait_for(state="detached")

    def test_the_keyboard_list(self, designer: Any) -> None:
        designer.locator("at-feed").click(position={"x": 5, "y": 5})
        designer.keyboard.press("?")
        designer.get_by_role("dialog", name="Keyboard shortcuts").wait_for()
        designer.keyboard.press("Escape")
        designer.get_by_role("dialog").wait_for(state="detached")
