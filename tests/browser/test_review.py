"""Held, reason, appeal, second reviewer, released, in the gallery: the way of a held image, in Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import select

from backend.kit.context import Context
from backend.moderation.models import Flag
from backend.policies.schemas import Severity
from tests.browser.conftest import tell
from tests.fixtures.workshop import audited

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]


def held(page: Any, prompt: str, query: str = "", **more: Any) -> str:
    """Draw something that is held as the person at `page`; return the image's id."""
    made = tell(page, f"/generations{query}", {"prompt": prompt, **more})
    page.request.get(f"/api/v1/generations/{made['id']}/events").text()
    [image] = tell(page, f"/generations/{made['id']}", method="GET")["images"]
    assert image["moderation"] == "held"
    return str(image["id"])


def severe(context: Context, image_id: str) -> None:
    with context.database.write() as session:
        flag = session.exec(select(Flag).where(Flag.image_id == image_id)).one()
        flag.severity, flag.category = Severity.SEVERE, "minors"
        session.add(flag)


def row(page: Any, prompt: str) -> Any:
    return page.get_by_role("row", name=prompt)


def open_row(page: Any, prompt: str) -> Any:
    """Go to a case, and have it."""
    with page.expect_response(lambda answer: answer.url.endswith("/claim") and answer.ok):
        row(page, prompt).click()
    case = page.locator("at-case")
    expect(case).to_contain_text(prompt)
    return case


def press(page: Any, key: str) -> None:
    """Press the key of a decision, and wait until it was taken."""
    with page.expect_response(lambda answer: answer.url.endswith("/review") and answer.ok):
        page.keyboard.press(key)


def test_from_held_over_an_appeal_into_the_gallery(open_as: OpenAs) -> None:
    author, first, second = open_as("designer"), open_as("admin", "/moderation"), None
    gallery = tell(author, "/galleries", {"name": "Signs"})["id"]
    held(author, "a scarf with motif, folded", f"?gallery={gallery}")

    first.reload()
    open_row(first, "a scarf with motif, folded")
    first.get_by_label("Note").fill("not clear what it is")
    first.get_by_role("button", name="Reject", exact=False).last.click()
    expect(row(first, "a scarf with motif, folded")).to_have_count(0)

    author.goto("/")
    author.get_by_role("button", name="Not released").click()
    dialog = author.get_by_role("dialog", name="Not released")
    expect(dialog).to_contain_text("not clear what it is")
    expect(dialog).to_contain_text("Something that the safety check was told to hold")
    expect(dialog).to_contain_text("version 1")
    dialog.get_by_label("Why should a person look again?").fill("It is a stop sign.")
    dialog.get_by_role("button", name="Ask for review").click()
    expect(dialog).to_contain_text("Another person looks at it.")
    expect(dialog.get_by_role("button", name="Ask for review")).to_have_count(0)

    first.reload()
    open_row(first, "a scarf with motif, folded")
    first.keyboard.press("a")
    expect(first.locator("at-overlay")).to_contain_text("another reviewer answers its appeal")
    first.goto("/history")

    second = open_as("admin", "/moderation")
    second.get_by_role("tab", name="Appeals").click()
    case = open_row(second, "a scarf with motif, folded")
    expect(case).to_contain_text("It is a stop sign.")
    press(second, "a")
    expect(row(second, "a scarf with motif, folded")).to_have_count(0)

    expect(dialog).to_contain_text("Released")  # by itself: it was open all the while
    author.goto(f"/galleries?id={gallery}")
    expect(author.get_by_role("gridcell").locator("img")).to_have_count(1)


def test_nothing_is_loaded_but_colours_until_somebody_reveals(
    open_as: OpenAs, context: Context
) -> None:
    image = held(open_as("designer", "/history"), "a veiled hat with motif")
    reviewer = open_as("admin", "/history")
    asked: list[str] = []
    reviewer.on("request", lambda request: asked.append(request.url))
    reviewer.goto("/moderation")
    case = open_row(reviewer, "a veiled hat with motif")
    expect(case.get_by_alt_text("colours only", exact=False)).to_be_visible()
    assert [url for url in asked if "/content" in url] == []
    with reviewer.expect_response(lambda answer: "/content" in answer.url and answer.ok):
        reviewer.keyboard.down("b")
    expect(case.get_by_alt_text("Held image", exact=True)).to_be_visible()
    reviewer.keyboard.up("b")
    expect(case.get_by_alt_text("Held image", exact=True)).to_have_count(0)
    revealed = [
        one for one in audited(context.database, f"image:{image}") if one.verb == "image.reveal"
    ]
    assert len(revealed) == 1


def test_what_is_severe_is_sealed_and_released_by_two(open_as: OpenAs, context: Context) -> None:
    image = held(open_as("designer", "/history"), "a sealed coat with motif")
    severe(context, image)
    first, second = open_as("admin", "/moderation"), open_as("admin", "/history")
    case = open_row(first, "a sealed coat with motif")
    shown = case.locator(".shown img")  # not those of similar cases
    expect(shown).to_have_count(0)
    case.get_by_role("button", name="Sealed: reveal…").click()
    expect(shown).to_have_count(0)
    case.get_by_role("button", name="Reveal now").click()
    expect(case.get_by_alt_text("Held image", exact=True)).to_be_visible()
    press(first, "a")
    expect(row(first, "a sealed coat with motif")).to_contain_text("Needs a second person")
    row(first, "a sealed coat with motif").click()  # whoever asked looks at it, and has it not

    second.goto("/moderation")
    second.get_by_role("tab", name="Second person").click()
    case = open_row(second, "a sealed coat with motif")
    expect(case).to_contain_text("wants to release it")
    press(second, "a")
    expect(row(second, "a sealed coat with motif")).to_have_count(0)
    assert tell(second, f"/images/{image}", method="GET")["moderation"] == "released"


