"""What is found, by whom, and in which order; over HTTP and on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backend.galleries.schemas import Visibility
from backend.images.schemas import Moderation, Status
from backend.kit.clock import utc_now
from tests.backend.library.conftest import API, Library


class TestWords:
    def test_find_what_has_all_of_them(self, library: Library) -> None:
        both = library.image("a red striped dress")
        library.image("a red coat")
        assert library.find("striped red") == [both]
        assert library.find("red blue") == []

    @pytest.mark.parametrize("asked", ["café", "CAFE", "Cafe\u0301", "ＣＡＦＥ"])
    def test_do_not_mind_case_and_accents(self, library: Library, asked: str) -> None:
        found = library.image("a Café in Straße 5")
        assert library.find(asked) == [found]
        assert library.find("strasse 5") == [found]

    def test_find_a_word_whole_unless_it_goes_on(self, library: Library) -> None:
        found = library.image("dresses")
        assert library.find("dress") == []
        assert library.find("dress*") == [found]
        assert library.find("dresses*") == [found]

    def test_side_by_side_are_a_phrase(self, library: Library) -> None:
        found = library.image("a red striped dress")
        other = library.image("a striped red dress")
        assert library.find('"red striped"') == [found]
        assert library.find("red-striped") == [found]
        assert library.find("red striped") == [other, found]
        assert library.find('"red striped dre"') == []

    def test_no_phrase_reaches_from_the_prompt_into_a_tag(self, library: Library) -> None:
        found = library.image("a red dress", tags=["linen", "spring 26"])
        assert library.find("linen dress") == [found]
        assert library.find('"spring 26"') == [found]
        assert library.find('"dress linen"') == library.find('"linen spring"') == []

    def test_with_a_minus_are_not_there(self, library: Library) -> None:
        red = library.image("a red striped dress")
        blue = library.image("a blue striped dress")
        assert library.find("dress -red") == [blue]
        assert library.find('-"blue striped"') == [red]
        assert library.find("-striped") == []

    @pytest.mark.parametrize("prompt", ["連衣裙", "платье из льна", "x' OR 1=1 --", '"*NEAR(a)^'])
    def test_of_any_writing_find_their_image(self, library: Library, prompt: str) -> None:
        found = library.image(prompt)
        library.image("a dress")
        assert library.find(prompt) == [found]

    def test_of_another_writing_are_found_by_a_part(self, library: Library) -> None:
        found = library.image("紅色連衣裙")
        assert library.find("連衣裙") == [found]
        assert library.find("裙衣") == []

    def test_that_the_database_would_cut_up_are_found(self, library: Library) -> None:
        for text in ("1e5abc", "v2.5", "12-34", "a_b", "3d", "half-day@example.com", "1e400"):
            found = library.image(text)
            assert library.find(text) == [found], text


class TestFilters:
    def test_by_status(self, library: Library) -> None:
        approved = library.image(status=Status.APPROVED)
        review = library.image(status=Status.IN_REVIEW)
        draft = library.image()
        assert library.find("status:approved") == [approved]
        assert library.find("status:approved status:in-review") == [review, approved]
        assert library.find("-status:draft") == [review, approved]
        assert library.find("status:aproved") == [draft, review, approved]

    def test_by_model_seed_and_ratio(self, library: Library) -> None:
        plain = library.image()
        wide = library.image(look={"model": "vega", "seed": 77, "width": 384, "height": 256})
        assert library.find("model:vega") == library.find("seed:77") == [wide]
        assert library.find("ratio:3:2") == library.find("ratio:6x4") == [wide]
        assert library.find("ratio:landscape") == library.find("-ratio:square") == [wide]
        assert library.find("-model:vega") == [plain]
        assert library.find("dress model:vega -blue seed:77") == [wide]
        assert library.find("dress -seed:77 -striped") == [plain]

    def test_by_tag(self, library: Library) -> None:
        found = library.image(tags=["Spring 26"])
        both = library.image(tags=["spring-26", "linen"])
        assert library.find('tag:"spring 26"') == [both, found]
        assert library.find("tag:spring-26 tag:linen") == [both]
        assert library.find("-tag:linen") == [found]

    def test_by_owner(self, library: Library) -> None:
        mine = library.image()
        theirs = library.image(owner=library.eli)
        library.gallery(theirs, owner=library.eli)
        assert library.find("by:me") == library.find("is:mine") == library.find("-by:eli") == [mine]
        assert library.find("by:ELI") == library.find(f"by:{library.eli.id}") == [theirs]
        assert library.find("by:nobody") == []

    def test_by_lora(self, library: Library) -> None:
        knit = library.image("a dress <lora:knit:0.8>")
        both = library.image("a coat <lora:knit:1>", look={"loras": [{"name": "lace"}]})
        none = library.image("a dress <lora:lace:0>")
        assert library.find("lora:knit") == library.find("lora:KNIT") == [both, knit]
        assert library.find("lora:knit lora:lace") == [both]
        assert library.find("-lora:knit") == [none]
        assert library.find("lora:kni") == []

    def test_by_lora_is_told_and_suggested_only_to_who_sees_the_image(
        self, library: Library
    ) -> None:
        mine = library.image("a dress <lora:knit:0.8>")
        library.image("a coat <lora:secret:0.8>", owner=library.eli)
        told = library.get("/facets", q="")["lora"]
        assert [(one["value"], one["count"]) for one in told] == [("knit", 1)]
        assert library.get("/suggestions", kind="lora", prefix="s") == []
        assert [one["value"] for one in library.get("/suggestions", kind="lora", prefix="K")] == [
            "knit"
        ]
        library.change(mine, add_tags=["wool"])
        assert library.find("lora:knit tag:wool") == [mine]

    def test_by_gallery(self, library: Library) -> None:
        placed, other = library.image(), library.image()
        gallery_id = library.gallery(placed)
        assert library.find('gallery:"spring 26"') == [placed]
        assert library.find(f"gallery:{gallery_id}") == [placed]
        assert library.find('-gallery:"Spring 26"') == [other]

    def test_by_day(self, library: Library) -> None:
        old = library.image(created_at=datetime(2025, 3, 1, tzinfo=UTC))
        week = library.image(created_at=utc_now() - timedelta(days=6))
        new = library.image()
        assert (
            library.find("before:2025-03-02") == library.find("before:2026 after:2025-03") == [old]
        )
        assert library.find("after:7d") == [new, week]
        assert library.find("after:today") == [new]
        assert library.find("before:yesterday") == [week, old]

    def test_by_star_hold_and_trash(self, library: Library) -> None:
        held = library.image(moderation=Moderation.HELD)
        starred, thrown = library.image(), library.image(trashed_at=utc_now())
        library.change(starred, starred=True)
        assert library.find("is:starred") == [starred]
        assert library.find("is:held") == [held]
        assert library.find("is:trashed") == [thrown]
        assert library.find("-is:starred") == [held]
        assert (
            library.find("is:starred", library.eli) == library.find("is:trashed", library.eli) == []
        )

    def test_by_stack(self, library: Library) -> None:
        first, other = library.image("a"), library.image("b")
        second = library.image("a", look={"seed": 9})
        assert library.find(f"stack:{first}") == [second, first]
        assert library.find(f"-stack:{first}") == [other]
        assert library.find("stack:nosuch") == []


class TestNonsense:
    @pytest.mark.parametrize("query", ["\0", "model:\0", "by:a\0b", "gallery:\0a", 'tag:"a\0"'])
    def test_a_character_that_no_text_has_is_refused_or_finds_nothing(
        self, library: Library, query: str
    ) -> None:
        library.image("a")
        answer = library.browser(library.dana).get(API, params={"q": f"-a {query}"})
        assert answer.status_code in (200, 422)
        assert answer.json().get("items", []) == []


class TestPages:
    @pytest.mark.parametrize("query", ["", "dress", "dress -blue by:me"])
    def test_go_through_everything_newest_first(self, library: Library, query: str) -> None:
        made = [library.image(f"a red dress {number}") for number in range(7)]
        found, cursor = list[str](), None
        for _ in range(4):
            asked: dict[str, Any] = {"cursor": cursor} if cursor else {}
            page = library.page(query, limit=2, **asked)
            found += [image["id"] for image in page["items"]]
            cursor = page["next_cursor"]
        assert found == made[::-1]
        assert cursor is None

    @pytest.mark.parametrize("query", ["", "dress"])
    def test_go_on_after_an_image_that_is_gone(self, library: Library, query: str) -> None:
        made = [library.image(f"a dress {number}") for number in range(4)]
        cursor = library.page(query, limit=2)["next_cursor"]
        library.change(made[2], trashed=True)
        assert library.find(query, cursor=cursor) == [made[1], made[0]]

    def test_refuse_a_cursor_that_somebody_made_up(self, library: Library) -> None:
        answer = library.browser(library.dana).get(API, params={"cursor": "!"})
        assert answer.status_code == 422

    def test_say_how_the_search_was_read(self, library: Library) -> None:
        (word, bad) = library.page("-Dress sead:7")["terms"]
        assert (word["kind"], word["value"], word["negated"], word["problem"]) == (
            "word",
            "Dress",
            True,
            None,
        )
        assert (bad["kind"], bad["text"]) == ("seed", "sead:7")
        assert "seed:7" in bad["problem"]


class TestStacks:
    def test_show_the_newest_of_each_and_how_many(self, library: Library) -> None:
        one = [library.image("one", look={"seed": n}) for n in range(3)]
        two = [library.image("two", look={"seed": n}) for n in range(2)]
        one.append(library.image("one", look={"seed": 9}))
        page = library.page(stacked=True)
        assert [(i["id"], i["stack_count"]) for i in page["items"]] == [(one[-1], 4), (two[-1], 2)]

    @pytest.mark.parametrize("query", ["", "dress"])
    def test_come_once_over_all_pages(self, library: Library, query: str) -> None:
        for seed in range(3):
            for name in "abcde":
                library.image(f"dress {name}", look={"seed": seed})
        found, cursor = list[str](), None
        for _ in range(3):
            asked: dict[str, Any] = {"cursor": cursor} if cursor else {}
            page = library.page(query, limit=2, stacked=True, **asked)
            found += [image["parameters"]["prompt"] for image in page["items"]]
            cursor = page["next_cursor"]
        assert found == [f"dress {name}" for name in "edcba"]
        assert cursor is None

    def test_count_only_what_is_found(self, library: Library) -> None:
        kept = library.image("a", status=Status.APPROVED)
        library.image("a", look={"seed": 2})
        (one,) = library.page("status:approved", stacked=True)["items"]
        assert (one["id"], one["stack_count"]) == (kept, 1)


class TestWhatIsHidden:
    """A private image of somebody else is found by nothing."""

    @pytest.mark.parametrize(
        "query",
        [
            "",
            "secret",
            '"secret motif"',
            "secret*",
            "-nothing",
            "tag:hush",
            "hush",
            "status:approved",
            "-status:draft",
            "model:atelier-mini",
            "seed:1",
            "ratio:square",
            "by:dana",
            "gallery:closed",
            "before:2100",
            "is:held -is:held",
            "-is:starred",
            "-is:trashed",
            "is:trashed",
            "stack:{it}",
            "-stack:nosuch",
        ],
    )
    def test_is_not_found(self, library: Library, query: str) -> None:
        it = library.image("a secret motif", tags=["hush"], status=Status.APPROVED)
        library.gallery(it, name="closed", visibility=Visibility.PRIVATE)
        thrown = library.image("a secret motif", trashed_at=utc_now())
        held = library.image("a secret motif", moderation=Moderation.HELD)
        library.gallery(thrown, held, name="open")
        asked = query.format(it=it)
        assert library.find(asked, library.eli) == []
        assert library.find(asked, library.eli, stacked=True) == []
        told = library.get("/facets", library.eli, q=asked)
        assert told.pop("total") == 0
        assert told.pop("complete")
        assert set(map(len, told.values())) == {0}

    def test_is_not_suggested(self, library: Library) -> None:
        it = library.image("a", tags=["hush"], look={"model": "vega"})
        library.gallery(it, name="closed", visibility=Visibility.PRIVATE)
        for kind in ("tag", "by", "gallery", "model"):
            assert library.get("/suggestions", library.eli, kind=kind) == []
            assert library.get("/suggestions", kind=kind) != []

    def test_is_not_counted_in_a_stack(self, library: Library) -> None:
        shown = library.image("a")
        library.image("a", look={"seed": 5})
        library.gallery(shown)
        (one,) = library.page(user=library.eli, stacked=True)["items"]
        assert (one["id"], one["stack_count"]) == (shown, 1)
        assert library.find(f"stack:{shown}", library.eli) == [shown]

    def test_is_not_opened(self, library: Library) -> None:
        it = library.image()
        browser = library.browser(library.eli)
        for path in (f"{API}/{it}", f"{API}/{it}/lineage"):
            assert browser.get(path).status_code == 404
            assert library.browser(library.dana).get(path).status_code == 200

    def test_is_not_in_a_lineage(self, library: Library) -> None:
        root = library.image("root")
        middle = library.image("middle", parent_id=root)
        leaf = library.image("leaf", parent_id=middle)
        library.gallery(root, leaf)
        assert library.get(f"/{leaf}/lineage", library.eli) == {
            "upload": None,
            "ancestors": [],
            "children": [],
        }
        assert library.get(f"/{root}/lineage", library.eli) == {
            "upload": None,
            "ancestors": [],
            "children": [],
        }
        told = library.get(f"/{leaf}/lineage")
        assert [image["id"] for image in told["ancestors"]] == [root, middle]
        (child,) = library.get(f"/{root}/lineage")["children"]
        assert child["id"] == middle

    def test_is_not_named_by_what_was_made_from_it(self, library: Library) -> None:
        root = library.image("root")
        leaf = library.image("leaf", parent_id=root)
        library.gallery(leaf)
        assert library.get(f"/{leaf}")["parent_id"] == root
        assert library.get(f"/{leaf}", library.eli)["parent_id"] is None
        library.gallery(root)
        assert library.get(f"/{leaf}", library.eli)["parent_id"] == root
