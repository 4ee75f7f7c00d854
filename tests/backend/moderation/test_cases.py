"""The queue and its cases over HTTP: the order, the numbers, what a reviewer reads, and what is shown before a reveal."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from sqlmodel import select

from backend.moderation.models import Flag
from backend.policies.schemas import Severity
from tests.backend.moderation.test_router import decide, held
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

FLAGS = "/api/v1/moderation/flags"


def change(studio: Studio, flag_id: str, **columns: Any) -> None:
    with studio.context.database.write() as session:
        flag = session.exec(select(Flag).where(Flag.id == flag_id)).one()
        flag.sqlmodel_update(columns)
        session.add(flag)


def flag_id_of(studio: Studio, image: Any) -> str:
    return str(studio.flag_of(image["id"])["id"])


def listed(person: Client, **query: Any) -> list[str]:
    found: list[str] = []
    while True:
        page = person.get(FLAGS, params=query).json()
        found += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


class TestQueue:
    def test_the_worst_come_first_and_of_these_the_oldest(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        flags = [flag_id_of(studio, held(studio, dana)) for _ in range(5)]
        change(studio, flags[4], severity=Severity.SEVERE, category="minors")
        change(studio, flags[0], severity=Severity.LOW)
        expected = [flags[4], flags[1], flags[2], flags[3], flags[0]]
        assert listed(ada) == expected
        assert listed(ada, limit=2) == expected, "also page by page"

    def test_filters_and_counts(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        first, second = (flag_id_of(studio, held(studio, dana)) for _ in range(2))
        change(studio, first, severity=Severity.SEVERE, category="minors", origin="takedown")
        assert listed(ada, category="minors") == [first]
        assert listed(ada, severity="moderate") == [second]
        assert listed(ada, origin="takedown") == [first]
        told = ada.get("/api/v1/moderation/summary").json()
        assert (told["open"], told["severe"], told["appeals"], told["second"]) == (2, 1, 0, 0)
        assert {one["category"]: one["open"] for one in told["categories"]} == {
            "minors": 1, "restricted": 1,
        }  # fmt: skip
        assert told["oldest_at"]
        assert told["median_s"] is None

    def test_says_how_long_deciding_takes(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        decide(ada, flag_id_of(studio, held(studio, studio.actors.browser())), decision="reject")
        told = ada.get("/api/v1/moderation/summary").json()
        assert told["decided"] == 1
        assert 0 <= told["median_s"] < 60

    def test_others_see_who_has_a_case_open(self, studio: Studio) -> None:
        ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
        flag = flag_id_of(studio, held(studio, studio.actors.browser()))
        assert ada.post(f"{FLAGS}/{flag}/claim").json()["claim"]["mine"] is True
        [seen] = ben.get(FLAGS).json()["items"]
        assert (seen["claim"]["mine"], seen["claim"]["name"]) == (
            False, ada.get("/api/v1/me").json()["name"],
        )  # fmt: skip
        assert decide(ben, flag, decision="reject").status_code == 409

    @pytest.mark.parametrize("cursor", ["bm9wZQ", "OTAx", "!"])
    def test_a_made_up_cursor_is_refused(self, studio: Studio, cursor: str) -> None:
        answer = studio.actors.browser("admin").get(FLAGS, params={"cursor": cursor})
        assert answer.status_code == 422


class TestCase:
    def test_holds_scores_against_thresholds_by_checker(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        flag = flag_id_of(studio, held(studio, studio.actors.browser()))
        case = ada.get(f"{FLAGS}/{flag}").json()
        [provider] = case["providers"]
        assert provider["checker"] == "scripted-checker"
        [reading] = provider["readings"]
        assert (reading["name"], reading["score"], reading["margin"]) == (
            "restricted motif", 0.21, 0.21,
        )  # fmt: skip
        assert (case["category"], case["judged_by"], case["margin"]) == ("restricted", "1", 0.21)

    def test_tells_of_its_author(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        first, second = held(studio, dana), held(studio, dana)
        studio.image(dana)
        decide(ada, flag_id_of(studio, first), decision="reject")
        case = ada.get(f"{FLAGS}/{flag_id_of(studio, second)}").json()
        assert case["record"] == {
            "made": 3, "flagged": 2, "released": 0, "rejected": 1, "waiting": 1,
        }  # fmt: skip

    def test_names_decided_cases_that_look_alike_and_open_ones_that_look_the_same(
        self, studio: Studio
    ) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        made = [
            studio.draw(dana, "a dress with motif", seed=seed)["images"][0]
            for seed in (7, 7, 7, 90)
        ]
        decided, twin, case, other = (flag_id_of(studio, image) for image in made)
        decide(ada, decided, decision="reject", note="as ever")
        found = ada.get(f"{FLAGS}/{case}").json()
        assert [one["flag_id"] for one in found["similar"]] == [decided]
        assert found["similar"][0]["note"] == "as ever"
        assert found["near"] == [twin]
        assert ada.get(f"{FLAGS}/{other}").json()["near"] == []

    def test_shows_what_was_decided_and_taken_back(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        flag = flag_id_of(studio, held(studio, studio.actors.browser()))
        decide(ada, flag, decision="reject", note="no")
        ada.post(f"{FLAGS}/{flag}/undo").raise_for_status()
        rows = ada.get(f"{FLAGS}/{flag}").json()["decisions"]
        assert [(row["deed"], row["undone"], row["note"]) for row in rows] == [
            ("undo", False, None), ("reject", True, "no"),
        ]  # fmt: skip

    def test_what_waits_for_a_second_person_says_who_asked(self, studio: Studio) -> None:
        ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
        flag = flag_id_of(studio, held(studio, studio.actors.browser()))
        change(studio, flag, severity=Severity.SEVERE, category="minors")
        asked = decide(ada, flag, decision="release", note="a drawing").json()
        assert (asked["state"], asked["awaited"]["mine"]) == ("open", True)
        [waiting] = ben.get(f"{FLAGS}?state=second").json()["items"]
        assert (waiting["awaited"]["deed"], waiting["awaited"]["note"]) == ("release", "a drawing")
        assert decide(ben, flag, decision="release").json()["state"] == "released"


class TestBlurred:
    def test_is_small_and_has_no_shapes(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        flag = flag_id_of(studio, held(studio, studio.actors.browser()))
        answer = ada.get(f"{FLAGS}/{flag}/blurred")
        assert answer.headers["cache-control"] == "private, no-store"
        with Pillow.open(BytesIO(answer.content)) as picture:
            assert max(picture.size) <= 120

    def test_is_no_reveal(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        image = held(studio, studio.actors.browser())
        ada.get(f"{FLAGS}/{flag_id_of(studio, image)}/blurred")
        verbs = {entry.verb for entry in studio.audited(f"image:{image['id']}")}
        assert "image.reveal" not in verbs
        ada.get(f"/api/v1/images/{image['id']}/content?variant=preview")
        entry = studio.audited(f"image:{image['id']}")[-1]
        assert (entry.verb, entry.actor_id) == ("image.reveal", ada.user_id)

    def test_there_is_none_of_what_is_severe(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        flag = flag_id_of(studio, held(studio, studio.actors.browser()))
        change(studio, flag, severity=Severity.SEVERE, category="minors")
        assert ada.get(f"{FLAGS}/{flag}/blurred").status_code == 404
        assert ada.get(f"{FLAGS}/{flag}").json()["sealed"] is True
