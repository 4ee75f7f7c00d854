"""The queue and its cases over HTTP: the order, the numbers, what a reviewer reads, and what is shown before a reveal."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from sqlmodel import select

from backend.images.schemas import Variant
from backend.kit import clock
from backend.moderation.models import Flag, SafetyCheck
from backend.policies.schemas import Severity
from tests.backend.moderation.test_router import decide, held
from tests.backend.trials.test_router import activated
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

    def test_bars_are_of_the_version_that_judged_and_say_what_the_active_one_reads(
        self, studio: Studio
    ) -> None:
        ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
        flag = flag_id_of(studio, held(studio, studio.actors.browser()))
        before = ada.get(f"{FLAGS}/{flag}").json()
        assert (before["judged_by"], before["active"]) == ("1", "1")
        assert before["providers"][0]["readings"][0]["margin_now"] is None
        number = activated(ada, ben, -0.05)

        case = ada.get(f"{FLAGS}/{flag}").json()
        assert (case["judged_by"], case["active"], case["margin"]) == ("1", str(number), 0.21)
        [reading] = case["providers"][0]["readings"]
        assert (reading["shift"], reading["margin"]) == (0.0, 0.21)
        assert reading["margin_now"] == pytest.approx(0.16)
        [listed_now] = ada.get(FLAGS).json()["items"]
        assert listed_now["margin"] == 0.21

        later = flag_id_of(studio, held(studio, studio.actors.browser()))
        case = ada.get(f"{FLAGS}/{later}").json()
        assert (case["judged_by"], case["active"]) == (str(number), str(number))
        assert case["margin"] == pytest.approx(0.16)

    def test_a_version_that_is_not_known_any_more_is_read_by_the_active_one(
        self, studio: Studio
    ) -> None:
        ada = studio.actors.browser("admin")
        image = held(studio, studio.actors.browser())
        for version in ("builtin-0", "99"):
            with studio.context.database.write() as session:
                session.get_one(SafetyCheck, image["id"]).policy_version = version
            case = ada.get(f"{FLAGS}/{flag_id_of(studio, image)}").json()
            assert (case["policy_version"], case["judged_by"]) == (version, "1")
            assert case["margin"] == 0.21

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


class TestSealed:
    """A severe image is handed out only to whoever asked for it first, and was written down."""

    @pytest.fixture
    def sealed(self, studio: Studio) -> tuple[str, str]:
        image = held(studio, studio.actors.browser())
        flag = flag_id_of(studio, image)
        change(studio, flag, severity=Severity.SEVERE, category="minors")
        return flag, image["id"]

    @pytest.mark.parametrize("variant", Variant)
    @pytest.mark.parametrize("reveal", [None, "", "yes", "true", "gAAAAA" + "x" * 100])
    def test_no_request_alone_brings_it(
        self, studio: Studio, sealed: tuple[str, str], variant: Variant, reveal: str | None
    ) -> None:
        ada = studio.actors.browser("admin")
        asked = {"variant": variant, **({} if reveal is None else {"reveal": reveal})}
        answer = ada.get(f"/api/v1/images/{sealed[1]}/content", params=asked)
        assert (answer.status_code, answer.json()["code"]) == (409, "sealed")
        assert f"flags/{sealed[0]}/reveal" in answer.json()["detail"]
        assert "image.reveal" not in self._verbs(studio, sealed)

    def test_who_asks_gets_it_and_both_are_written_down(
        self, studio: Studio, sealed: tuple[str, str]
    ) -> None:
        ada = studio.actors.browser("admin")
        reveal = self._ask(ada, sealed[0]).json()["reveal"]
        assert self._verbs(studio, sealed)[-1] == "image.unseal"
        answer = self._fetch(ada, sealed[1], reveal)
        assert answer.content[8:12] == b"WEBP"
        assert answer.headers["cache-control"] == "private, no-store"
        assert self._verbs(studio, sealed)[-2:] == ["image.unseal", "image.reveal"]

    def test_it_opens_for_nobody_else_and_nothing_else(
        self, studio: Studio, sealed: tuple[str, str]
    ) -> None:
        ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
        other = held(studio, studio.actors.browser())
        change(studio, flag_id_of(studio, other), severity=Severity.SEVERE)
        reveal = self._ask(ada, sealed[0]).json()["reveal"]
        assert self._fetch(ben, sealed[1], reveal).status_code == 409
        assert self._fetch(ada, other["id"], reveal).status_code == 409
        designer = studio.actors.browser()
        assert self._fetch(designer, sealed[1], reveal).status_code == 404

    def test_it_lasts_two_minutes(
        self, studio: Studio, sealed: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ada = studio.actors.browser("admin")
        reveal = self._ask(ada, sealed[0]).json()["reveal"]
        later = clock.utc_now() + timedelta(minutes=2, seconds=1)
        monkeypatch.setattr(clock, "utc_now", lambda: later)
        assert self._fetch(ada, sealed[1], reveal).json()["code"] == "sealed"

    @pytest.mark.parametrize("body", [{}, {"confirm": False}, {"confirm": "no"}])
    def test_asking_says_yes(
        self, studio: Studio, sealed: tuple[str, str], body: dict[str, Any]
    ) -> None:
        answer = studio.actors.browser("admin").post(f"{FLAGS}/{sealed[0]}/reveal", json=body)
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == "confirm"

    def test_what_is_not_sealed_needs_no_asking(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        image = held(studio, studio.actors.browser())
        assert self._ask(ada, flag_id_of(studio, image)).status_code == 409
        assert ada.get(f"/api/v1/images/{image['id']}/content").status_code == 200

    def _ask(self, person: Client, flag_id: str) -> Any:
        return person.post(f"{FLAGS}/{flag_id}/reveal", json={"confirm": True})

    def _fetch(self, person: Client, image_id: str, reveal: str) -> Any:
        return person.get(f"/api/v1/images/{image_id}/content", params={"reveal": reveal})

    def _verbs(self, studio: Studio, sealed: tuple[str, str]) -> list[str]:
        return [entry.verb for entry in studio.audited(f"image:{sealed[1]}")]
