"""Settings come back from pictures: dropped anywhere, pasted, or chosen; and what is not here is said before."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.backend.restorations import pictures
from tests.browser.drawing_over import kept
from tests.fixtures.scripted import ScriptedInference

pytestmark = [pytest.mark.serial, pytest.mark.browser]

BRING = """([type, kind, data, on]) => {
  const carried = new DataTransfer();
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  carried.items.add(new File([bytes], "a picture", { type: kind }));
  const event = type === "paste" ? new ClipboardEvent(type, { clipboardData: carried, bubbles: true, cancelable: true })
    : new DragEvent(type, { dataTransfer: carried, bubbles: true, cancelable: true });
  (on ? document.querySelector(on) : document.body).dispatchEvent(event);
}"""
PASTE_TEXT = """(text) => {
  const carried = new DataTransfer();
  carried.setData("text/plain", text);
  const box = document.querySelector("#prompt textarea");
  box.dispatchEvent(new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }));
}"""


def bring(
    page: Any, data: bytes, event: str = "drop", kind: str = "image/png", on: str = ""
) -> None:
    page.evaluate(BRING, [event, kind, b64encode(data).decode(), on])


def dialog_of(page: Any) -> Any:
    return page.locator("at-overlay dialog.restore")


def prompt_of(page: Any) -> Any:
    return page.locator("#prompt textarea")


def unfold(page: Any) -> None:
    page.get_by_role("button", name="Advanced").click()


def open_create(open_as: Callable[..., Any], **how: Any) -> Any:
    page = open_as("designer", **how)
    page.get_by_role("button", name="Restore settings from a picture").or_(
        page.get_by_role("button", name="Restaurar ajustes de una imagen")
    ).wait_for()
    return page


class TestDrop:
    def test_shows_where_to_drop_and_lets_go(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        bring(page, pictures.a1111(), "dragenter")
        expect(page.locator("at-overlay .veil")).to_contain_text("Drop a picture to restore")
        bring(page, pictures.a1111(), "dragleave")
        expect(page.locator("at-overlay .veil")).to_have_count(0)

    def test_apply_all_fills_the_form_and_survives_a_reload(
        self, open_as: Callable[..., Any]
    ) -> None:
        page = open_create(open_as)
        bring(page, pictures.invokeai())
        dialog = dialog_of(page)
        expect(dialog.get_by_role("heading")).to_have_text("Restore 8 settings?")
        expect(dialog.get_by_role("button", name="Apply all")).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_have_count(0)
        expect(prompt_of(page)).to_have_value(pictures.PROMPT)
        page.wait_for_function("() => JSON.parse(localStorage['atelier.draft']).seed === '77'")
        page.reload()
        unfold(page)
        expect(prompt_of(page)).to_have_value(pictures.PROMPT)
        expect(page.locator("#negative_prompt textarea")).to_have_value(pictures.NEGATIVE)
        expect(page.locator("#seed :is(input, textarea)")).to_have_value("77")
        expect(page.locator("#scheduler input")).to_have_value("Euler Karras")
        expect(page.locator("#steps input[type=number]")).to_have_value("21")

    def test_what_is_not_here_is_said_in_a_row_of_its_own(
        self, open_as: Callable[..., Any]
    ) -> None:
        page = open_create(open_as)
        bring(page, pictures.comfyui())
        told = dialog_of(page).locator(".told")
        expect(told.filter(has_text="is not here")).to_contain_text(
            "Model v1-5-pruned.safetensors is not here; the form keeps scripted."
        )
        expect(told.filter(has_text="LoRA")).to_contain_text("This cannot be set here.")
        expect(told.filter(has_text="Seed")).to_contain_text("156680208700286")

    def test_a_picture_without_settings_says_whose_have_some(
        self, open_as: Callable[..., Any]
    ) -> None:
        page = open_create(open_as)
        bring(page, pictures.png(Software="Paint"))
        expect(dialog_of(page)).to_contain_text("ComfyUI carry their settings")
        page.keyboard.press("Escape")
        expect(dialog_of(page)).to_have_count(0)

    def test_what_is_no_picture_is_told_what_would_be(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        bring(page, b"%PDF", kind="application/pdf")
        expect(page.locator("at-overlay .toast")).to_have_text("Bring a PNG, JPEG or WebP picture.")

    def test_who_may_not_generate_is_offered_nothing(self, open_as: Callable[..., Any]) -> None:
        page = open_as("marketing")
        page.locator("at-composer .note[data-kind=closed]").wait_for()
        assert page.locator("at-composer .from-picture").is_hidden()
        bring(page, pictures.a1111(), "dragenter")
        assert page.locator("at-overlay .veil").count() == 0


class TestHowMuch:
    def test_all_but_the_seed(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        unfold(page)
        page.locator("#seed :is(input, textarea)").fill("5")
        bring(page, pictures.invokeai())
        dialog_of(page).get_by_role("button", name="All but seed").click()
        expect(prompt_of(page)).to_have_value(pictures.PROMPT)
        expect(page.locator("#seed :is(input, textarea)")).to_have_value("5")
        expect(page.locator("#steps input[type=number]")).to_have_value("21")

    def test_the_prompt_only(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        bring(page, pictures.invokeai())
        dialog_of(page).get_by_role("button", name="Prompt only").click()
        expect(prompt_of(page)).to_have_value(pictures.PROMPT)
        unfold(page)
        expect(page.locator("#negative_prompt textarea")).to_have_value(pictures.NEGATIVE)
        expect(page.locator("#seed :is(input, textarea)")).to_have_value("")

    def test_nothing(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        prompt_of(page).fill("mine")
        bring(page, pictures.invokeai())
        dialog_of(page).get_by_role("button", name="Cancel").click()
        expect(dialog_of(page)).to_have_count(0)
        expect(prompt_of(page)).to_have_value("mine")

    def test_what_stands_there_already_is_no_row(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        bring(page, pictures.invokeai())
        dialog_of(page).get_by_role("button", name="Apply all").click()
        page.wait_for_function("() => JSON.parse(localStorage['atelier.draft']).seed === '77'")
        bring(page, pictures.invokeai())
        expect(dialog_of(page).locator(".same")).to_contain_text("Prompt, Avoid")


class TestOtherWays:
    def test_a_chosen_file(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Restore settings from a picture").click()
        chooser.value.set_files(
            {"name": "a.webp", "mimeType": "image/webp", "buffer": pictures.fooocus_webp()}
        )
        expect(dialog_of(page)).to_contain_text("Fooocus")
        expect(dialog_of(page).locator(".told").filter(has_text="Style")).to_be_visible()

    def test_a_pasted_picture(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        bring(page, pictures.a1111_jpeg(), "paste", "image/jpeg", "#prompt textarea")
        expect(dialog_of(page)).to_contain_text("A1111")

    @pytest.mark.parametrize("text", [pictures.INFOTEXT, json.dumps(pictures.SWARMUI)])
    def test_pasted_settings(self, open_as: Callable[..., Any], text: str) -> None:
        page = open_create(open_as)
        prompt_of(page).focus()
        page.evaluate(PASTE_TEXT, text)
        dialog_of(page).get_by_role("button", name="Apply all").click()
        expect(prompt_of(page)).to_have_value(pictures.PROMPT)

    def test_how_a_seed_was_varied_and_a_picture_drawn_over(
        self, open_as: Callable[..., Any], scripted: ScriptedInference
    ) -> None:
        page = open_create(open_as)
        varied = "Denoising strength: 0.4, Variation seed: 5, Variation seed strength: 0.2, Seed:"
        page.evaluate(PASTE_TEXT, pictures.INFOTEXT.replace("Seed:", varied, 1))
        dialog = dialog_of(page)
        expect(dialog.get_by_role("row").filter(has_text="Drawn anew")).to_contain_text("0.4")
        expect(dialog.get_by_role("row").filter(has_text="Variation")).to_contain_text("0.2")
        dialog.get_by_role("button", name="Apply all").click()
        page.keyboard.press("Control+Enter")
        page.locator("at-card[hero][data-state=succeeded]").wait_for()
        parameters = scripted.asked[-1].parameters
        assert (parameters.variation_strength, parameters.variation_seed) == (0.2, 5)
        assert kept(page)["strength"] == 0.4

    def test_settings_pasted_into_a_text_are_text(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as)
        prompt_of(page).fill("mine ")
        prompt_of(page).press("End")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.evaluate(PASTE_TEXT, pictures.INFOTEXT)
        prompt_of(page).select_text()
        page.evaluate(PASTE_TEXT, pictures.INFOTEXT)
        dialog_of(page).wait_for()
        assert len([url for url in asked if url.endswith("/restorations")]) == 1

    def test_in_spanish_on_a_phone(self, open_as: Callable[..., Any]) -> None:
        page = open_create(open_as, locale="es-ES", width=360, height=740)
        bring(page, pictures.comfyui())
        expect(dialog_of(page).get_by_role("heading")).to_contain_text("ajustes?")
        box = dialog_of(page).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
