"""An emergency, as people meet it: a model is stopped and lifted, and an image leaves everybody's open pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlmodel import col, select

from backend.comparisons.models import ComparisonPair, ComparisonVote
from backend.images.models import Image
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.stops.models import EmergencyStop
from inference.protocol import ModelCard
from tests.browser.conftest import ScriptedStudio, tell
from tests.fixtures.scripted import CARD

pytestmark = [pytest.mark.browser, pytest.mark.serial]
OpenAs = Callable[..., Any]
WITHIN_MS = 5_000
WHY = "It draws what it should not."


@pytest.fixture
def admin(open_as: OpenAs, context: Context) -> Iterator[Any]:
    """An administrator on System; whatever they stopped is lifted at the end."""
    page = open_as("admin", "/system")
    page.get_by_text("Nothing is stopped.").wait_for()
    yield page
    with context.database.write() as session:
        for stop in session.exec(select(EmergencyStop)):
            stop.lifted_at = stop.lifted_at or utc_now()


def stop_it(page: Any, scope: str, reason: str = WHY) -> Any:
    page.get_by_role("button", name="Stop something").click()
    form = page.get_by_role("dialog", name="Stop something")
    form.get_by_label(scope).check()
    form.get_by_label("Why", exact=True).fill(reason)
    return form


class TestStopping:
    def test_a_model_is_stopped_with_a_count_first_told_on_every_page_and_lifted(
        self, admin: Any, designer: Any
    ) -> None:
        form = stop_it(admin, "One model")
        expect(form.get_by_label("Which one")).to_have_value(CARD.name)
        expect(form.get_by_role("status")).to_contain_text("0 waiting and 0 running")
        form.get_by_role("button", name="Stop at once").click()
        row = admin.locator(".stop-of")
        expect(row).to_contain_text(WHY)
        expect(row).to_contain_text(f"Model {CARD.name}")
        told = designer.locator("at-notice").get_by_text(f"{CARD.name} is stopped")
        expect(told).to_be_visible(timeout=WITHIN_MS)
        refused = designer.request.post(
            "/api/v1/generations",
            data={"prompt": "a hat"},
            headers={"sec-fetch-site": "same-origin"},
        )
        assert (refused.status, WHY in refused.json()["detail"]) == (422, True)
        row.get_by_role("button", name="Lift").click()
        admin.get_by_role("button", name="Lift it").click()
        expect(admin.get_by_text("Nothing is stopped.")).to_be_visible()
        expect(told).to_be_hidden(timeout=WITHIN_MS)
        tell(designer, "/generations", {"prompt": "a hat"})
        admin.get_by_text("Lifted lately").click()
        expect(admin.locator(".lately li").first).to_contain_text(WHY)

    def test_it_asks_for_a_reason(self, admin: Any) -> None:
        form = stop_it(admin, "All drawing", " ")
        expect(form.get_by_label("Which one")).to_be_hidden()
        form.get_by_role("button", name="Stop at once").click()
        expect(form.get_by_text("Say why in a few words")).to_be_visible()
        form.get_by_role("button", name="Leave it").click()

    def test_a_category_is_stopped_and_what_was_released_of_it_is_swept(
        self, admin: Any, designer: Any
    ) -> None:
        image = drawn(designer, "a dress with motif")
        flags = tell(admin, "/moderation/flags?limit=100", method="GET")["items"]
        [flag] = [one["id"] for one in flags if one["image_id"] == image]
        tell(admin, f"/moderation/flags/{flag}/review", {"decision": "release"})
        form = stop_it(admin, "One category")
        form.get_by_label("Which one").select_option("restricted")
        form.get_by_label("Also take down these").check()
        form.get_by_role("button", name="Stop at once").click()
        expect(admin.locator(".stop-of")).to_contain_text("Something that the safety check")
        told = tell(designer, f"/images/{image}", method="GET")
        assert (told["moderation"], told["reason"]) == ("held", f"Taken down: {WHY}")


def drawn(page: Any, prompt: str, gallery: str = "") -> str:
    made = tell(page, f"/generations{gallery and f'?gallery={gallery}'}", {"prompt": prompt})
    page.request.get(f"/api/v1/generations/{made['id']}/events").text()
    told = tell(page, f"/generations/{made['id']}", method="GET")
    return str(told["images"][0]["id"])


class TestTakingDown:
    def test_an_image_leaves_everybodys_open_pages(self, designer: Any, open_as: OpenAs) -> None:
        shared = tell(designer, "/galleries", {"name": "Spring", "visibility": "everyone"})["id"]
        image, other = drawn(designer, "a red dress", shared), drawn(designer, "a hat", shared)
        tile = f'[data-id="{image}"], img[src*="{image}"]'
        eli = open_as("designer", f"/galleries?id={shared}")
        tiles = eli.locator("at-library [role=gridcell]")
        expect(tiles).to_have_count(2)
        ada = open_as("admin", f"/library?image={image}")
        ada.get_by_role("button", name="Take down").click()
        form = ada.get_by_role("dialog", name="Take down")
        expect(form).to_contain_text("Galleries that show it: 1; share links: 0")
        form.get_by_label("Category").select_option("restricted")
        form.get_by_label("Why", exact=True).fill("It shows a real person.")
        form.get_by_role("button", name="Take down (1)").click()
        expect(tiles).to_have_count(1, timeout=WITHIN_MS)
        expect(eli.locator(tile)).to_have_count(0)
        assert eli.request.get(f"/api/v1/images/{image}/content").status == 404
        assert eli.request.get(f"/api/v1/images/{other}/content").status == 200

    def test_whoever_looks_at_it_is_shown_the_next_one(
        self, designer: Any, open_as: OpenAs
    ) -> None:
        shared = tell(designer, "/galleries", {"name": "Spring", "visibility": "everyone"})["id"]
        image = drawn(designer, "a red dress", shared)
        drawn(designer, "a hat", shared)
        eli = open_as("designer", f"/library?image={image}")
        viewer = eli.get_by_role("dialog")
        expect(viewer.locator(".prompt")).to_have_text("a red dress")
        expect(viewer.get_by_role("button", name="Take down")).to_be_hidden()
        ada = open_as("admin", "/system")
        tell(ada, f"/images/{image}/takedown", {"category": "restricted", "reason": "A drill."})
        expect(eli.locator(f'img[src*="{image}"]')).to_have_count(0, timeout=WITHIN_MS)

    def test_what_stands_beside_another_goes_and_the_other_stays(
        self, designer: Any, open_as: OpenAs
    ) -> None:
        shared = tell(designer, "/galleries", {"name": "Spring", "visibility": "everyone"})["id"]
        image, other = drawn(designer, "a red dress", shared), drawn(designer, "a hat", shared)
        eli = open_as("designer", f"/galleries?id={shared}")
        eli.locator("at-library [role=gridcell] .picture").first.click()
        eli.get_by_role("dialog", name="Image viewer").wait_for()
        for key in ("c", "ArrowRight", "c"):
            eli.keyboard.press(key)
        compare = eli.get_by_role("dialog", name="Compare images")
        expect(compare.locator(".layer img")).to_have_count(2)
        take_down(open_as, image)
        expect(compare.locator(f'img[src*="{image}"]')).to_have_count(0, timeout=WITHIN_MS)
        expect(compare.locator(f'img[src*="{other}"]')).to_have_count(1)
        expect(compare.locator(".withheld")).to_have_text("This image cannot be shown.")
        compare.get_by_role("button", name="Side by side").click()
        expect(compare.locator(".layer img")).to_have_count(1)

    def test_a_pair_that_is_voted_on_goes_and_the_next_one_follows(
        self, open_as: OpenAs, scripted_studio: ScriptedStudio, context: Context
    ) -> None:
        vega = CARD.model_copy(update={"name": "vega", "title": "Vega"})
        with offering(scripted_studio, CARD, vega):
            ada = open_as("admin", "/account")
            wanted = {"models": [CARD.name, "vega"], "prompts": ["a hat", "a coat"], "seed": 1}
            comparison = tell(ada, "/comparisons", wanted)["id"]
            mine = until_drawn(ada, context, comparison)
            eli = open_as("designer", f"/vote?of={comparison}")
            page = eli.locator("at-vote")
            expect(page.locator(".pair img")).to_have_count(2)
            shown = page.locator(".prompt").inner_text()
            take_down(open_as, mine[shown])
            expect(page.locator(".pair img")).to_have_count(0, timeout=WITHIN_MS)
            expect(page.get_by_role("heading", name="This image cannot be shown.")).to_be_visible()
            eli.keyboard.press("1")  # nothing is voted on
            page.get_by_role("button", name="Go on").click()
            expect(page).to_contain_text("1 of 1")
            expect(page.locator(".prompt")).not_to_have_text(shown)
            with context.database.read() as session:
                assert session.exec(select(ComparisonVote)).all() == []


def take_down(open_as: OpenAs, image: str) -> None:
    ada = open_as("admin", "/account")
    tell(ada, f"/images/{image}/takedown", {"category": "restricted", "reason": "A drill."})


@contextmanager
def offering(studio: ScriptedStudio, *cards: ModelCard) -> Iterator[None]:
    """Have the studio offer these models meanwhile."""
    before, studio.inference.cards = studio.inference.cards, list(cards)
    studio.app.state.catalog._asked_at = float("-inf")
    yield
    studio.inference.cards = before
    studio.app.state.catalog._asked_at = float("-inf")


def until_drawn(page: Any, context: Context, comparison: str) -> dict[str, str]:
    """Wait until a comparison can be voted on; return the first image of each pair, by its prompt."""
    told: Any = {"drawing": 1}
    while told["drawing"]:
        told = tell(page, f"/comparisons/{comparison}", method="GET")["pairs"]
    with context.database.read() as session:
        rows = session.exec(
            select(ComparisonPair, Image)
            .join(Image, col(Image.generation_id) == col(ComparisonPair.first_id))
            .where(ComparisonPair.comparison_id == comparison)
        )
        return {pair.prompt: image.id for pair, image in rows}