def test_a_case_is_handed_to_administrators_with_a_note(open_as: OpenAs) -> None:
    held(open_as("designer", "/history"), "an escalated cape with motif")
    first, second = open_as("admin", "/moderation"), open_as("admin", "/moderation")
    case = open_row(first, "an escalated cape with motif")
    first.keyboard.press("e")
    expect(case.get_by_role("status")).to_contain_text("Say in the note why")
    expect(case.get_by_label("Note")).to_be_focused()
    case.get_by_label("Note").fill("May be a real person.")
    case.get_by_role("button", name="Escalate").click()
    handed = row(first, "an escalated cape with motif")
    expect(handed).to_contain_text("For administrators")
    expect(second.locator("at-overlay")).to_contain_text("handed a case to administrators")

    second.reload()
    expect(second.locator("at-moderation tbody tr").first).to_contain_text("an escalated cape")
    case = open_row(second, "an escalated cape with motif")
    expect(case).to_contain_text("May be a real person.")
    expect(case.get_by_role("button", name="Escalate")).to_have_count(0)
    press(second, "r")
    expect(row(second, "an escalated cape with motif")).to_have_count(0)


@pytest.mark.parametrize("locale", ["en", "es"])
def test_every_way_to_decide_is_inside_the_case(open_as: OpenAs, locale: str) -> None:
    held(open_as("designer"), f"a cap with motif, {locale}")
    page = open_as("admin", "/moderation", locale=locale)
    open_row(page, f"a cap with motif, {locale}")
    case = page.locator("at-case").bounding_box()
    parts = page.locator("at-case .decisions").locator("textarea, button")
    expect(parts).to_have_count(4)
    for box in (part.bounding_box() for part in parts.all()):
        assert case["x"] < box["x"]
        assert box["x"] + box["width"] < case["x"] + case["width"]


def test_one_key_decides_and_another_takes_it_back(open_as: OpenAs) -> None:
    held(open_as("designer", "/history"), "a taken back boot with motif")
    reviewer = open_as("admin", "/moderation")
    open_row(reviewer, "a taken back boot with motif")
    press(reviewer, "r")
    expect(row(reviewer, "a taken back boot with motif")).to_have_count(0)
    with reviewer.expect_response("**/undo"):
        reviewer.keyboard.press("u")
    expect(row(reviewer, "a taken back boot with motif")).to_have_count(1)
    case = open_row(reviewer, "a taken back boot with motif")
    expect(case.locator(".deeds")).to_contain_text("Taken back")


def test_others_see_who_has_a_case_and_cannot_decide_it(open_as: OpenAs) -> None:
    held(open_as("designer", "/history"), "a claimed skirt with motif")
    first = open_as("admin", "/moderation")
    open_row(first, "a claimed skirt with motif")
    second = open_as("admin", "/moderation")
    row(second, "a claimed skirt with motif").click()
    case = second.locator("at-case")
    expect(case).to_contain_text("has this case open until")
    expect(case.get_by_role("button", name="Release")).to_be_disabled()
    first.goto("/history")  # whoever leaves lets go
    second.wait_for_function(
        """async () => {
          const { items } = await (await fetch("/api/v1/moderation/flags?limit=100")).json();
          return items.find(({ prompt }) => prompt.startsWith("a claimed skirt")).claim === null;
        }"""
    )
    second.reload()
    open_row(second, "a claimed skirt with motif")
    expect(second.locator("at-case").get_by_role("button", name="Release")).to_be_enabled()


def test_several_are_decided_after_saying_how_many(open_as: OpenAs) -> None:
    author = open_as("designer", "/history")
    for count in range(3):
        held(author, f"a bulky coat {count} with motif", seed=500 + count)
    reviewer = open_as("admin", "/moderation")
    for count in range(3):
        row(reviewer, f"a bulky coat {count} with motif").get_by_role("checkbox").check()
    chosen = reviewer.get_by_role("region", name="Chosen cases")
    expect(chosen).to_contain_text("3 chosen")
    chosen.get_by_role("button", name="Reject").click()
    reviewer.get_by_role("dialog", name="Reject 3 images?").get_by_role(
        "button", name="Reject 3"
    ).click()
    expect(row(reviewer, "a bulky coat")).to_have_count(0)


def test_half_an_hour_is_long_enough(open_as: OpenAs) -> None:
    reviewer = open_as("admin", "/history")
    reviewer.clock.install()
    reviewer.goto("/moderation")
    reviewer.get_by_role("tab", name="Waiting").wait_for()
    reviewer.clock.run_for(31 * 60_000)
    expect(reviewer.locator("at-moderation .reminder")).to_contain_text("half an hour")
    reviewer.get_by_role("button", name="Done").click()
    expect(reviewer.locator("at-moderation .reminder")).not_to_contain_text("half an hour")
