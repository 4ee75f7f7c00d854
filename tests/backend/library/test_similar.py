"""Images that look alike, as the library finds and shows them."""

from __future__ import annotations

import pytest

from backend.kit.clock import utc_now
from tests.backend.library.conftest import API, Library


class TestSimilar:
    def test_are_shown_with_how_alike_they_are(self, library: Library) -> None:
        asked = library.image(seen_at=(1, 0, 0))
        near = library.image("a coat", seen_at=(1, 0.1, 0), tags=["linen"])
        far = library.image(seen_at=(1, 1, 0))
        library.image(seen_at=(-1, 0, 0))
        found = library.get(f"/{asked}/similar")
        assert [one["image"]["id"] for one in found] == [near, far]
        assert found[0]["score"] == pytest.approx(0.995, abs=0.001)
        assert found[0]["image"]["tags"] == ["linen"]
        assert len(library.get(f"/{asked}/similar", limit=1)) == 1

    def test_of_an_image_that_nobody_looked_at_are_none(self, library: Library) -> None:
        assert library.get(f"/{library.image()}/similar") == []

    def test_of_others_are_shown_once_a_gallery_shows_them(self, library: Library) -> None:
        asked = library.image(seen_at=(1, 0, 0), owner=library.eli)
        hers = library.image(seen_at=(1, 0.1, 0))
        assert library.get(f"/{asked}/similar", library.eli) == []
        library.gallery(hers)
        (found,) = library.get(f"/{asked}/similar", library.eli)
        assert found["image"]["id"] == hers

    def test_of_what_is_not_to_be_seen_are_not_told(self, library: Library) -> None:
        hers = library.image(seen_at=(1, 0, 0))
        library.image(seen_at=(1, 0, 0), owner=library.eli)
        answer = library.browser(library.eli).get(f"{API}/{hers}/similar")
        assert answer.status_code == 404
        assert library.find(f"like:{hers}", library.eli) == []


class TestTerms:
    def test_like_finds_what_is_alike_and_the_image_itself(self, library: Library) -> None:
        asked = library.image("a hat", seen_at=(1, 0, 0))
        near = library.image("a coat", seen_at=(1, 0.1, 0))
        library.image(seen_at=(-1, 0, 0))
        assert library.find(f"like:{asked}") == [near, asked]
        assert library.find(f"like:{asked} coat") == [near]
        assert library.find(f"-like:{asked} coat") == []

    def test_duplicate_finds_the_same_picture_twice(self, library: Library) -> None:
        twins = [library.image(seen_at=(1, 0, 0)) for _ in range(2)]
        library.image(seen_at=(1, 0.1, 0))
        assert library.find("is:duplicate") == twins[::-1]
        library.change(twins[0], trashed=True)
        assert library.find("is:duplicate") == []

    def test_duplicate_knows_nothing_of_others(self, library: Library) -> None:
        library.image(seen_at=(1, 0, 0), owner=library.eli, created_at=utc_now())
        library.image(seen_at=(1, 0, 0))
        assert library.find("is:duplicate") == []
