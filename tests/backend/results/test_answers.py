"""What was drawn before is answered from storage: at once, for nothing, and as an image of its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import select

from backend.accounts.models import Team, User
from backend.audit.schemas import AuditRecord
from backend.generations.models import Generation
from backend.generations.recall import ASKED
from backend.likeness.models import ImageLikeness
from backend.moderation.models import SafetyCheck
from backend.usage.models import UsageCharge
from tests.backend.results.asking import (
    API,
    DRESS,
    ask,
    content,
    draw,
    pixels,
    price,
    row_of,
    said_in,
)
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser("designer")


def verbs(entries: list[AuditRecord]) -> list[str]:
    return [one.verb for one in entries]


class TestTheAnswer:
    def test_is_there_at_once_and_says_so(self, studio: Studio, dana: Client) -> None:
        first = draw(studio, dana)
        second = ask(dana)
        assert (first["from_cache"], second["from_cache"]) == (False, True)
        assert second["state"] == "succeeded"
        assert second["ended_at"]
        assert second["started_at"] is None
        assert second["id"] != first["id"]
        assert second["parameters"] == first["parameters"]
        [was], [now] = first["images"], second["images"]
        assert now["id"] != was["id"]
        assert {**now, "id": was["id"]} == was
        assert len(studio.inference.asked) == 1

    def test_has_the_same_pixels_under_its_own_name(self, studio: Studio, dana: Client) -> None:
        first = draw(studio, dana)
        second = ask(dana, {**DRESS, "priority": "high"})
        was, now = (content(dana, one["images"][0]["id"]) for one in (first, second))
        assert pixels(was) == pixels(now)
        assert said_in(now).generation_id == second["id"]
        assert said_in(now).parameters.priority == "high"
        assert first["id"].encode() not in now
        shown = dana.get(f"/api/v1/images/{second['images'][0]['id']}").json()
        assert shown["parameters"]["priority"] == "high"

    def test_costs_nothing_and_is_no_measure_of_pace(self, studio: Studio, dana: Client) -> None:
        first = draw(studio, dana)
        paid = first["credits"]
        assert paid > 0
        spent = dana.get("/api/v1/me/usage").json()["today"]["used"]
        before = price(dana, {**DRESS, "seed": 8})["estimated_seconds"]
        second = ask(dana)
        assert second["credits"] == 0
        assert dana.get("/api/v1/me/usage").json()["today"]["used"] == spent == pytest.approx(paid)
        assert price(dana, {**DRESS, "seed": 8})["estimated_seconds"] == before
        with studio.context.database.read() as session:
            charges = {one.generation_id: one for one in session.exec(select(UsageCharge))}
        assert charges[first["id"]].microcredits == round(paid * 1e6)
        assert charges[second["id"]].microcredits == 0

    def test_is_priced_at_nothing_beforehand_and_says_why(
        self, studio: Studio, dana: Client
    ) -> None:
        before = price(dana)
        draw(studio, dana)
        after = price(dana)
        assert (before["from_cache"], after["from_cache"]) == (False, True)
        assert before["credits"] > 0
        assert (after["credits"], after["estimated_seconds"]) == (0, 0)
        assert ask(dana, dry_run=True, fresh=True)["credits"] == before["credits"]

    def test_is_judged_found_and_counted_as_any_other(self, studio: Studio, dana: Client) -> None:
        was = draw(studio, dana)["images"][0]["id"]
        hits = ASKED.labels("hit")._value.get()
        second = ask(dana)
        now = second["images"][0]["id"]
        assert ASKED.labels("hit")._value.get() == hits + 1
        with studio.context.database.read() as session:
            checks = [session.get_one(SafetyCheck, one) for one in (was, now)]
            likes = [session.get_one(ImageLikeness, one) for one in (was, now)]
        assert checks[0].scores == checks[1].scores
        assert (likes[0].digest, likes[0].bands) == (likes[1].digest, likes[1].bands)
        found = dana.get("/api/v1/library", params={"q": "red dress"}).json()["items"]
        assert {one["id"] for one in found} == {was, now}
        assert verbs(studio.audited(f"generation:{second['id']}")) == [
            "generation.submit",
            "generation.succeeded",
        ]

    def test_ends_its_stream_as_any_other(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        followed = dana.get(f"{API}/{ask(dana)['id']}/events")
        assert followed.text.count("event: generation") == 1
        assert '"from_cache":true' in followed.text.replace(" ", "")

    def test_answers_an_answer(self, studio: Studio, dana: Client) -> None:
        first = draw(studio, dana)["images"][0]["id"]
        second = ask(dana)["images"][0]["id"]
        assert delete(dana, first) == 1
        third = ask(dana)
        assert third["from_cache"]
        assert pixels(content(dana, third["images"][0]["id"])) == pixels(content(dana, second))

    def test_is_touched_by_nothing_that_happens_to_the_first(
        self, studio: Studio, dana: Client
    ) -> None:
        first = draw(studio, dana)["images"][0]["id"]
        second = ask(dana)["images"][0]["id"]
        assert delete(dana, first) == 1
        assert dana.get(f"/api/v1/images/{first}").status_code == 404
        for variant in ("thumb", "preview", "full", "clean"):
            assert content(dana, second, variant)

    def test_touches_nothing_when_it_goes(self, studio: Studio, dana: Client) -> None:
        first = draw(studio, dana)["images"][0]["id"]
        assert delete(dana, ask(dana)["images"][0]["id"]) == 1
        for variant in ("thumb", "preview", "full"):
            assert content(dana, first, variant)


class TestWhatIsToldAndWhereItGoes:
    def test_webhooks_hear_of_it(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        address = {"Atelier-Webhook-Url": "https://hooks.example.com/told"}
        answer = dana.post(API, json=DRESS, headers=address)
        webhook, second = answer.headers["atelier-webhook-id"], answer.json()
        assert second["from_cache"]
        deliveries = dana.get(f"/api/v1/webhooks/{webhook}/deliveries").json()["items"]
        assert [one["kind"] for one in deliveries] == ["generation.succeeded"]

    def test_it_goes_into_the_gallery_and_stems_from_the_image_that_were_asked(
        self, studio: Studio, dana: Client
    ) -> None:
        first = draw(studio, dana)["images"][0]["id"]
        gallery = dana.post("/api/v1/galleries", json={"name": "Reds"}).json()["id"]
        second = ask(dana, gallery=gallery, parent=first)
        assert second["from_cache"]
        assert (second["gallery"]["id"], second["parent_id"]) == (gallery, first)
        there = dana.get(f"/api/v1/galleries/{gallery}/images").json()["items"]
        assert [one["id"] for one in there] == [second["images"][0]["id"]]

    def test_a_gallery_that_is_not_theirs_is_refused(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        eve = studio.actors.browser("designer")
        gallery = eve.post("/api/v1/galleries", json={"name": "Hers"}).json()["id"]
        assert dana.post(API, json=DRESS, params={"gallery": gallery}).status_code == 404

    def test_its_team_is_known_to_reports(self, studio: Studio, dana: Client) -> None:
        with studio.context.database.write() as session:
            team = Team(name="Knitwear")
            session.add(team)
            session.flush()
            session.get_one(User, dana.user_id).team_id = team.id
        draw(studio, dana)
        assert ask(dana)["from_cache"]
        report = studio.actors.browser("admin").get("/api/v1/usage/report", params={"by": "team"})
        [row] = report.json()["items"]
        assert (row["key"], row["images"], row["succeeded"]) == (team.id, 2, 2)


class TestSeveral:
    def test_come_from_whatever_drew_each_of_them(self, studio: Studio, dana: Client) -> None:
        for seed in (7, 8, 9):
            draw(studio, dana, seed=seed)
        second = ask(dana, {**DRESS, "num_images": 3})
        assert second["from_cache"]
        assert [(one["index"], one["seed"]) for one in second["images"]] == [(0, 7), (1, 8), (2, 9)]
        parameters = row_of(studio, second["images"][2]["id"]).parameters
        assert (parameters.seed, parameters.num_images) == (9, 1)

    def test_are_all_drawn_where_one_is_missing(self, studio: Studio, dana: Client) -> None:
        drawn = draw(studio, dana, num_images=2)
        more = draw(studio, dana, num_images=3)
        assert not more["from_cache"]
        assert more["credits"] == pytest.approx(drawn["credits"] * 1.5)

    def test_of_one_request_answer_each_by_itself(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana, num_images=3)
        assert ask(dana, {**DRESS, "seed": 9})["from_cache"]


class TestOnce:
    def test_the_same_key_is_the_same_answer(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        first, again = ask(dana, key="k"), ask(dana, key="k")
        assert first["id"] == again["id"]
        assert first["from_cache"]
        other = dana.post(API, json=DRESS, headers={"Idempotency-Key": "k"}, params={"fresh": True})
        assert other.json()["code"] == "idempotency_key_reused"

    def test_a_key_that_drew_is_not_answered_instead(self, dana: Client) -> None:
        drawn = ask(dana, key="k")
        dana.get(f"{API}/{drawn['id']}/events").raise_for_status()
        assert ask(dana, key="k")["id"] == drawn["id"]

    def test_many_at_once_have_each_their_own(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: ask(dana), range(8)))
        assert all(one["from_cache"] for one in answers)
        assert len({one["images"][0]["id"] for one in answers}) == 8
        assert len(studio.inference.asked) == 1

    def test_many_at_once_with_one_key_are_one(self, studio: Studio, dana: Client) -> None:
        draw(studio, dana)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: ask(dana, key="same"), range(6)))
        assert len({one["id"] for one in answers}) == 1
        with studio.context.database.read() as session:
            assert len(session.exec(select(Generation)).all()) == 2


def delete(person: Client, image_id: str) -> int:
    """Throw an image away and empty the trash; return how many went."""
    body: dict[str, Any] = {"image_ids": [image_id], "trashed": True}
    person.post("/api/v1/library/changes", json=body).raise_for_status()
    return int(person.post("/api/v1/library/trash/empty").json()["deleted"])
