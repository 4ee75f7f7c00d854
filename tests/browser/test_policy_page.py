"""The policy page, in a real browser: a draft with what it would do, a second person, the way back, and the figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import col, delete, select, update

from backend.images.models import Image
from backend.kit.context import Context
from backend.moderation import deciding
from backend.moderation.models import Appeal, Flag, ImageDecision, SafetyCheck
from backend.moderation.schemas import Decision, FlagState, Review
from backend.policies.digests import digest_of
from backend.policies.models import Policy, PolicyMove
from backend.policies.states import PolicyState
from tests.browser.conftest import tell
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.judged import TWO, add_judged, scores

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]


@pytest.fixture
def past(context: Context) -> Iterator[list[str]]:
    """Images around the thresholds: ten that a small shift holds, five that it releases, ten that nothing changes."""
    write_policy(context, 0.0)
    owner = add_user(context.database, "designer")
    near = [scores(motif=-0.01)] * 10 + [scores(motif=0.005)] * 5 + [scores(motif=-0.5)] * 10
    yield add_judged(context.database, owner, near)
    with context.database.write() as session:
        for table in (Appeal, ImageDecision, Flag, SafetyCheck, Image):
            session.execute(delete(table))
        session.execute(delete(PolicyMove).where(col(PolicyMove.number) > 1))
        session.execute(delete(Policy).where(col(Policy.number) > 1))
        session.execute(update(Policy).values(state=PolicyState.ACTIVE))


def write_policy(context: Context, sampled: float) -> None:
    document = TWO.model_copy(update={"sampled": sampled})
    with context.database.write() as session:
        row = session.get_one(Policy, 1)
        row.document, row.digest = document, digest_of(document)


def card(page: Any, number: int) -> Any:
    return page.locator(f"at-policy .policy[data-version='{number}']")


def shift(page: Any, category: str, value: float) -> None:
    page.locator(f"at-policy [data-category={category}] input[type=range]").fill(str(value))


def drafted(page: Any) -> int:
    """Have the person at `page` draft and propose a version that holds more; return its number."""
    number = int(tell(page, "/policies", {})["number"])
    draft = tell(page, f"/policies/{number}", method="GET")
    draft["document"]["categories"][1]["shift"] = 0.02
    body = {"document": draft["document"], "note": "Holds more", "digest": draft["digest"]}
    tell(page, f"/policies/{number}", body, method="PUT")
    tell(page, f"/policies/{number}/propose", {})
    return number


def test_from_a_draft_to_a_version_that_decides_and_back(open_as: OpenAs, past: list[str]) -> None:
    assert past
    first, second = (open_as("admin", "/policy", reduced_motion="reduce") for _ in range(2))
    first.get_by_role("button", name="New draft").click()
    live = first.locator("at-policy .what-if")
    expect(live).to_contain_text("The latest 25 images")
    expect(live.locator(".figure").first).to_contain_text("0")
    shift(first, "restricted", 0.02)
    counts = first.locator("[data-category=restricted] .counts")
    expect(counts).to_have_text("Would newly hold 10, release 0")
    shift(first, "restricted", -0.02)
    expect(counts).to_have_text("Would newly hold 0, release 5")
    shift(first, "restricted", 0.02)
    expect(counts).to_have_text("Would newly hold 10, release 0")
    first.get_by_label("What this version is for").fill("Holds <b>more</b>")
    first.get_by_role("button", name="Save and propose").click()

    mine = card(first, 2)
    expect(mine).to_contain_text("Proposed")
    expect(mine).to_contain_text("Holds <b>more</b>")
    expect(mine).to_contain_text("another administrator has to activate it")
    expect(mine.get_by_role("button", name="Activate")).to_have_count(0)

    second.reload()
    card(second, 2).get_by_role("button", name="What changes").click()
    told = second.get_by_role("dialog")
    expect(told).to_contain_text("Restricted")
    expect(told.locator("ins")).to_have_text("+0.020")
    told.get_by_role("button", name="Close").click()
    card(second, 2).get_by_role("button", name="Activate").click()
    second.get_by_role("dialog").get_by_role("button", name="Activate").click()
    expect(second.get_by_text("Version 2 decides", exact=True)).to_be_visible()

    card(second, 2).get_by_role("button", name="Try on the past").click()
    trial = second.get_by_role("dialog")
    expect(trial).to_contain_text("10 of these are shown now")
    trial.get_by_role("button", name="Hold them").click()
    expect(second.locator(".toast").last).to_have_text("Held now: 10")

    first.reload()
    first.get_by_role("button", name="Put back version 1").first.click()
    dialog = first.get_by_role("dialog")
    dialog.get_by_role("button", name="Put back").click()
    expect(dialog).to_contain_text("Say why.")
    dialog.get_by_label("Reason").fill("It holds every red dress")
    dialog.get_by_role("button", name="Put back").click()
    expect(first.get_by_text("Version 1 decides", exact=True)).to_be_visible()
    expect(card(first, 2)).to_contain_text("Retired")


def test_what_a_draft_would_do_stays_in_sight(open_as: OpenAs, past: list[str]) -> None:
    assert past
    page = open_as("admin", "/policy")
    page.get_by_role("button", name="New draft").click()
    live = page.locator("at-policy .what-if")
    expect(live).to_contain_text("25 images")
    page.evaluate("() => scrollTo(0, 4000)")
    expect(page.locator("at-policy .bar")).to_be_in_viewport(ratio=1)
    expect(live).to_be_in_viewport(ratio=1)


def test_a_draft_that_cannot_be_is_refused_by_its_name(open_as: OpenAs, past: list[str]) -> None:
    assert past
    page = open_as("admin", "/policy", reduced_motion="reduce")
    page.get_by_role("button", name="New draft").click()
    page.get_by_role("button", name="Add a list of words").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("at-policy .parts > .wrong")).to_contain_text("rule_1, terms")
    words = page.get_by_label("Words of the list")
    words.fill("gore\n\n gore\nblood")
    expect(page.locator("at-policy [data-rule=rule_1]")).to_contain_text("2 in all")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast")).to_have_text("Version 2 is saved")
    page.reload()
    expect(page.get_by_label("Words of the list")).to_have_value("gore\nblood")


def test_words_are_tried_on_past_prompts_and_looked_for_where_and_beside_what_is_said(
    open_as: OpenAs, past: list[str]
) -> None:
    assert past  # drawn from “a red dress”
    page = open_as("admin", "/policy", reduced_motion="reduce")
    page.get_by_role("button", name="New draft").click()
    page.get_by_role("button", name="Add a list of words").click()
    rule = page.locator("at-policy [data-rule=rule_1]")
    rule.get_by_label("What follows for rule_1").select_option("block")
    rule.get_by_label("Words of the list").fill("red dress")
    told = page.locator("at-policy .what-if .in-words")
    expect(told).to_contain_text(re.compile(r"newly refuse [1-9]"))
    told.get_by_text("Some of them").click()
    expect(told.locator("mark").first).to_have_text("red dress")

    rule.get_by_role("checkbox", name="Prompts", exact=True).uncheck()
    expect(told).to_contain_text("newly refuse 0,")
    rule.get_by_role("checkbox", name="Titles, tags and comments").uncheck()
    expect(rule.get_by_role("status")).to_contain_text("looked for nowhere")
    rule.get_by_role("checkbox", name="Prompts", exact=True).check()
    expect(told).to_contain_text(re.compile(r"newly refuse [1-9]"))
    rule.get_by_text("Only beside other words").click()
    rule.get_by_label("Words that stand beside them").fill("dagger")
    expect(told).to_contain_text("newly refuse 0,")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast")).to_have_text("Version 2 is saved")
    page.reload()
    expect(page.get_by_label("Words that stand beside them")).to_have_value("dagger")
    expect(page.get_by_role("checkbox", name="Titles, tags and comments")).not_to_be_checked()
    written = tell(page, "/policies/2", method="GET")["document"]["terms"][0]
    assert (written["where"], written["beside"]) == (["prompt"], ["dagger"])
    page.locator("at-policy .editor").get_by_role("button", name="Versions").click()
    card(page, 2).get_by_role("button", name="Try on the past").click()
    expect(page.get_by_role("dialog").locator(".in-words")).to_contain_text("newly refuse 0,")


def test_figures_say_how_sure_they_are(open_as: OpenAs, context: Context, past: list[str]) -> None:
    assert past
    page = open_as("admin", "/policy?show=quality", reduced_motion="reduce")
    expect(page.locator("[data-measure=precision]")).to_contain_text("Too few to say")
    write_policy(context, 1.0)
    owner, reviewer = (add_user(context.database, role) for role in ("designer", "admin"))
    add_judged(context.database, owner, [scores(motif=0.5)] * 30 + [scores(motif=-0.5)] * 40)
    with context.database.write() as session:
        opened = select(Flag).where(Flag.state == FlagState.OPEN)
        for place, flag in enumerate(session.exec(opened.order_by(Flag.id)).all()):
            decision = Decision.RELEASE if place % 4 else Decision.REJECT
            review = Review(decision=decision)
            deciding.review(session, context.notifier, actor_of(reviewer), flag.id, review)
    page.reload()
    for measure in ("precision", "recall", "missed"):
        shown = page.locator(f"[data-measure={measure}]")
        expect(shown).to_contain_text(re.compile(r"\d %|\d%"))
        expect(shown.locator(".bounds i")).to_have_count(1)
    expect(page.locator("[data-measure=agreement]")).to_contain_text("Too few to say")
    page.get_by_role("button", name="As table").click()
    expect(page.get_by_role("region", name="Precision by week")).to_be_visible()


def test_fits_a_phone_and_speaks_spanish(open_as: OpenAs, past: list[str]) -> None:
    assert past
    page = open_as("admin", "/policy", width=360, height=740, locale="es-ES")
    expect(page.get_by_role("heading", name="Política")).to_be_visible()
    page.get_by_role("button", name="Nuevo borrador").click()
    expect(page.locator("at-policy .what-if")).to_contain_text("juzgadas de nuevo")
    for path in ("/policy", "/policy?show=quality"):
        page.goto(path)
        page.locator("at-policy h1").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
