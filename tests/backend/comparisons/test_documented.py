"""What docs/api.md shows of grids, canaries, comparisons and votes does what it says."""

from __future__ import annotations

from typing import Final

import pytest

from tests.fixtures.app import Studio
from tests.fixtures.documented import command, commands
from tests.fixtures.scripted import CARD

SECTION: Final = "Side by side"
MODELS: Final = ("atelier-mini", "sdxl")


@pytest.fixture
def asked(studio: Studio) -> Studio:
    studio.inference.cards = [CARD.model_copy(update={"name": name}) for name in MODELS]
    return studio


def test_a_canary_draws_for_some(asked: Studio) -> None:
    told = command(SECTION, "canary").ask(asked.actors.browser("admin"))
    assert (told["name"], told["stage"], told["share"]) == ("sdxl", "canary", 5)


def test_two_models_are_compared_and_voted_on(asked: Studio) -> None:
    admin, voter = asked.actors.browser("admin"), asked.actors.browser()
    read, vote = [one for one in commands(SECTION) if one.about == "vote"]
    comparison = command(SECTION, "comparison").ask(admin)["id"]
    for row in admin.get("/api/v1/generations").json()["items"]:
        admin.get(row["urls"]["events"]).raise_for_status()
    (pair,) = read.ask(voter, COMPARISON_ID=comparison)["pairs"]
    vote.ask(voter, COMPARISON_ID=comparison, PAIR_ID=pair["id"])
    (pair,) = read.ask(voter, COMPARISON_ID=comparison)["pairs"]
    assert pair["choice"] == "left"


def test_three_settings_are_priced_and_drawn(asked: Studio) -> None:
    dana = asked.actors.program("designer")
    ask_price, submit = [one for one in commands(SECTION) if one.about == "grid"]
    price, grid = ask_price.ask(dana), submit.ask(dana)
    assert (price["columns"], price["rows"], price["sheets"], price["total"]) == (2, 2, 2, 8)
    charged = sum(cell["generation"]["credits"] for cell in grid["cells"])
    assert charged == pytest.approx(price["credits"])
    for number in range(grid["sheets"]):
        sheet = dana.get(f"/api/v1/grids/{grid['id']}/sheet", params={"z": number})
        assert sheet.headers["content-type"] == "image/png"
