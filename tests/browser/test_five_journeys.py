"""The five runs that show whether the studio can be worked in, each as a person makes it. Where each of them is:

* Thousands of images: scrolled from end to end with few in the document
  (`test_library_page.TestMany`), and with few pictures decoded (here).
* Ctrl+Enter sends the last keystroke: here.
* Ctrl+↑ weights the word at the caret: `test_prompt_language.TestWeights`.
* A PNG that A1111 wrote, dropped on the page, gives its prompt, negative prompt, steps and seed back: here; pictures of
  others, and all that they may lack: `test_restore`.
* A reload in mid-generation finds it again, with its preview: `test_pages.TestCreate`; with a real model, embedded and
  under Ray Serve: `test_journey.test_first_light`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.backend.restorations import pictures
from tests.browser.conftest import ScriptedStudio, choose, tell
from tests.browser.test_restore import bring, dialog_of, open_create, prompt_of, unfold
from tests.browser.test_viewer import drawn
from tests.fixtures.crowded import crowd
from tests.fixtures.scripted import ScriptedInference

pytestmark = [pytest.mark.serial, pytest.mark.browser]

OpenAs = Callable[..., Any]
MANY = 2_000
MOST_DECODED = 200
# Many letters at once and the keys in the very same moment, before anything of Gradio's has run.
TYPE_AND_SEND = """(text) => {
  document.querySelector("#prompt textarea").focus();
  document.execCommand("insertText", false, text);
  const keys = { key: "Enter", code: "Enter", ctrlKey: true, bubbles: true, cancelable: true, composed: true };
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", keys));
}"""
DRAFT = {"prompt": "", "ratio": "wide", "negative_prompt": "fur"}
# Scroll a screen at a time, as one who looks for something does; return the most pictures that were there at a time.
LOOK_THROUGH = """async (screens) => {
  const { shadowRoot } = document.querySelector("at-library");
  const decoded = () => [...shadowRoot.querySelectorAll(".cell img")].filter((image) => image.complete && image.naturalWidth).length;
  let most = 0;
  for (let screen = 0; screen < screens; screen += 1) {
    scrollBy(0, innerHeight);
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    most = Math.max(most, decoded());
  }
  return { most, seen: shadowRoot.querySelectorAll(".cell").length };
}"""


def test_a_library_of_thousands_decodes_what_is_near(
    open_as: OpenAs, scripted_studio: ScriptedStudio
) -> None:
    page = open_as("designer", "/library")
    image = drawn(page, "a red hat")
    crowd(scripted_studio.app.state.context, image, MANY)
    page.goto("/library")
    shown = page.locator("at-library .cell img")
    shown.nth(59).wait_for()
    page.wait_for_function("() => [...document.querySelector('at-library').shadowRoot.querySelectorAll('.cell img')].some((image) => image.naturalWidth)")  # fmt: skip
    looked = page.evaluate(LOOK_THROUGH, 30)
    assert 0 < looked["most"] <= MOST_DECODED
    expect(page.locator("at-library .cell").first).to_be_attached()


@pytest.mark.parametrize("prompt", ["a red hat", "a blue coat, (wool:1.2)"])
def test_ctrl_enter_sends_the_last_keystroke(
    open_as: OpenAs, scripted: ScriptedInference, prompt: str
) -> None:
    page = open_create(open_as)
    page.evaluate(TYPE_AND_SEND, prompt)
    page.locator("at-card[hero][data-state=succeeded]").wait_for()
    assert scripted.asked[-1].parameters.prompt == prompt
    prompt_of(page).press("End")
    page.keyboard.type("!", delay=0)
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").filter(has_text=f"{prompt}!").wait_for()
    assert scripted.asked[-1].parameters.prompt == f"{prompt}!"


def test_what_is_done_before_the_form_is_restored_counts(
    open_as: OpenAs, scripted: ScriptedInference
) -> None:
    page = open_create(open_as)
    page.add_init_script(f"localStorage.setItem('atelier.draft', '{json.dumps(DRAFT)}')")
    waiting: list[Any] = []
    # The form waits for the model's usual values. A lambda: Playwright cannot mark a builtin.
    page.route("**/api/v1/models", lambda route: waiting.append(route))  # noqa: PLW0108
    with page.expect_request("**/api/v1/models"):
        page.reload()
    choose(page.locator("#num_images"), "4")
    choose(page.locator("#quality"), "Draft")
    expect(page.locator("#steps input[type=number]")).to_have_value("8")
    prompt_of(page).fill("four red hats")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#ratio").get_by_label("Wide")).not_to_be_checked()
    while waiting:  # the page before the reload may have asked too
        waiting.pop().continue_()
    expect(page.locator("#ratio").get_by_label("Wide")).to_be_checked()
    expect(page.locator("#num_images").get_by_label("4", exact=True)).to_be_checked()
    expect(page.locator("#quality").get_by_label("Draft")).to_be_checked()
    # Of this model, whose usual steps are known by now.
    expect(page.locator("#steps input[type=number]")).to_have_value("2")
    expect(prompt_of(page)).to_have_value("four red hats")
    page.locator("at-card[hero][data-state=succeeded]").wait_for()
    asked_for = scripted.asked[-1].parameters
    assert (asked_for.prompt, asked_for.num_images) == ("four red hats", 4)
    assert (asked_for.num_inference_steps, asked_for.negative_prompt) == (2, "fur")


def test_a_picture_of_a1111_dropped_anywhere_gives_its_settings_back(
    open_as: OpenAs, scripted: ScriptedInference
) -> None:
    page = open_create(open_as)
    bring(page, pictures.a1111())
    dialog_of(page).get_by_role("button", name="Apply all").click()
    unfold(page)
    expect(prompt_of(page)).to_have_value(pictures.PROMPT)
    expect(page.locator("#negative_prompt textarea")).to_have_value(pictures.NEGATIVE)
    expect(page.locator("#steps input[type=number]")).to_have_value("21")
    expect(page.locator("#seed :is(input, textarea)")).to_have_value("965400086")
    page.keyboard.press("Control+Enter")
    page.locator("at-card[hero][data-state=succeeded]").wait_for()
    drawn_with = tell(page, "/generations?limit=1", method="GET")["items"][0]["parameters"]
    wanted = {"prompt": pictures.PROMPT, "negative_prompt": pictures.NEGATIVE, "seed": 965400086}
    assert {name: drawn_with[name] for name in wanted} == wanted
    assert scripted.asked[-1].parameters.num_inference_steps == 21
