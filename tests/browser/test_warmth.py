"""Under Generate stands that the model which draws has to be loaded, or is being; nothing once it is warm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from inference.protocol import Warmth
from tests.browser.conftest import ScriptedStudio
from tests.fixtures.scripted import CARD

pytestmark = [pytest.mark.browser, pytest.mark.serial]


@pytest.fixture
def is_now(scripted_studio: ScriptedStudio) -> Iterator[Callable[..., None]]:
    """Have the model be as warm as that: `is_now(Warmth.COLD, load_seconds=40)`."""
    catalog = scripted_studio.app.state.catalog

    def change(warmth: Warmth, load_seconds: float | None = None) -> None:
        update = {"warmth": warmth, "load_seconds": load_seconds}
        scripted_studio.inference.cards = [CARD.model_copy(update=update)]
        catalog._asked_at = float("-inf")

    yield change
    change(Warmth.WARM)


def test_it_is_said_until_it_is_warm(
    open_as: Callable[..., Any], is_now: Callable[..., None]
) -> None:
    is_now(Warmth.COLD, 39.6)
    page = open_as("designer")
    line = page.locator("at-composer [role=status]").filter(has_text="Scripted")
    expect(line).to_have_text(
        "Scripted is not loaded: the first image waits until it is, about 40 s."
    )
    is_now(Warmth.LOADING)
    expect(line).to_have_text("Scripted is being loaded.")
    is_now(Warmth.WARM, 39.6)
    expect(line).to_have_count(0)


def test_in_spanish(open_as: Callable[..., Any], is_now: Callable[..., None]) -> None:
    is_now(Warmth.LOADING, 0.2)
    page = open_as("designer", locale="es-ES", width=360, height=740)
    expect(page.get_by_text("Scripted se está cargando, unos 1 s.")).to_be_visible()
