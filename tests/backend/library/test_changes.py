"""What is changed, by whom, and what is refused; over HTTP and on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from backend.galleries.schemas import MemberRole, Visibility
from backend.images.models import Image
from backend.images.schemas import Status
from backend.kit.clock import utc_now
from backend.library import index
from backend.library.schemas import MOST_TAGS
from tests.backend.library.conftest import API, Library


def reasons(answer: Any) -> list[str]:
    return [one["reason"] for one in answer["refused"]]


class TestStatus:
    def test_is_set_and_written_down_once(self, library: Library) -> None:
        one, two = library.image(), library.image(status=Status.APPROVED)
        assert library.change(one, two, one, status="approved") == {
            "changed": [one, two],
            "refused": [],
        }
        assert library.find("status:approved") == [two, one]
        (entry,) = library.studio.audited(f"image:{one}")
        assert (entry.verb, entry.actor_id) == ("image.status", library.dana.id)
        assert entry.detail == {"from": "draft", "to": "approved"}
        assert library.studio.audited(f"image:{two}") == []

    @pytest.mark.parametrize(
        ("role", "may"),
        [(MemberRole.EDITOR, True), (MemberRole.COMMENTER, False), (MemberRole.VIEWER, False)],
    )
    def test_is_set_by_who_edits_a_gallery_of_it(
        self, library: Library, role: MemberRole, *, may: bool
    ) -> None:
        it = library.image()
        library.gallery(it, visibility=Visibility.PRIVATE, members={library.eli.id: role})
        assert library.get(f"/{it}", library.eli)["can_curate"] is may
        answer = library.change(it, user=library.eli, status="selected", add_tags=["linen"])
        assert answer["changed"] == ([it] if may else [])
        assert library.find("status:selected tag:linen") == ([it] if may else [])

    def test_is_set_by_the_owner_of_a_gallery_of_it(self, library: Library) -> None:
        it = library.image()
        library.gallery(it, name="shown")
        library.gallery(it, name="theirs", owner=library.eli)
        assert library.change(it, user=library.eli, status="selected")["changed"] == [it]

    def test_of_what_is_hidden_looks_as_if_it_were_not_there(self, library: Library) -> None:
        it = library.image()
        for change in ({"status": "approved"}, {"starred": True}, {"trashed": True}):
            answer = library.change(it, "nosuch", user=library.eli, **change)
            assert answer["changed"] == []
            said = [one["reason"].replace(one["id"], "") for one in answer["refused"]]
            assert said[0] == said[1]
        assert library.find("status:draft") == [it]


class TestTags:
    def test_are_put_on_and_taken_off_and_found_at_once(self, library: Library) -> None:
        it = library.image("a dress")
        library.change(it, add_tags=["Spring 26", "spring-26", "Linen"])
        assert library.get(f"/{it}")["tags"] == ["Spring 26", "Linen"]
        assert library.find("linen") == library.find('"spring 26"') == [it]
        library.change(it, remove_tags=["LINEN", "nosuch"])
        assert library.get(f"/{it}")["tags"] == ["Spring 26"]
        assert library.find("linen") == []
        assert library.find("dress spring") == [it]

    def test_are_limited(self, library: Library) -> None:
        it = library.image(tags=[f"t{number}" for number in range(MOST_TAGS)])
        assert "at most" in reasons(library.change(it, add_tags=["more"]))[0]
        assert library.change(it, add_tags=["T1"])["changed"] == [it]
        assert library.change(it, add_tags=["more"], remove_tags=["t1"])["changed"] == [it]

    def test_have_a_letter(self, library: Library) -> None:
        body = {"image_ids": ["a"], "add_tags": ["--"]}
        assert library.browser(library.dana).post(f"{API}/changes", json=body).status_code == 422

    def test_are_suggested_by_how_they_begin(self, library: Library) -> None:
        library.image(tags=["Linen", "wool"])
        library.image(tags=["linen", "Línea"])
        told = library.get("/suggestions", kind="tag", prefix="LIN")
        assert [(one["value"], one["count"]) for one in told] == [("Linen", 2), ("Línea", 1)]


class TestStars:
    def test_are_one_persons_own(self, library: Library) -> None:
        it = library.image()
        library.gallery(it)
        for _ in range(2):
            assert library.change(it, user=library.eli, starred=True)["changed"] == [it]
        assert library.find("is:starred", library.eli) == [it]
        assert library.get(f"/{it}", library.eli)["starred"]
        assert not library.get(f"/{it}")["starred"]
        library.change(it, user=library.eli, starred=False)
        assert library.find("is:starred", library.eli) == []


class TestTrash:
    def test_hides_an_image_and_gives_it_back(self, library: Library) -> None:
        it = library.image()
        library.gallery(it)
        library.change(it, trashed=True)
        assert library.find() == library.find(user=library.eli) == []
        assert library.find("is:trashed dress") == [it]
        assert library.get(f"/{it}")["trashed_at"]
        assert "trash" in reasons(library.change(it, status="approved"))[0]
        library.change(it, trashed=False)
        assert library.find() == library.find(user=library.eli) == [it]
        assert [one.verb for one in library.studio.audited(f"image:{it}")] == [
            "image.trash",
            "image.restore",
        ]

    def test_is_the_owners_alone(self, library: Library) -> None:
        it = library.image()
        library.gallery(it, members={library.eli.id: MemberRole.EDITOR})
        assert "owner" in reasons(library.change(it, user=library.eli, trashed=True))[0]
        assert library.find() == [it]


class TestWhatIsAsked:
    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"image_ids": ["a"]},
            {"image_ids": [], "starred": True},
            {"image_ids": ["a"] * 501, "starred": True},
            {"image_ids": ["A b"], "starred": True},
            {"image_ids": ["a"], "status": "good"},
            {"image_ids": ["a"], "add_tags": ["x" * 41]},
            {"image_ids": ["a"], "starred": True, "more": 1},
        ],
    )
    def test_has_limits(self, library: Library, body: Any) -> None:
        assert library.browser(library.dana).post(f"{API}/changes", json=body).status_code == 422

    def test_may_change_nothing_with_a_key_that_may_look_only(self, library: Library) -> None:
        it = library.image()
        key = library.studio.actors.program(user=library.dana, scopes=["browse"])
        body = {"image_ids": [it], "starred": True}
        assert key.post(f"{API}/changes", json=body).status_code == 403
        assert key.get(API).json()["items"][0]["id"] == it


class TestIndex:
    def test_forgets_an_image_with_its_row(self, library: Library) -> None:
        it = library.image("a canaryword")
        with library.database.write() as session:
            session.delete(session.get_one(Image, it))
        with library.database.write() as session:
            index.forget_removed(session)
        assert library.find("canaryword") == []
        if library.database.is_sqlite:
            with library.database.read() as session:
                blocks = session.execute(text("SELECT block FROM search_index_data")).scalars()
                assert not any(b"canaryword" in block for block in blocks)

    def test_agrees_with_what_it_indexes(self, library: Library) -> None:
        for word in ("red", "blue"):
            it = library.image(f"a {word} dress", tags=["linen"])
            library.change(it, add_tags=[word], remove_tags=["linen"])
        if library.database.is_sqlite:
            with library.database.write() as session:  # raises where they differ
                check = "INSERT INTO search_index(search_index, rank) VALUES ('integrity-check', 1)"
                session.execute(text(check))
        assert library.find("tag:red red") == library.find("red")


class TestSearches:
    def test_are_kept_changed_and_forgotten(self, library: Library) -> None:
        dana, at = library.browser(library.dana), f"{API}/searches"
        one = dana.post(at, json={"name": " Linen ", "query": "tag:linen"}).json()
        two = dana.post(at, json={"name": "New", "query": "after:7d", "pinned": True}).json()
        assert [each["name"] for each in dana.get(at).json()] == ["New", "Linen"]
        dana.patch(f"{at}/{two['id']}", json={"pinned": False, "name": "Week"})
        assert [each["name"] for each in dana.get(at).json()] == ["Linen", "Week"]
        assert dana.delete(f"{at}/{one['id']}").status_code == 204
        assert [each["query"] for each in dana.get(at).json()] == ["after:7d"]

    def test_are_as_many_as_one_may_keep(self, library: Library) -> None:
        dana, at = library.browser(library.dana), f"{API}/searches"
        kept = [dana.post(at, json={"name": "n", "query": ""}).status_code for _ in range(101)]
        assert kept == [201] * 100 + [409]


class TestFacets:
    def test_count_what_is_found(self, library: Library) -> None:
        one = library.image(status=Status.APPROVED, tags=["linen"], look={"width": 384})
        library.image(tags=["Linen"], look={"model": "vega"})
        library.image("a coat")
        library.gallery(one)
        told = library.get("/facets", q="dress")
        counts = {
            name: {one["value"]: one["count"] for one in told[name]}
            for name in ("status", "model", "by", "gallery", "tag", "ratio", "month")
        }
        assert (told["total"], told["complete"]) == (2, True)
        assert counts == {
            "status": {"approved": 1, "draft": 1},
            "model": {"atelier-mini": 1, "vega": 1},
            "by": {"Dana": 2},
            "gallery": {"Spring 26": 1},
            "tag": {"Linen": 2},
            "ratio": {"3:2": 1, "1:1": 1},
            "month": {f"{utc_now():%Y-%m}": 2},
        }
