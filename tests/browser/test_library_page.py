"""The library, in a real browser: finding, paging through thousands, selecting, changing, keeping searches."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from playwright.sync_api import expect

from backend.images.models import Image
from backend.kit.context import Context
from loadtests.page_probes import TO_THE_END
from tests.browser.conftest import ScriptedStudio, tell
from tests.browser.test_viewer import drawn
from tests.fixtures.crowded import crowd

pytestmark = [pytest.mark.browser, pytest.mark.serial]

OpenAs = Callable[..., Any]
PROMPTS = ("a red hat", "a blue hat", "a green coat", "a grey coat", "a white scarf")
MANY = 3_000
MOST_MOUNTED = 2_000
MOUNTED = "() => document.querySelector('at-library').shadowRoot.querySelectorAll('.cell').length"


@pytest.fixture
def library(open_as: OpenAs) -> Any:
    """The library of a new designer with five images, the last prompt first."""
    return furnished(open_as)


def furnished(open_as: OpenAs) -> Any:
    page = open_as("designer", "/library")
    page.get_by_text("Nothing here yet").wait_for()
    for place, prompt in enumerate(PROMPTS):
        drawn(page, prompt, seed=100 + place)
    page.reload()
    expect(cells(page)).to_have_count(len(PROMPTS))
    return page


def cells(page: Any) -> Any:
    return page.locator("at-library .cell")


def prompts(page: Any) -> list[str]:
    labels = page.locator("at-library .picture")
    return [
        one.split(",")[0] for one in labels.evaluate_all("all => all.map(one => one.ariaLabel)")
    ]


def search(page: Any, text: str, count: int) -> None:
    page.get_by_label("Search: words").fill(text)
    page.keyboard.press("Enter")
    expect(cells(page)).to_have_count(count)


class TestFinding:
    def test_shows_the_newest_first_and_counts_them(self, library: Any) -> None:
        expect(library).to_have_title("Library · Atelier")
        assert prompts(library) == list(reversed(PROMPTS))
        library.get_by_text("5 images").wait_for()

    def test_a_search_stands_in_the_address_and_says_how_it_was_read(self, library: Any) -> None:
        library.keyboard.press("/")
        library.keyboard.type("coat ratio:banana")
        expect(cells(library)).to_have_count(2)
        wrong = library.locator(".chip.wrong")
        expect(wrong).to_contain_text("ratio:3:2")
        wrong.get_by_role("button", name="Remove ratio:banana").click()
        wrong.wait_for(state="detached")
        assert "q=coat" in library.url
        library.reload()
        expect(cells(library)).to_have_count(2)
        search(library, "nothing-like-it", 0)
        library.get_by_role("button", name="Clear search").click()
        expect(cells(library)).to_have_count(5)

    def test_a_facet_narrows_and_widens(self, library: Any) -> None:
        cells(library).first.locator(".picture").focus()
        library.keyboard.press("1")
        facet = library.locator(".facet", has_text="Approved")
        facet.click()
        expect(cells(library)).to_have_count(1)
        assert "status%3Aapproved" in library.url
        expect(facet).to_have_attribute("aria-pressed", "true")
        facet.click()
        expect(cells(library)).to_have_count(5)

    def test_equal_ones_but_for_the_seed_are_one_tile_with_their_number(self, library: Any) -> None:
        drawn(library, PROMPTS[0], seed=900)
        library.get_by_role("button", name="Show equal ones").click()
        expect(cells(library)).to_have_count(5)
        expect(cells(library).first.locator(".times")).to_have_text("2")
        assert "stacked=true" in library.url

    def test_who_only_looks_begins_with_what_was_approved(self, open_as: OpenAs) -> None:
        mira = open_as("marketing", "/library")
        mira.locator(".chip", has_text="status:approved").wait_for()
        mira.get_by_role("button", name="Remove status:approved").click()
        mira.get_by_text("Nothing here yet").wait_for()
        mira.reload()
        mira.get_by_text("What others show you in galleries appears here.").wait_for()
        assert mira.locator(".chip").count() == 0

    def test_a_failure_says_so_and_loads_again(self, library: Any) -> None:
        library.route("**/api/v1/library?**", lambda route: route.abort())
        library.reload()
        again = library.get_by_role("button", name="Load again")
        again.wait_for()
        library.unroute("**/api/v1/library?**")
        again.click()
        expect(cells(library)).to_have_count(5)


class TestKeys:
    def test_arrows_move_and_enter_opens_and_the_focus_comes_back(self, library: Any) -> None:
        cells(library).first.locator(".picture").focus()
        library.keyboard.press("ArrowRight")
        library.keyboard.press("Enter")
        viewer = library.get_by_role("dialog", name="Image viewer")
        expect(viewer.locator("aside .prompt")).to_have_text(PROMPTS[3])
        library.keyboard.press("ArrowRight")
        expect(viewer.locator("aside .prompt")).to_have_text(PROMPTS[2])
        library.keyboard.press("Escape")
        viewer.wait_for(state="detached")
        expect(cells(library).nth(2).locator(".picture")).to_be_focused()
        library.keyboard.press("End")
        expect(cells(library).last.locator(".picture")).to_be_focused()
        expect(library.locator("at-library .picture[tabindex='0']")).to_have_count(1)

    def test_star_and_status_are_one_key_each(self, library: Any) -> None:
        cells(library).first.locator(".picture").focus()
        library.keyboard.press("f")
        expect(cells(library).first.locator(".mark")).to_have_attribute("aria-pressed", "true")
        library.keyboard.press("3")
        cells(library).first.locator(".dot.in_review").wait_for()
        expect(cells(library).first.locator(".picture")).to_be_focused()
        search(library, "is:starred status:in_review", 1)

    def test_the_trash_gives_back(self, library: Any) -> None:
        cells(library).nth(1).locator(".picture").focus()
        library.keyboard.press("Delete")
        expect(cells(library)).to_have_count(4)
        library.get_by_role("button", name="Undo").click()
        expect(cells(library)).to_have_count(5)
        assert prompts(library) == list(reversed(PROMPTS))
        library.keyboard.press("Delete")
        expect(cells(library)).to_have_count(4)
        library.locator(".facet", has_text="Trash").click()
        expect(cells(library)).to_have_count(1)
        cells(library).first.locator(".check").click()
        library.get_by_role("button", name="Take out of the trash").click()
        library.get_by_text("The trash is empty").wait_for()
        search(library, "", 5)

    def test_the_trash_is_emptied_after_asking(self, library: Any) -> None:
        cells(library).nth(1).locator(".picture").focus()
        library.keyboard.press("Delete")
        expect(cells(library)).to_have_count(4)
        search(library, "is:trashed", 1)
        library.get_by_role("button", name="Empty the trash").click()
        library.get_by_role("button", name="Delete them for good").click()
        library.get_by_text("The trash is empty").wait_for()
        search(library, "", 4)


class TestSelecting:
    def test_one_a_range_and_all(self, library: Any) -> None:
        bar = library.get_by_role("toolbar", name="Selected images")
        cells(library).first.locator(".check").click()
        bar.get_by_text("1 selected").wait_for()
        cells(library).nth(2).locator(".picture").click(modifiers=["Shift"])
        bar.get_by_text("3 selected").wait_for()
        cells(library).nth(1).locator(".picture").click()
        bar.get_by_text("2 selected").wait_for()
        library.keyboard.press("Control+a")
        bar.get_by_text("5 selected").wait_for()
        library.keyboard.press("Escape")
        expect(bar).to_be_hidden()

    def test_says_the_same_of_all_of_them(self, library: Any) -> None:
        cells(library).first.locator(".picture").click(modifiers=["Control"])
        cells(library).nth(1).locator(".picture").click()
        bar = library.get_by_role("toolbar", name="Selected images")
        bar.get_by_role("button", name="Status").click()
        bar.get_by_role("button", name="Selected").click()
        expect(cells(library).locator(".dot.selected")).to_have_count(2)
        bar.get_by_role("button", name="Tags").click()
        bar.get_by_label("Add a tag").fill("spring 26")
        library.keyboard.press("Enter")
        library.locator(".toast", has_text="spring 26").wait_for()
        library.keyboard.press("Escape")
        search(library, 'tag:"spring 26" status:selected', 2)

    def test_puts_them_into_a_gallery(self, library: Any) -> None:
        gallery = tell(library, "/galleries", {"name": "Spring"})["id"]
        for place in (0, 2):
            cells(library).nth(place).locator(".check").click()
        bar = library.get_by_role("toolbar", name="Selected images")
        bar.get_by_role("button", name="Add to gallery").click()
        dialog = library.get_by_role("dialog", name="Add 2 images to a gallery")
        dialog.get_by_role("button", name="Spring").click()
        library.locator(".toast", has_text="Added to Spring").wait_for()
        dialog.wait_for(state="detached")
        bar.get_by_text("2 selected").wait_for()
        held = tell(library, f"/library?q=gallery:{gallery}", method="GET")["items"]
        assert [one["parameters"]["prompt"] for one in held] == [PROMPTS[4], PROMPTS[2]]

    def test_compares_them(self, library: Any) -> None:
        for place in range(3):
            cells(library).nth(place).locator(".check").click()
        library.get_by_role("button", name="Compare", exact=True).click()
        both = library.get_by_role("dialog", name="Compare images")
        expect(both.locator(".stage")).to_have_count(3)
        expect(both.locator(".diff thead th")).to_have_count(4)
        library.keyboard.press("Escape")
        both.wait_for(state="detached")
        library.get_by_text("3 selected").wait_for()


class TestViewer:
    def test_status_tags_and_trash_from_inside(self, library: Any) -> None:
        cells(library).first.locator(".picture").click()
        viewer = library.get_by_role("dialog", name="Image viewer")
        viewer.get_by_role("button", name="Approved").wait_for()
        library.keyboard.press("1")
        expect(viewer.get_by_role("button", name="Approved")).to_have_attribute(
            "aria-pressed", "true"
        )
        viewer.get_by_label("Add a tag").fill("linen")
        library.keyboard.press("Enter")
        viewer.locator(".tags .chip", has_text="linen").wait_for()
        viewer.locator("aside .prompt").click()
        library.keyboard.press("Delete")
        expect(viewer.locator("aside .prompt")).to_have_text(PROMPTS[3])
        viewer.get_by_role("button", name="Undo").click()
        expect(viewer.locator("aside .prompt")).to_have_text(PROMPTS[4])
        library.keyboard.press("Escape")
        expect(cells(library)).to_have_count(5)
        expect(cells(library).first.locator(".dot.approved")).to_have_count(1)

    def test_a_permalink_leads_here(self, library: Any) -> None:
        [newest] = tell(library, "/library?limit=1", method="GET")["items"]
        library.goto(f"/i/{newest['id']}")
        viewer = library.get_by_role("dialog", name="Image viewer")
        expect(viewer.locator("aside .prompt")).to_have_text(PROMPTS[4])
        assert "/library?image=" in library.url

    def test_where_an_image_comes_from(self, library: Any, scripted_studio: ScriptedStudio) -> None:
        child, parent = tell(library, "/library?limit=2", method="GET")["items"]
        context: Context = scripted_studio.app.state.context
        be_made_from(context, child["id"], parent["id"])
        library.goto(f"/library?image={child['id']}")
        viewer = library.get_by_role("dialog", name="Image viewer")
        viewer.get_by_role("button", name=f"Made from: {PROMPTS[3]}").click()
        expect(viewer.locator("aside .prompt")).to_have_text(PROMPTS[3])
        viewer.get_by_role("button", name=f"Made of this one: {PROMPTS[4]}").wait_for()


class TestSearches:
    def test_one_is_kept_found_pinned_and_forgotten(self, library: Any) -> None:
        search(library, "coat", 2)
        menu = library.locator("button.saved")
        menu.click()
        library.get_by_role("button", name="Keep this search").click()
        library.get_by_label("Name").fill("Coats <b>")
        library.keyboard.press("Enter")
        library.locator(".toast", has_text="Search kept").wait_for()
        library.get_by_role("dialog").wait_for(state="detached")
        search(library, "", 5)
        menu.click()
        library.get_by_role("button", name="Coats <b>").click()
        expect(cells(library)).to_have_count(2)
        menu.click()
        library.get_by_role("button", name="Arrange searches").click()
        library.get_by_role("button", name="Pin Coats <b>").click()
        library.get_by_role("button", name="Unpin Coats <b>").wait_for()
        library.get_by_role("button", name="Delete Coats <b>").click()
        library.get_by_role("button", name="Unpin Coats <b>").wait_for(state="detached")


class TestMany:
    def test_thousands_are_reached_with_few_in_the_document(
        self, library: Any, scripted_studio: ScriptedStudio
    ) -> None:
        [newest] = tell(library, "/library?limit=1", method="GET")["items"]
        crowd(scripted_studio.app.state.context, newest["id"], MANY)
        library.set_default_timeout(120_000)
        library.goto("/library")
        cells(library).nth(59).wait_for()
        most = library.evaluate(TO_THE_END)
        assert most["reached"] == MANY + len(PROMPTS)
        assert most["mounted"] <= MOST_MOUNTED
        library.evaluate("() => scrollTo(0, document.documentElement.scrollHeight / 2)")
        middle = library.evaluate(SEEN)
        library.evaluate("() => scrollTo(0, 0)")
        cells(library).locator("nth=0").wait_for()
        library.evaluate("() => scrollTo(0, document.documentElement.scrollHeight / 2)")
        assert library.evaluate(SEEN) == middle


SEEN = """async () => {
  await new Promise(requestAnimationFrame);
  await new Promise(requestAnimationFrame);
  return document.querySelector("at-library").shadowRoot.elementFromPoint(700, 400).closest(".cell").dataset.id;
}"""


def be_made_from(context: Context, child: str, parent: str) -> None:
    with context.database.write() as session:
        session.get_one(Image, child).parent_id = parent


def test_saves_what_is_selected_as_a_zip(library: Any) -> None:
    cells(library).first.locator(".check").click()
    with library.expect_download() as saved:
        library.get_by_role("button", name="Zip").click()
    names = ZipFile(BytesIO(saved.value.path().read_bytes())).namelist()
    assert "metadata.csv" in names


@pytest.mark.parametrize("width", [360, 1000, 1280])
def test_fits_the_window(open_as: OpenAs, width: int) -> None:
    page = open_as("admin", "/library", width=width, locale="es-ES")
    page.locator("at-library .empty, at-library .cell").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
