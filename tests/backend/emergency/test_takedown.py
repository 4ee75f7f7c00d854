"""Taking an image down: nobody is handed it any more, by any way, and a review restores it."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from backend.library import export
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

WHY = {"category": "restricted", "reason": "It shows a real person."}


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser("designer")


@pytest.fixture
def ada(studio: Studio) -> Client:
    return studio.actors.browser("admin")


def take_down(ada: Client, image_id: str, **wanted: Any) -> Any:
    return ada.post(f"/api/v1/images/{image_id}/takedown", json={**WHY, **wanted})


def content(person: Client, image_id: str, **headers: str) -> Any:
    return person.get(f"/api/v1/images/{image_id}/content", headers=headers)


class TestTakingDown:
    def test_holds_it_and_asks_a_reviewer_with_the_reason(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        image = studio.image(dana)
        tag = content(dana, image["id"]).headers["etag"]
        assert content(dana, image["id"], **{"If-None-Match": tag}).status_code == 304
        assert take_down(ada, image["id"]).json() == {"image_ids": [image["id"]]}
        assert content(dana, image["id"]).status_code == 404
        assert content(dana, image["id"], **{"If-None-Match": tag}).status_code == 404
        told = dana.get(f"/api/v1/images/{image['id']}").json()
        assert (told["moderation"], told["reason"]) == ("held", f"Taken down: {WHY['reason']}")
        flag = studio.flag_of(image["id"])
        assert (flag["origin"], flag["category"], flag["severity"]) == (
            "takedown", "restricted", "moderate",
        )  # fmt: skip
        assert studio.audited(f"image:{image['id']}")[0].verb == "image.takedown"

    def test_is_restored_by_a_review_and_can_be_taken_down_again(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        image = studio.image(dana)
        for _ in range(2):
            take_down(ada, image["id"]).raise_for_status()
            flag = studio.flag_of(image["id"])
            review = f"/api/v1/moderation/flags/{flag['id']}/review"
            assert ada.post(review, json={"decision": "release"}).status_code == 200
            assert content(dana, image["id"]).status_code == 200

    def test_takes_what_was_made_from_it_with_it(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        image, other = studio.image(dana), studio.image(dana, "a hat")
        made = studio.draw(dana, "a dress", init_image=image["id"])["images"][0]["id"]
        again = studio.draw(dana, "a dress", init_image=made)["images"][0]["id"]
        reach = ada.get(f"/api/v1/images/{image['id']}/takedown").json()
        assert reach["children"] == 2
        wrong = take_down(ada, image["id"], children=True, expected=2)
        assert (wrong.status_code, "3 images" in wrong.json()["detail"]) == (409, True)
        done = take_down(ada, image["id"], children=True, expected=3).json()["image_ids"]
        assert set(done) == {image["id"], made, again}
        assert content(dana, other["id"]).status_code == 200

    def test_takes_the_same_picture_of_others_with_it(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        mine = studio.draw(dana, "a dress", seed=5)["images"][0]["id"]
        theirs = studio.draw(studio.actors.browser("designer"), "a dress", seed=5)["images"][0][
            "id"
        ]
        reach = ada.get(f"/api/v1/images/{mine}/takedown").json()
        assert (reach["alike"], reach["both"]) == (1, 1)
        assert set(take_down(ada, mine, alike=True).json()["image_ids"]) == {mine, theirs}

    def test_it_does_not_come_back_by_being_asked_for_again(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        image = studio.draw(dana, "a dress", seed=5)["images"][0]
        take_down(ada, image["id"]).raise_for_status()
        eli = studio.actors.browser("designer")
        for person in (dana, eli):
            again = studio.draw(person, "a dress", seed=5)
            assert again["from_cache"] is False
            assert again["images"][0]["moderation"] == "held"
        assert studio.draw(dana, "a dress", seed=6)["images"][0]["moderation"] == "released"

    def test_what_nobody_is_shown_is_not_taken_down(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        held = studio.image(dana, "a dress with motif")
        assert take_down(ada, held["id"]).status_code == 409
        assert take_down(ada, "nothere").status_code == 404
        image = studio.image(dana)
        wrong = take_down(ada, image["id"], category="nowhere")
        assert (wrong.status_code, wrong.json()["fields"][0]["field"]) == (422, "category")

    @pytest.mark.parametrize("role", ["designer", "marketing"])
    def test_only_reviewers_do(self, studio: Studio, dana: Client, role: str) -> None:
        image = studio.image(dana)
        assert take_down(studio.actors.browser(role), image["id"]).status_code == 403


class TestZipUnderWay:
    def test_leaves_out_what_is_taken_down_while_it_is_sent(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        ids = [studio.draw(dana, "a dress", seed=seed)["images"][0]["id"] for seed in (1, 2)]
        context = studio.context
        from backend.accounts.models import User
        from backend.library.schemas import Export
        from tests.fixtures.actors import actor_of

        with context.database.read() as session:
            actor = actor_of(session.get_one(User, dana.user_id))
            taken = export.choose(session, context.storage, actor, Export(image_ids=ids))
        sending = export.zipped(context.database, context.storage, taken)
        body = next(sending)  # the zip has begun
        take_down(ada, ids[0]).raise_for_status()
        names = ZipFile(BytesIO(body + b"".join(sending))).namelist()
        assert [name for name in names if name.endswith(".webp")] == [taken[1].name]


class TestSweep:
    def test_takes_down_what_a_category_held_once_and_is_shown_by_now(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        held = [studio.image(dana, f"a dress with motif {n}")["id"] for n in range(3)]
        for image_id in held[:2]:
            review = f"/api/v1/moderation/flags/{studio.flag_of(image_id)['id']}/review"
            ada.post(review, json={"decision": "release"}).raise_for_status()
        reach = ada.get(
            "/api/v1/emergency/reach", params={"scope": "category", "name": "restricted"}
        )
        assert reach.json()["released"] == 2
        assert ada.post("/api/v1/emergency/sweep", json={**WHY, "expected": 3}).status_code == 409
        swept = ada.post("/api/v1/emergency/sweep", json={**WHY, "expected": 2}).json()
        assert set(swept["image_ids"]) == set(held[:2])
        assert {content(dana, one).status_code for one in held} == {404}
