"""Submit, list, read, cancel and price, as a program does it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend.generations.models import Generation
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

API = "/api/v1/generations"
RED = {"prompt": "a red dress"}
# For what is refused before any database is asked.
ANY_DATABASE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.program("designer")


def post(person: Client, body: Any = RED, key: str | None = None, **query: Any) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return person.post(API, json=body, headers=headers, params=query)


class TestSubmit:
    def test_accepts_with_the_models_defaults_and_a_seed(self, dana: Client) -> None:
        answer = post(dana)
        assert answer.status_code == 202
        body = answer.json()
        assert body["state"] in {"queued", "running", "succeeded"}
        assert body["parameters"]["model"] == "scripted"
        assert body["parameters"]["num_inference_steps"] == 4
        assert body["parameters"]["seed"] >= 0
        assert body["urls"] == {
            "self": f"{API}/{body['id']}",
            "events": f"{API}/{body['id']}/events",
            "cancel": f"{API}/{body['id']}/cancel",
        }

    def test_draws_another_seed_each_time(self, dana: Client) -> None:
        seeds = {post(dana).json()["parameters"]["seed"] for _ in range(3)}
        assert len(seeds) == 3

    def test_comes_out_with_images(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana, seed=41, num_images=2)
        assert done["state"] == "succeeded"
        assert [(image["index"], image["seed"]) for image in done["images"]] == [(0, 41), (1, 42)]
        assert {image["moderation"] for image in done["images"]} == {"released"}
        assert done["error"] is None
        assert done["started_at"] <= done["ended_at"]

    def test_says_why_it_failed(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana, "broken")
        assert done["state"] == "failed"
        assert done["error"] == {"code": "broken", "message": "the script breaks here"}

    def test_tells_the_owner_why_an_image_is_held(self, studio: Studio, dana: Client) -> None:
        image = studio.draw(dana, "a dress with motif")["images"][0]
        assert image["moderation"] == "held"
        assert "restricted motif" in image["reason"]

    @ANY_DATABASE
    @pytest.mark.parametrize(
        ("field", "value", "nearest"),
        [
            ("width", 257, 256),
            ("width", 5000, 1024),
            ("num_inference_steps", 0, 1),
            ("num_images", 9, 8),
            ("seed", -2, -1),
            ("seed", 2**32, 2**32 - 1),
            ("guidance_scale", 0.5, 1),
        ],
    )
    def test_refuses_a_value_out_of_range_and_names_a_good_one(
        self, dana: Client, field: str, value: float, nearest: float
    ) -> None:
        answer = post(dana, {**RED, field: value})
        assert answer.status_code == 422
        [problem] = answer.json()["fields"]
        assert problem["field"] == field
        assert problem["nearest"] == nearest
        assert problem["limit"]

    def test_refuses_more_pixels_than_the_model_draws(self, dana: Client) -> None:
        answer = post(dana, {**RED, "width": 1024, "height": 512})
        assert answer.status_code == 422
        fields = {field["field"]: field["nearest"] for field in answer.json()["fields"]}
        assert fields == {"width": 720, "height": 360}
        assert post(dana, {**RED, **fields}, dry_run=True).status_code == 200

    def test_refuses_a_model_that_is_not_there(self, dana: Client) -> None:
        answer = post(dana, {**RED, "model": "scripted-xl"})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["nearest"] == "scripted"

    def test_refuses_a_field_it_does_not_know(self, dana: Client) -> None:
        assert post(dana, {**RED, "owner_id": "somebody"}).status_code == 422

    def test_refuses_whoever_may_not_generate(self, studio: Studio) -> None:
        assert post(studio.actors.program("marketing")).status_code == 403
        assert post(studio.actors.anonymous()).status_code == 401

    def test_refuses_more_than_one_person_may_have_outstanding(
        self, studio: Studio, dana: Client
    ) -> None:
        with studio.inference.hold():
            accepted = [post(dana).status_code for _ in range(3)]
            refused = post(dana)
            somebody_else = post(studio.actors.program("designer"))
        assert accepted == [202, 202, 202]
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        assert refused.json()["code"] == "too_many"
        assert somebody_else.status_code == 202

    def test_writes_it_into_the_audit(self, studio: Studio, dana: Client) -> None:
        generation_id = studio.submit(dana)
        [first, *_] = studio.audited(f"generation:{generation_id}")
        assert (first.verb, first.actor_id) == ("generation.submit", dana.user_id)


class TestIdempotency:
    def test_the_same_key_and_body_is_the_same_generation(self, dana: Client) -> None:
        first, second = post(dana, key="k"), post(dana, key="k")
        assert (first.status_code, second.status_code) == (202, 200)
        assert first.json()["id"] == second.json()["id"]
        assert first.json()["parameters"]["seed"] == second.json()["parameters"]["seed"]

    def test_the_same_key_with_another_body_is_refused(self, dana: Client) -> None:
        post(dana, key="k")
        answer = post(dana, {"prompt": "a blue dress"}, key="k")
        assert answer.status_code == 422
        assert answer.json()["code"] == "idempotency_key_reused"

    def test_a_key_belongs_to_one_person(self, studio: Studio, dana: Client) -> None:
        mine = post(dana, key="k").json()["id"]
        theirs = post(studio.actors.program("designer"), key="k")
        assert theirs.status_code == 202
        assert theirs.json()["id"] != mine

    def test_many_at_once_are_one(self, dana: Client) -> None:
        with ThreadPoolExecutor(8) as pool:
            answers = [
                task.result() for task in [pool.submit(post, dana, RED, "k") for _ in range(8)]
            ]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [202]

    def test_refuses_a_key_that_is_too_long(self, dana: Client) -> None:
        assert post(dana, key="k" * 256).status_code == 422


class TestDryRun:
    def test_prices_without_a_row(self, dana: Client) -> None:
        answer = post(dana, {**RED, "width": 256, "height": 256, "num_images": 2}, dry_run=True)
        assert answer.status_code == 200
        assert answer.json() == {
            "credits": 0.524288,
            "estimated_seconds": None,
            "remaining": None,
            "resets_at": None,
            "from_cache": False,
            "model": "scripted",
            "by_canary": False,
            "words": [],
        }
        assert dana.get(API).json()["items"] == []

    def test_estimates_from_what_was_measured(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana)
        assert done["state"] == "succeeded"
        estimate = post(dana, dry_run=True).json()["estimated_seconds"]
        assert 0 <= estimate < 30


class TestList:
    def test_pages_through_ones_own_newest_first(self, studio: Studio, dana: Client) -> None:
        ids = [studio.draw(dana, f"dress {number}")["id"] for number in range(3)]
        studio.draw(studio.actors.program("designer"))
        first = dana.get(API, params={"limit": 2}).json()
        rest = dana.get(API, params={"limit": 2, "cursor": first["next_cursor"]}).json()
        assert [row["id"] for row in first["items"] + rest["items"]] == ids[::-1]
        assert rest["next_cursor"] is None

    def test_finds_words_of_the_prompt(self, studio: Studio, dana: Client) -> None:
        for prompt in ("a Red dress", "a navy coat", "100% wool"):
            studio.draw(dana, prompt)

        def found(words: str) -> list[str]:
            items = dana.get(API, params={"q": words}).json()["items"]
            return [row["parameters"]["prompt"] for row in items]

        assert found("red") == ["a Red dress"]
        assert found("100%") == ["100% wool"]
        assert found("silk") == []

    def test_finds_names_too_and_what_is_pinned(self, studio: Studio, dana: Client) -> None:
        ids = [studio.draw(dana, prompt)["id"] for prompt in ("a dress", "a coat", "a hat")]
        dana.patch(f"{API}/{ids[0]}", json={"name": "Silk look"}).raise_for_status()
        for generation_id in ids[:2]:
            dana.patch(f"{API}/{generation_id}", json={"pinned": True}).raise_for_status()

        def found(**query: Any) -> list[str]:
            return [row["id"] for row in dana.get(API, params=query).json()["items"]]

        assert found(q="silk") == [ids[0]]
        assert found(pinned=True) == [ids[1], ids[0]]
        assert found(pinned=True, q="coat") == [ids[1]]
        page = dana.get(API, params={"pinned": True, "limit": 1}).json()
        assert found(pinned=True, cursor=page["next_cursor"]) == [ids[0]]

    @ANY_DATABASE
    @pytest.mark.parametrize(
        "query", [{"limit": 0}, {"limit": 10**9}, {"cursor": "%%%"}, {"cursor": "x"}]
    )
    def test_refuses_what_makes_no_page(self, dana: Client, query: dict[str, Any]) -> None:
        assert dana.get(API, params=query).status_code == 422


class TestRead:
    def test_hides_what_belongs_to_someone_else(self, studio: Studio, dana: Client) -> None:
        generation_id = studio.submit(dana)
        stranger = studio.actors.program("designer")
        missing = stranger.get(f"{API}/00000000000000000000000000")
        foreign = stranger.get(f"{API}/{generation_id}")
        assert (missing.status_code, foreign.status_code) == (404, 404)
        assert missing.json()["code"] == foreign.json()["code"] == "not_found"
        assert stranger.get(f"{API}/{generation_id}/events").status_code == 404
        assert stranger.post(f"{API}/{generation_id}/cancel").status_code == 404

    def test_says_how_many_are_before_it(self, studio: Studio, dana: Client) -> None:
        with studio.inference.hold():
            ids = [studio.submit(dana) for _ in range(3)]
            last = dana.get(f"{API}/{ids[-1]}").json()
        assert last["state"] == "queued"
        assert 0 <= last["position"] <= 2


class TestCancel:
    def test_ends_a_queued_one_at_once(self, studio: Studio, dana: Client) -> None:
        with studio.inference.hold():
            ids = [studio.submit(dana) for _ in range(3)]
            answer = dana.post(f"{API}/{ids[-1]}/cancel")
        assert answer.status_code == 200
        assert answer.json()["state"] == "canceled"

    def test_is_no_error_twice(self, studio: Studio, dana: Client) -> None:
        with studio.inference.hold():
            ids = [studio.submit(dana) for _ in range(3)]
            answers = [dana.post(f"{API}/{ids[-1]}/cancel").status_code for _ in range(2)]
        assert answers == [200, 200]

    def test_stops_a_running_one(self, studio: Studio, dana: Client) -> None:
        with studio.inference.hold():
            generation_id = studio.submit(dana)
            dana.post(f"{API}/{generation_id}/cancel")
            dana.get(f"{API}/{generation_id}/events")
            assert dana.get(f"{API}/{generation_id}").json()["state"] == "canceled"

    def test_is_refused_when_it_has_succeeded(self, studio: Studio, dana: Client) -> None:
        done = studio.draw(dana)
        answer = dana.post(f"{API}/{done['id']}/cancel")
        assert answer.status_code == 409
        assert answer.json()["code"] == "already_ended"


class TestRemember:
    def test_keeps_what_is_not_said(self, studio: Studio, dana: Client) -> None:
        made = studio.draw(dana)
        assert (made["name"], made["pinned"]) == (None, False)
        assert made["credits"] > 0
        path = f"{API}/{made['id']}"
        told = dana.patch(path, json={"name": "  Spring knits  "}).json()
        assert (told["name"], told["pinned"]) == ("Spring knits", False)
        told = dana.patch(path, json={"pinned": True}).json()
        assert (told["name"], told["pinned"]) == ("Spring knits", True)
        told = dana.patch(path, json={"name": "", "pinned": False}).json()
        assert (told["name"], told["pinned"]) == (None, False)

    def test_pinning_twice_keeps_the_first_time(self, studio: Studio, dana: Client) -> None:
        made = studio.draw(dana)
        times = []
        for _ in range(2):
            dana.patch(f"{API}/{made['id']}", json={"pinned": True}).raise_for_status()
            with studio.context.database.read() as session:
                times.append(session.get_one(Generation, made["id"]).pinned_at)
        assert times[0] == times[1]

    @pytest.mark.parametrize(
        ("body", "wrong"),
        [({"name": "x" * 81}, "name"), ({"pinned": "perhaps"}, "pinned"), ({"nam": "x"}, "nam")],
    )
    def test_refuses_what_it_cannot_keep(
        self, studio: Studio, dana: Client, body: dict[str, Any], wrong: str
    ) -> None:
        answer = dana.patch(f"{API}/{studio.draw(dana)['id']}", json=body)
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == wrong

    def test_is_its_owners_business(self, studio: Studio, dana: Client) -> None:
        made = studio.draw(dana)
        other = studio.actors.browser("designer")
        assert other.patch(f"{API}/{made['id']}", json={"name": "mine"}).status_code == 404
