"""Words that a rule is about: said under the prompt while it is typed, and under the field when it was refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.serial, pytest.mark.browser]
PROMPT = "linen suit 🧥 on a n-a-k-e-d man by the sea, film photograph"


@pytest.fixture
def page(open_as: Callable[..., Any]) -> Any:
    opened = open_as("designer")
    expect(opened.locator("at-counter .count > [aria-hidden]")).to_have_text("0/75")
    return opened


def prompt_of(page: Any) -> Any:
    return page.locator("#prompt textarea")


def said(page: Any) -> Any:
    return page.locator("at-counter .said")


def test_is_said_before_generate_is_pressed(page: Any) -> None:
    prompt_of(page).fill(PROMPT)
    expect(said(page)).to_have_attribute("data-action", "block")
    expect(said(page).locator("mark")).to_have_text("n-a-k-e-d")
    expect(said(page)).to_contain_text("Nudity and sexual acts are not drawn here.")
    prompt_of(page).fill("nude heels on a naked cake")
    expect(said(page)).to_have_count(0)


def test_a_warning_and_a_review_say_what_follows(page: Any) -> None:
    prompt_of(page).fill("taylor swift with a fake logo")
    expect(said(page)).to_have_count(2)
    expect(said(page).first).to_contain_text("a reviewer looks at the images before you see them")
    expect(said(page).last).to_contain_text("It is drawn as it is.")


def test_a_refusal_stands_under_its_field(page: Any) -> None:
    prompt_of(page).fill(PROMPT)
    expect(said(page)).to_have_count(1)
    page.locator("#generate").click()
    problem = page.locator("#prompt at-problem")
    expect(problem.locator("mark")).to_have_text("n-a-k-e-d")
    expect(problem).to_contain_text("tell an administrator the rule “sexual_content”")
    expect(prompt_of(page)).to_be_focused()
    expect(said(page)).to_have_count(0)  # it is said once
    prompt_of(page).fill("a linen suit")
    expect(problem).to_have_count(0)


def test_a_refused_negative_prompt_is_unfolded(page: Any) -> None:
    prompt_of(page).fill("a linen suit")
    page.locator("at-fold button").first.click()
    page.locator("#negative_prompt textarea").fill("child porn")
    page.locator("#generate").click()
    expect(page.locator("#negative_prompt at-problem mark")).to_have_text("child porn")


def test_what_was_accepted_is_said_once(page: Any) -> None:
    prompt_of(page).fill("taylor swift with a fake logo")
    expect(said(page)).to_have_count(2)
    generate(page)
    note = page.locator("at-composer .note")
    expect(note).to_be_hidden()  # both stand under the prompt
    prompt_of(page).fill("a linen suit")
    expect(said(page)).to_have_count(0)


def test_what_was_pressed_before_it_was_read_is_said_in_the_answer(page: Any) -> None:
    page.route("**/prompts/reading", lambda route: route.abort())
    prompt_of(page).fill("a bag with a fake logo")
    generate(page)
    told = page.locator("at-composer .note .said")
    expect(told).to_have_attribute("data-action", "warn")
    expect(told.locator("mark")).to_have_text("fake logo")
    expect(told).to_contain_text("It is drawn as it is.")
    prompt_of(page).fill("a linen suit")
    expect(told).to_be_hidden()


def generate(page: Any) -> None:
    with page.expect_response(lambda answer: "/gradio_api/" in answer.url and answer.ok):
        page.locator("#generate").click()
    expect(page.locator("at-card").first).to_be_visible()


def test_in_spanish_on_a_telephone(open_as: Callable[..., Any]) -> None:
    page = open_as("designer", locale="es-ES", width=360, height=740)
    prompt_of(page).fill(PROMPT)
    expect(said(page)).to_contain_text(re.compile("Aquí no se generan desnudos"))
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 360
