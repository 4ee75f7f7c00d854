"""The months of what is found, and beginning with one of them; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from backend.kit.ids import birth_of, earliest_id
from tests.backend.library.conftest import API, Library


def _made(
    library: Library, year: int, month: int, prompt: str = "a red dress", day: int = 1
) -> str:
    """Add an image of a moment; its id says when."""
    return library.image(prompt, id=earliest_id(datetime(year, month, day, tzinfo=UTC)))


@pytest.fixture
def years(library: Library) -> list[str]:
    """Dana's images of two years, the newest first."""
    oldest_first = [
        _made(library, 2025, 1),
        _made(library, 2025, 12, day=31),
        _made(library, 2026, 2, "a coat"),
        _made(library, 2026, 2, day=28),
    ]
    return oldest_first[::-1]


def test_an_id_says_when_it_was_made() -> None:
    moment = datetime(2026, 11, 22, 10, 30, 0, 250_000, tzinfo=UTC)
    assert birth_of(earliest_id(moment)) == moment


def test_reach_from_the_newest_image_that_is_looked_for_to_the_oldest(
    library: Library, years: list[str]
) -> None:
    assert years
    whole = library.get("/months")
    assert (whole[:3], whole[-1], len(whole)) == (["2026-02", "2026-01", "2025-12"], "2025-01", 14)
    assert library.get("/months", q="coat") == ["2026-02"]
    assert library.get("/months", q="nothing") == []
    assert library.get("/months", library.eli) == []


def test_one_begins_with_any_of_them_and_goes_on(library: Library, years: list[str]) -> None:
    assert library.find(until="2026-02") == years
    assert library.find(until="2025-12") == years[2:]
    assert library.find(until="2025-11") == years[3:]
    assert library.find("dress", until="2025-12") == years[2:]
    assert library.find(until="2024-12") == []
    assert library.find(until="2025-12", stacked=True) == []  # all three are of one newer stack
    first = library.page(until="2025-12", limit=1)
    assert library.find(until="2025-12", limit=1, cursor=first["next_cursor"]) == years[3:]


@pytest.mark.parametrize("month", ["2026-13", "2026", "soon", "1026-01"])
def test_only_a_month_is_one(library: Library, month: str) -> None:
    answer = library.browser(library.dana).get(API, params={"until": month})
    assert answer.status_code == 422
