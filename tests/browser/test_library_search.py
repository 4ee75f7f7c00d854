"""Finding one's way in the library, in a real browser: suggestions while writing, filters in a sheet, going to a month."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from backend.images.models import Image
from backend.kit.context import Context
from backend.kit.ids import earliest_id
from tests.browser.conftest import tell
from tests.browser.test_library_page import PROMPTS, OpenAs, cells, furnished

pytestmark = [pytest.mark.browser, pytest.mark.serial]


@pytest.fixture
def library(open_as: OpenAs) -> Any:
    """The library of a new designer with five images."""
    return furnished(open_as)


class TestTypeAhead:
    def test_a_name_and_a_value_are_chosen_with_the_keys(self, library: Any) -> None:
        box = library.get_by_role("combobox", name="Search")
        box.focus()
        library.keyboard.type("coat -st")
        options = library.get_by_role("option")
        expect(options.first).to_contain_text("status:")
        library.keyboard.press("ArrowDown")
        expect(box).to_have_attribute("aria-activedescendant", "suggestion-0")
        library.keyboard.press("Tab")
        expect(options).to_have_count(6)
        library.keyboard.type("app")
        expect(options).to_have_count(1)
        library.keyboard.press("ArrowDown")
        library.keyboard.press("Enter")
        expect(box).to_have_value("coat -status:approved ")
        expect(box).to_be_focused()
        expect(cells(library)).to_have_count(2)
        expect(library.get_by_role("listbox")).to_have_count(0)

    def test_enter_alone_searches_and_escape_shuts_the_list_first(self, library: Any) -> None:
        box = library.get_by_role("combobox", name="Search")
        box.focus()
        library.keyboard.type("is:")
        expect(library.get_by_role("option")).to_have_count(5)
        library.keyboard.press("Escape")
        expect(library.get_by_role("option")).to_have_count(0)
        expect(box).to_have_value("is:")
        library.keyboard.type("mine")
        expect(box).to_have_attribute("aria-expanded", "false")
        box.fill("")
        library.keyboard.type("coat s")
        expect(library.get_by_role("option")).not_to_have_count(0)
        library.keyboard.press("Enter")
        library.wait_for_url("**q=coat+s")
        expect(library.get_by_role("option")).to_have_count(0)

    def test_a_value_with_blanks_is_quoted_at_the_caret(self, library: Any) -> None:
        ids = [one["id"] for one in tell(library, "/library?limit=2", method="GET")["items"]]
        tell(library, "/library/changes", {"image_ids": ids, "add_tags": ["spring 26"]})
        box = library.get_by_role("combobox", name="Search")
        box.fill("tag:sp scarf")
        box.evaluate("one => one.setSelectionRange(6, 6)")
        box.dispatch_event("input")
        option = library.get_by_role("option", name="spring 26")
        expect(option).to_contain_text("2")
        option.click()
        expect(box).to_have_value('tag:"spring 26" scarf')
        expect(cells(library)).to_have_count(1)

    def test_a_late_answer_does_not_replace_a_newer_one(self, library: Any) -> None:
        late: list[Any] = []
        library.route("**/library/suggestions?kind=tag**", lambda route: late.append(route))  # noqa: PLW0108 - a builtin it cannot mark
        box = library.get_by_role("combobox", name="Search")
        box.focus()
        with library.expect_request("**/library/suggestions?kind=tag**"):
            library.keyboard.type("tag:")
        box.fill("")
        library.keyboard.type("is:d")
        expect(library.get_by_role("option")).to_have_count(1)
        late[0].fulfill(json=[{"value": "late", "label": "late", "count": 1}])
        library.unroute("**/library/suggestions?kind=tag**")
        expect(library.get_by_role("option", name="is:duplicate")).to_have_count(1)
        expect(library.get_by_role("option")).to_have_count(1)


class TestSheet:
    def test_filters_lie_in_a_sheet_on_a_phone(self, library: Any) -> None:
        library.set_viewport_size({"width": 360, "height": 740})
        opener = library.get_by_role("button", name="Filters")
        opener.focus()
        library.keyboard.press("Enter")
        sheet = library.get_by_role("dialog", name="Filters")
        sheet.get_by_role("button", name="Made by me").click()
        expect(sheet.get_by_role("button", name="Made by me")).to_have_attribute(
            "aria-pressed", "true"
        )
        for _ in range(12):
            library.keyboard.press("Tab")
        inside = "() => document.activeElement === document.querySelector('at-overlay') || document.activeElement === document.body"
        assert library.evaluate(inside)
        library.keyboard.press("Escape")
        sheet.wait_for(state="detached")
        expect(library.get_by_role("button", name="Filters · 1")).to_be_focused()
        library.set_viewport_size({"width": 1280, "height": 800})
        expect(library.locator("at-library .facet", has_text="Made by me")).to_be_visible()


class TestTimeline:
    def test_leads_to_a_month_that_is_loaded(self, library: Any, context: Context) -> None:
        [newest] = tell(library, "/library?limit=1", method="GET")["items"]
        old = add_old(context, newest["id"])
        library.reload()
        rail = library.get_by_role("navigation", name="Go to a month")
        rail.get_by_role("button", name="March 2024", exact=True).click()
        expect(cells(library).last.locator(".picture")).to_be_focused()
        assert cells(library).last.get_attribute("data-id") == old
        expect(cells(library)).to_have_count(len(PROMPTS) + 1)

    def test_begins_with_any_month_and_leads_back_to_the_newest(
        self, library: Any, context: Context
    ) -> None:
        [newest] = tell(library, "/library?limit=1", method="GET")["items"]
        add_old(context, newest["id"])
        library.goto("/library?until=2025-01")
        expect(cells(library)).to_have_count(1)
        library.get_by_text("From January 2025 back").wait_for()
        here = library.get_by_role("button", name="March 2024", exact=True)
        expect(here).to_have_attribute("aria-current", "true")
        here.focus()
        library.keyboard.press("ArrowUp")
        expect(library.get_by_role("button", name="April 2024", exact=True)).to_be_focused()
        library.get_by_role("button", name="Back to the newest").click()
        expect(cells(library)).to_have_count(len(PROMPTS) + 1)
        assert "until" not in library.url


def add_old(context: Context, like: str) -> str:
    """Add an image that was made in March 2024 and has the files of another; return its id."""
    moment = datetime(2024, 3, 5, tzinfo=UTC)
    born = earliest_id(moment)[:10] + like[10:]
    with context.database.write() as session:
        image = session.get_one(Image, like)
        values = {name: getattr(image, name) for name in Image.model_fields}
        session.add(Image(**{**values, "id": born, "index": 1, "created_at": moment}))
    return born
