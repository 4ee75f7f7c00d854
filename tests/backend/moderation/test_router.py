from __future__ import annotations

from typing import Any

import pytest

from backend.images.schemas import Variant
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio


def held(studio: Studio, dana: Client) -> Any:
    return studio.image(dana, "a dress with motif")


def decide(person: Client, flag_id: str, **review: Any) -> Any:
    return person.post(f"/api/v1/moderation/flags/{flag_id}/review", json=review)


class TestListFlags:
    def test_shows_who_what_why_and_how_sure(self, studio: Studio) -> None:
        dana = studio.actors.browser("designer")
        image = held(studio, dana)
        flag = studio.flag_of(image["id"])
        assert flag["owner"]["id"] == dana.user_id
        assert flag["prompt"] == "a dress with motif"
        assert flag["concepts"] == [{"name": "restricted motif", "score": 0.21}]
        assert flag["checker"] == "scripted-checker"
        assert flag["reason"] == image["reason"]
        assert flag["state"] == "open"

    def test_says_which_concept_could_not_be_measured(self, studio: Studio) -> None:
        image = studio.image(studio.actors.browser(), "not finite")
        assert studio.flag_of(image["id"])["concepts"] == [
            {"name": "restricted motif", "score": None}
        ]

    def test_waits_in_the_order_of_arrival_page_by_page(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        made = [held(studio, dana)["id"] for _ in range(3)]
        seen: list[str] = []
        cursor = None
        for _ in range(2):
            query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
            page = ada.get("/api/v1/moderation/flags", params=query).json()
            seen += [flag["image_id"] for flag in page["items"]]
            cursor = page["next_cursor"]
        assert seen == made
        assert cursor is None

    def test_decided_ones_move_to_the_other_list(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        first, second = held(studio, dana), held(studio, dana)
        for image in (first, second):
            decide(ada, studio.flag_of(image["id"])["id"], decision="reject")
        assert ada.get("/api/v1/moderation/flags").json()["items"] == []
        decided = ada.get("/api/v1/moderation/flags", params={"state": "decided"}).json()
        assert [flag["image_id"] for flag in decided["items"]] == [second["id"], first["id"]]

    @pytest.mark.parametrize("role", ["designer", "marketing"])
    def test_is_for_reviewers_only(self, studio: Studio, role: str) -> None:
        answer = studio.actors.browser(role).get("/api/v1/moderation/flags")
        assert answer.status_code == 403


class TestReview:
    @pytest.fixture
    def studio(self, shared_studio: Studio) -> Studio:
        return shared_studio

    def test_a_released_image_is_there_at_once(self, studio: Studio) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        image = held(studio, dana)
        url = f"/api/v1/images/{image['id']}/content"
        assert dana.get(url).status_code == 404
        answer = decide(ada, studio.flag_of(image["id"])["id"], decision="release", note="a sign")
        assert answer.json()["state"] == "released"
        assert answer.json()["note"] == "a sign"
        assert dana.get(url).status_code == 200
        assert dana.get(f"/api/v1/images/{image['id']}").json()["reason"] is None

    @pytest.mark.parametrize("variant", Variant)
    def test_a_rejected_image_is_gone_at_once_even_by_its_tag(
        self, studio: Studio, variant: Variant
    ) -> None:
        dana, ada = studio.actors.browser(), studio.actors.browser("admin")
        image = held(studio, dana)
        decide(ada, studio.flag_of(image["id"])["id"], decision="reject", note="a stop sign")
        url = f"/api/v1/images/{image['id']}/content"
        told = dana.get(f"/api/v1/images/{image['id']}").json()
        tags = {"If-None-Match": f'"{told["sha256"]}-{variant}"'}
        assert dana.get(url, params={"variant": variant}, headers=tags).status_code == 404
        assert told["moderation"] == "rejected"
        assert "a stop sign" in told["reason"]

    def test_without_a_note_the_owner_still_reads_what_happened(self, studio: Studio) -> None:
        dana = studio.actors.browser()
        image = held(studio, dana)
        flag = studio.flag_of(image["id"])
        decide(studio.actors.browser("admin"), flag["id"], decision="reject", note="  ")
        told = dana.get(f"/api/v1/images/{image['id']}").json()
        assert told["reason"] == "A reviewer looked at this image and rejected it."

    def test_is_written_down(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        image = held(studio, studio.actors.browser())
        flag = studio.flag_of(image["id"])
        decide(ada, flag["id"], decision="release", note="fine")
        entry = studio.audited(f"image:{image['id']}")[-1]
        assert (entry.verb, entry.actor_id) == ("image.release", ada.user_id)
        assert entry.detail == {"flag": flag["id"], "note": "fine"}

    def test_nobody_decides_about_their_own(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        image = held(studio, ada)
        answer = decide(ada, studio.flag_of(image["id"])["id"], decision="release")
        assert answer.status_code == 403
        assert "another reviewer" in answer.json()["detail"]
        assert ada.get(f"/api/v1/images/{image['id']}").json()["moderation"] == "held"

    def test_nobody_decides_twice(self, studio: Studio) -> None:
        ada = studio.actors.browser("admin")
        flag = studio.flag_of(held(studio, studio.actors.browser())["id"])
        decide(ada, flag["id"], decision="reject")
        answer = decide(ada, flag["id"], decision="release")
        assert answer.status_code == 409
        assert "already rejected" in answer.json()["detail"]

    def test_a_flag_that_is_not_there(self, studio: Studio) -> None:
        answer = decide(studio.actors.browser("admin"), "nosuch", decision="release")
        assert answer.status_code == 404

    @pytest.mark.parametrize(
        ("review", "field", "nearest"),
        [
            ({"decision": "relase"}, "decision", "release"),
            ({"decision": "release", "note": "x" * 501}, "note", 500),
            ({"decision": "release", "nots": "x"}, "nots", "note"),
            ({"decision": "release", "state": "open"}, "state", None),
            ({"note": "fine"}, "decision", None),
        ],
    )
    def test_a_wrong_decision_is_refused_with_advice(
        self, studio: Studio, review: dict[str, str], field: str, nearest: str | int | None
    ) -> None:
        answer = decide(studio.actors.browser("admin"), "any", **review)
        assert answer.status_code == 422
        [problem] = answer.json()["fields"]
        assert (problem["field"], problem["nearest"]) == (field, nearest)
