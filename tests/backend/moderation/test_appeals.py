"""The author's side over HTTP: the reason, one appeal, an answer by somebody else, and never a reviewer's name."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from backend.accounts.permissions import REVIEW
from backend.moderation.models import Flag
from backend.policies.schemas import Severity
from tests.backend.moderation.test_router import decide, held
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio


def standing(person: Client, image_id: str) -> Any:
    answer = person.get(f"/api/v1/images/{image_id}/moderation")
    assert answer.status_code == 200, answer.text
    return answer.json()


def appeal(person: Client, image_id: str, text: str = "It is a stop sign.") -> Any:
    return person.post(f"/api/v1/images/{image_id}/appeal", json={"text": text})


@pytest.fixture
def studio(shared_studio: Studio) -> Studio:
    return shared_studio


def make_severe(studio: Studio, image_id: str) -> None:
    with studio.context.database.write() as session:
        flag = session.exec(select(Flag).where(Flag.image_id == image_id)).one()
        flag.severity, flag.category = Severity.SEVERE, "minors"
        session.add(flag)


class TestStanding:
    def test_says_why_in_plain_words(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        told = standing(dana, held(studio, dana)["id"])
        assert told["moderation"] == "held"
        assert told["title"] == "Something that the safety check was told to hold"
        assert told["policy_version"] == "1"
        assert told["may_appeal"] is True
        assert told["note"] is None

    def test_tells_the_note_and_names_nobody(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        image = held(studio, dana)
        name = ada.get("/api/v1/me").json()["name"]
        decide(ada, studio.flag_of(image["id"])["id"], decision="reject", note="a stop sign")
        told = dana.get(f"/api/v1/images/{image['id']}/moderation")
        assert told.json()["note"] == "a stop sign"
        assert name not in told.text
        assert ada.user_id not in told.text

    def test_a_reviewer_who_made_it_is_not_told_either(self, studio: Studio) -> None:
        ben, ada = studio.actors.browser("admin"), studio.actors.browser("admin")
        image = held(studio, ben)
        flag = studio.flag_of(image["id"])["id"]
        decide(ada, flag, decision="reject")
        name = ada.get("/api/v1/me").json()["name"]
        assert name not in ben.get(f"/api/v1/moderation/flags/{flag}").text
        assert name not in ben.get("/api/v1/moderation/flags?state=decided&limit=1").text

    def test_of_a_released_one_there_is_nothing_to_say(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        told = standing(dana, studio.image(dana)["id"])
        assert (told["moderation"], told["reason"], told["may_appeal"]) == ("released", None, False)

    def test_is_for_the_author_alone(self, studio: Studio) -> None:
        image = held(studio, studio.actors.browser())
        for role in ("designer", "admin"):
            somebody = studio.actors.browser(role)
            assert somebody.get(f"/api/v1/images/{image['id']}/moderation").status_code == 404
            assert appeal(somebody, image["id"]).status_code == 404

    def test_shows_sixteen_colours_and_no_picture(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        told = standing(dana, held(studio, dana)["id"])
        assert len(told["colours"]) == 16
        assert all(len(one) == 7 and one.startswith("#") for one in told["colours"])

    def test_shows_none_of_what_is_severe_or_was_not_measured_or_rejected(
        self, studio: Studio
    ) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        severe, rejected = held(studio, dana)["id"], held(studio, dana)["id"]
        make_severe(studio, severe)
        decide(ada, studio.flag_of(rejected)["id"], decision="reject")
        unmeasured = studio.image(dana, "unchecked")["id"]
        shown = [standing(dana, one)["colours"] for one in (severe, rejected, unmeasured)]
        assert shown == [[], [], []]


class TestAppeal:
    def test_goes_to_somebody_who_did_not_decide_before(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
        image = held(studio, dana)
        flag = studio.flag_of(image["id"])["id"]
        decide(ada, flag, decision="reject", note="unclear")
        assert appeal(dana, image["id"]).status_code == 200
        [waiting] = [
            one
            for one in ben.get("/api/v1/moderation/flags?state=appeals").json()["items"]
            if one["image_id"] == image["id"]
        ]
        assert waiting["appeal"]["text"] == "It is a stop sign."
        again = decide(ada, flag, decision="reject")
        assert again.status_code == 403
        assert "another reviewer" in again.json()["detail"]
        assert decide(ben, flag, decision="release", note="right you are").status_code == 200
        told = standing(dana, image["id"])
        assert (told["moderation"], told["note"]) == ("released", "right you are")
        assert told["answered_at"]
        assert dana.get(f"/api/v1/images/{image['id']}/content").status_code == 200

    def test_is_asked_once(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        image = held(studio, dana)
        assert appeal(dana, image["id"]).json()["may_appeal"] is False
        assert appeal(dana, image["id"]).status_code == 409
        decide(ada, studio.flag_of(image["id"])["id"], decision="reject")
        refused = appeal(dana, image["id"])
        assert refused.status_code == 409
        assert "once more" in refused.json()["detail"]

    def test_a_rejected_image_stays_rejected_until_somebody_answers(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        image = held(studio, dana)
        decide(ada, studio.flag_of(image["id"])["id"], decision="reject")
        appeal(dana, image["id"])
        assert standing(dana, image["id"])["moderation"] == "rejected"
        assert dana.get(f"/api/v1/images/{image['id']}/content").status_code == 404

    def test_an_answer_that_is_taken_back_waits_again(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        ada, ben = studio.actors.browser("admin"), studio.actors.browser("admin")
        image = held(studio, dana)
        flag = studio.flag_of(image["id"])["id"]
        decide(ada, flag, decision="reject", note="unclear")
        appeal(dana, image["id"])
        decide(ben, flag, decision="release")
        ben.post(f"/api/v1/moderation/flags/{flag}/undo").raise_for_status()
        told = standing(dana, image["id"])
        assert (told["moderation"], told["answered_at"], told["note"]) == (
            "rejected", None, "unclear",
        )  # fmt: skip
        assert told["reason"] == "A reviewer rejected this image: unclear"

    def test_is_not_decided_along_with_others(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        image = held(studio, dana)
        appeal(dana, image["id"])
        wanted = {
            "flag_ids": [studio.flag_of(image["id"])["id"]],
            "category": "restricted",
            "decision": "reject",
        }
        [refused] = ada.post("/api/v1/moderation/flags/reviews", json=wanted).json()["refused"]
        assert "appeals" in refused["reason"]

    def test_of_a_released_image_is_refused(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        assert appeal(dana, studio.image(dana)["id"]).status_code == 409

    @pytest.mark.parametrize("text", ["", "   ", "x" * 1001])
    def test_needs_words_but_not_too_many(self, studio: Studio, text: str) -> None:
        dana = studio.actors.browser()
        assert appeal(dana, held(studio, dana)["id"], text).status_code == 422

    def test_is_written_down(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        image = held(studio, dana)
        appeal(dana, image["id"])
        entry = studio.audited(f"image:{image['id']}")[-1]
        assert (entry.verb, entry.actor_id) == ("image.appeal", dana.user_id)


def test_only_reviewers_have_the_queue(studio: Studio) -> None:
    dana = studio.actors.browser()
    assert REVIEW not in dana.get("/api/v1/me").json()["permissions"]
    assert dana.get("/api/v1/moderation/summary").status_code == 403
