"""Under the prompt stands how long it is; Ctrl+↑ and Ctrl+↓ weight words, Alt+↑ brings earlier prompts back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import LoraCard
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.scripted import CARD, ScriptedInference

pytestmark = [pytest.mark.serial, pytest.mark.browser]
READING = "/api/v1/prompts/reading"


@pytest.fixture
def page(open_as: Callable[..., Any]) -> Any:
    opened = open_as("designer")
    expect(counter_of(opened)).to_have_text("0/75")
    return opened


@pytest.fixture
def away(page: Any, scripted: ScriptedInference) -> Iterator[None]:  # noqa: ARG001 - the page was opened before
    scripted.away = True
    yield
    scripted.away = False


def counter_of(page: Any) -> Any:
    return page.locator("at-counter .count > [aria-hidden]")


def box_of(page: Any, name: str = "prompt") -> Any:
    return page.locator(f"#{name} textarea")


def type_in(page: Any, text: str, select: tuple[int, int]) -> Any:
    """Put `text` into the prompt and select some of it."""
    box = box_of(page)
    box.fill(text)
    box.evaluate("(box, [start, end]) => box.setSelectionRange(start, end)", list(select))
    return box


def selected(box: Any) -> str:
    return str(box.evaluate("(box) => box.value.slice(box.selectionStart, box.selectionEnd)"))


class TestLoras:
    @pytest.fixture
    def page(self, open_as: Callable[..., Any], scripted_studio: ScriptedStudio) -> Iterator[Any]:
        knit = LoraCard(name="knit", title="Knit")
        catalog = scripted_studio.app.state.catalog
        scripted_studio.inference.cards = [CARD.model_copy(update={"loras": [knit]})]
        catalog._asked_at = float("-inf")
        opened = open_as("designer")
        expect(counter_of(opened)).to_have_text("0/75")
        yield opened
        scripted_studio.inference.cards = [CARD]
        catalog._asked_at = float("-inf")

    def test_are_typed_counted_as_no_word_and_refused_by_the_nearest_name(self, page: Any) -> None:
        box_of(page).fill("a dress <lora:knitt:0.8>")
        expect(counter_of(page)).to_have_text("2/75")
        page.locator("#generate").click()
        expect(page.locator("at-problem")).to_contain_text("the nearest good value is knit")
        box_of(page).fill("a dress <lora:knit:0.8>")
        page.locator("#generate").click()
        page.locator("at-card[hero][data-state=succeeded]").wait_for()
        drawn = page.request.get("/api/v1/generations?limit=1").json()["items"][0]
        assert drawn["parameters"]["prompt"] == "a dress <lora:knit:0.8>"
        page.goto("/library")
        expect(page.locator('[data-term="lora:knit"]')).to_be_visible()


class TestCounter:
    def test_follows_what_is_typed(self, page: Any) -> None:
        box_of(page).fill("a (red:1.3) dress")
        expect(counter_of(page)).to_have_text("3/75")
        expect(page.locator("at-counter .spoken")).to_have_text("3 of 75 tokens")
        box_of(page).fill("red " * 83)
        expect(counter_of(page)).to_have_text("83/150 · 2 parts")

    def test_asks_once_somebody_pauses(self, page: Any) -> None:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        with page.expect_response(f"**{READING}"):
            box_of(page).press_sequentially("a red dress")
        expect(counter_of(page)).to_have_text("3/75")
        assert len([url for url in asked if url.endswith(READING)]) < 4

    def test_notes_what_is_read_otherwise(self, page: Any) -> None:
        box_of(page).fill("a [red:blue:0.5] dress AND (gold:9) buttons")
        notes = page.locator("at-counter .notes li")
        expect(notes).to_have_count(3)
        expect(notes.first).to_have_text(
            "[from:to:0.5] does not change words half-way here; it is read as it stands."
        )
        box_of(page).fill("a dress")
        expect(notes).to_have_count(0)

    @pytest.mark.usefixtures("away")
    def test_says_nothing_while_no_model_answers_and_goes_on_noting(self, page: Any) -> None:
        box_of(page).fill("a (red dress")
        expect(page.locator("at-counter .notes li")).to_have_count(1)
        expect(counter_of(page)).to_have_count(0)

    def test_in_spanish(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer", locale="es-ES")
        box_of(page).fill("red " * 83)
        expect(counter_of(page)).to_have_text("83/150 · 2 partes")
        box_of(page).fill("red AND blue")
        expect(page.locator("at-counter .notes li")).to_contain_text("AND no une")

    def test_asks_nothing_for_who_may_not_generate(self, open_as: Callable[..., Any]) -> None:
        asked: list[str] = []
        page = open_as("marketing", "/history")
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/")
        page.locator("at-composer .note[data-kind=closed]").wait_for()
        assert not [url for url in asked if url.endswith(READING)]


class TestWeights:
    def test_go_up_and_down_for_the_word_at_the_caret(self, page: Any) -> None:
        box = type_in(page, "a red dress", (3, 3))
        steps = ["(red:1.1)", "(red:1.2)", "(red:1.1)", "red", "(red:0.9)", "red"]
        for key, word in zip(["Up", "Up", "Down", "Down", "Down", "Up"], steps, strict=True):
            box.press(f"Control+Arrow{key}")
            expect(box).to_have_value(f"a {word} dress")
            assert selected(box) == "red"

    def test_reach_gradio_and_the_counter(self, page: Any) -> None:
        box = type_in(page, "a red dress", (3, 3))
        expect(counter_of(page)).to_have_text("3/75")
        with page.expect_request(f"**{READING}") as asked:
            box.press("Control+ArrowUp")
        assert asked.value.post_data_json == {"prompt": "a (red:1.1) dress"}

    def test_can_be_undone(self, page: Any) -> None:
        box = type_in(page, "a red dress", (3, 3))
        box.press("Control+ArrowUp")
        expect(box).to_have_value("a (red:1.1) dress")
        box.press("Control+z")
        expect(box).to_have_value("a red dress")

    def test_are_of_the_negative_prompt_too(self, page: Any) -> None:
        page.locator("at-fold button").click()
        box = box_of(page, "negative_prompt")
        box.fill("noise")
        box.press("Control+ArrowUp")
        expect(box).to_have_value("(noise:1.1)")

    @pytest.mark.parametrize(
        ("text", "select", "up", "down"),
        [
            ("a red dress", (2, 11), "a (red dress:1.1)", "a (red dress:0.9)"),
            ("a red dress", (1, 6), "a (red:1.1) dress", "a (red:0.9) dress"),
            ("a (red striped:1.2) dress", (4, 4), "a (red striped:1.3) dress", "a (red striped:1.1) dress"),
            ("a (red striped:1.2) dress", (7, 14), "a (red (striped:1.1):1.2) dress", "a (red (striped:0.9):1.2) dress"),
            ("a (red striped:1.2) dress", (2, 19), "a (red striped:1.3) dress", "a (red striped:1.1) dress"),
            ("a (red) dress", (4, 4), "a (red:1.2) dress", "a red dress"),
            ("a [red] dress", (4, 4), "a red dress", "a (red:0.8) dress"),
            ("(red:2)", (3, 3), "(red:2)", "(red:1.9)"),
            ("(red:0.1)", (3, 3), "(red:0.2)", "(red:0.1)"),
            (r"a \(red\) dress", (5, 5), r"a \((red:1.1)\) dress", r"a \((red:0.9)\) dress"),
            ("[red:blue:0.5]", (2, 2), "[(red:1.1):blue:0.5]", "[(red:0.9):blue:0.5]"),
            ("a ((red:1.2) dress:1.1)", (5, 5), "a ((red:1.3) dress:1.1)", "a ((red:1.1) dress:1.1)"),
            (":) red", (1, 1), ":) red", ":) red"),
            ("", (0, 0), "", ""),
        ],
    )  # fmt: skip
    def test_are_those_of_what_is_selected(
        self, composer: Any, text: str, select: tuple[int, int], up: str, down: str
    ) -> None:
        changed = composer.evaluate(
            """async ([text, start, end]) => {
                const { reweighed } = await import("/ui-static/composer/weights.js");
                return [0.1, -0.1].map((by) => {
                    const change = reweighed(text, start, end, by);
                    return change ? text.slice(0, change.from) + change.insert + text.slice(change.to) : text;
                });
            }""",
            [text, *select],
        )
        assert changed == [up, down]

    def test_leave_the_keys_to_others_elsewhere(self, page: Any) -> None:
        seed = page.locator("#seed input, #seed textarea")
        page.locator("at-fold button").click()
        seed.fill("7")
        seed.press("Control+ArrowUp")
        expect(seed).to_have_value("7")


class TestRecall:
    def test_walks_through_earlier_prompts_and_back(self, page: Any) -> None:
        for prompt in ("a red dress", "a blue coat", "a blue coat"):
            tell(page, "/generations", {"prompt": prompt})
        box = type_in(page, "a green", (7, 7))
        walk = [("Up", "a blue coat"), ("Up", "a red dress"), ("Up", "a red dress"), ("Down", "a blue coat"), ("Down", "a green"), ("Down", "a green")]  # fmt: skip
        for key, prompt in walk:
            box.press(f"Alt+Arrow{key}")
            expect(box).to_have_value(prompt)


def test_the_list_of_shortcuts_names_them(page: Any) -> None:
    page.locator("body").press("?")
    listed = page.locator("at-overlay .keys")
    expect(listed).to_contain_text("Weight of the selection or word: more, less")
    expect(listed).to_contain_text("Previous prompts: earlier, later")


@pytest.fixture(scope="module")
def composer(scripted_studio: Any, chromium: Any) -> Iterator[Any]:
    """One page of the studio's own, for functions that need no form."""
    context = chromium.new_context(base_url=scripted_studio.url)
    context.add_cookies([scripted_studio.session_cookie()])
    page = context.new_page()
    page.goto("/history")
    yield page
    context.close()
