"""What it costs is on the button before it is pressed, and what is left stands under it and on Account."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.accounts.models import Team, User
from backend.kit.context import Context
from backend.kit.ids import new_id
from backend.usage import service
from backend.usage.models import QuotaOf
from backend.usage.schemas import QuotaWrite
from tests.browser.conftest import ScriptedStudio, choose

pytestmark = [pytest.mark.serial, pytest.mark.browser]
EACH = 64 * 64 * 4 / 1e6  # 0.016


def allow(studio: ScriptedStudio, page: Any, of: QuotaOf, **limits: float) -> None:
    """Give whoever looks at `page`, or a team of theirs, a quota."""
    who = page.request.get("/api/v1/me").json()["id"]
    context: Context = studio.app.state.context
    with context.database.write() as session:
        if of is QuotaOf.TEAM:
            team = Team(name=f"Knitwear {new_id()[-4:]}")
            session.add(team)
            session.flush()
            session.get_one(User, who).team_id = who = team.id
        service.set_quota(session, "admin", QuotaWrite(of=of, subject=who, **limits))
    page.reload()
    page.locator("at-rail").wait_for()


def button_of(page: Any) -> Any:
    return page.locator("#generate").first


class TestButton:
    def test_says_the_price_and_follows_the_form(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer")
        expect(button_of(page)).to_have_attribute("data-price", "0.016 credits")
        choose(page, "4")
        expect(button_of(page)).to_have_attribute("data-price", "0.066 credits")
        choose(page, "Fine")
        expect(button_of(page)).to_have_attribute("data-price", "0.13 credits")
        assert page.locator("at-composer .left:not(.warmth)").is_hidden()

    def test_in_spanish(self, open_as: Callable[..., Any]) -> None:
        page = open_as("designer", locale="es-ES")
        expect(button_of(page)).to_have_attribute("data-price", "0,016 créditos")

    def test_tells_nothing_to_who_may_not_press_it(self, open_as: Callable[..., Any]) -> None:
        page = open_as("marketing")
        page.locator("at-composer .note[data-kind=closed]").wait_for()
        assert button_of(page).get_attribute("data-price") in {None, ""}


class TestLeft:
    def test_falls_with_what_is_drawn_and_warns_in_time(
        self, scripted_studio: ScriptedStudio, open_as: Callable[..., Any]
    ) -> None:
        page = open_as("designer")
        allow(scripted_studio, page, QuotaOf.PERSON, credits_per_day=2.5 * EACH)
        left = page.locator("at-composer .left:not(.warmth)")
        expect(left).to_have_text("0.041 of 0.041 credits left today")
        for rest in ("0.025", "0.0082"):
            page.locator("#prompt textarea").fill("a red dress")
            button_of(page).click()
            expect(left).to_contain_text(f"{rest} ")
        expect(left).to_have_class("left beyond")
        expect(left).to_contain_text("You have 0.0082 credits left until ")
        # The button itself says why, and when it starts anew; it may be pressed all the same.
        expect(button_of(page)).to_have_attribute(
            "data-price", re.compile("^over your quota until .*12:00")
        )
        expect(button_of(page)).to_have_class(re.compile(r"\bhindered\b"))
        button_of(page).click()
        expect(page.locator("at-composer .note")).to_contain_text("it starts anew at")
        expect(page.locator("#prompt textarea")).to_have_value("a red dress")

    def test_is_the_teams_where_that_leaves_less(
        self, scripted_studio: ScriptedStudio, open_as: Callable[..., Any]
    ) -> None:
        page = open_as("designer")
        allow(scripted_studio, page, QuotaOf.TEAM, credits_per_month=40)
        left = page.locator("at-composer .left:not(.warmth)")
        expect(left).to_have_text("40 of your team’s 40 credits left this month")


def test_account_shows_both_periods_and_the_team(
    scripted_studio: ScriptedStudio, open_as: Callable[..., Any]
) -> None:
    page = open_as("designer", "/account")
    expect(page.locator("at-usage .meter")).to_have_count(2)
    expect(page.locator("at-usage .meter").nth(0)).to_contain_text("No limit")
    allow(scripted_studio, page, QuotaOf.PERSON, credits_per_day=200)
    allow(scripted_studio, page, QuotaOf.TEAM, credits_per_month=4000)
    meters = page.locator("at-usage .meter")
    expect(meters).to_have_count(4)
    expect(meters.nth(0)).to_contain_text("of 200 credits")
    expect(meters.nth(3)).to_contain_text("of 4,000 credits")
    expect(page.get_by_role("progressbar", name="Today")).to_be_visible()
