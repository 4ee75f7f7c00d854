"""The stages of models over HTTP: what a move does to submissions, grids, restorations, API keys and the price."""

from __future__ import annotations

from typing import Any

import pytest

from backend.accounts.models import RoleModel, User
from backend.catalog.stages import is_drawn_by_canary
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio, open_studio
from tests.fixtures.scripted import CARD, ScriptedInference

API = "/api/v1"
MODELS = f"{API}/models"
VEGA = CARD.model_copy(update={"name": "vega", "title": "Vega"})
WHY = "Draws hands badly; use scripted"
SHARE = 50


@pytest.fixture
def admin(studio: Studio) -> Client:
    studio.inference.cards = [CARD, VEGA]
    return studio.actors.browser("admin")


def move(admin: Client, name: str = "vega", **wanted: Any) -> Any:
    answer = admin.patch(f"{MODELS}/{name}", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def person_of(studio: Studio, *, drawn: bool, role: str = "designer") -> User:
    """Return somebody for whom the canary draws, or does not."""
    while True:
        user = add_user(studio.context.database, role)
        if is_drawn_by_canary(user.id, "vega", SHARE) is drawn:
            return user


def refusal(answer: Any) -> tuple[int, str, str, str]:
    problem = answer.json()
    [field] = problem["fields"]
    return answer.status_code, problem["code"], field["field"], field["nearest"]


class TestRetired:
    def test_whoever_asks_for_it_is_told_why_and_what_to_take(
        self, studio: Studio, admin: Client
    ) -> None:
        move(admin, stage="retired", reason=WHY)
        designer = studio.actors.browser()
        assert [card["name"] for card in designer.get(MODELS).json()] == ["scripted"]
        answer = designer.post(f"{API}/generations", json={"prompt": "a hat", "model": "vega"})
        assert refusal(answer) == (422, "model_retired", "model", "scripted")
        assert WHY in answer.json()["detail"]
        studio.draw(designer, "a hat")

    def test_what_is_queued_is_still_drawn(self, studio: Studio, admin: Client) -> None:
        admin.post(f"{API}/queue/drain").raise_for_status()
        designer = studio.actors.browser()
        waiting = studio.submit(designer, "a hat", model="vega")
        move(admin, stage="retired", reason=WHY)
        admin.post(f"{API}/queue/resume").raise_for_status()
        designer.get(f"{API}/generations/{waiting}/events").raise_for_status()
        assert designer.get(f"{API}/generations/{waiting}").json()["state"] == "succeeded"

    def test_a_restoration_says_so_and_names_what_draws(
        self, studio: Studio, admin: Client
    ) -> None:
        move(admin, stage="retired", reason=WHY)
        text = "a hat\nSteps: 4, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 64x64, Model: vega"
        answer = studio.actors.browser().post(f"{API}/restorations", json={"text": text})
        notes = [one["note"] for one in answer.json()["changes"] if one["field"] == "model"]
        assert notes == [f"Model vega is retired ({WHY}); the form keeps scripted."]

    def test_it_holds_in_every_process_from_the_next_request_on(
        self, studio: Studio, admin: Client
    ) -> None:
        quiet = {"dispatch_concurrency": 0, "data_dir": studio.context.settings.data_dir}
        settings = studio.context.settings.model_copy(update=quiet)
        with open_studio(settings, ScriptedInference()) as other:
            other.inference.cards = [CARD, VEGA]
            designer = other.actors.browser()
            assert len(designer.get(MODELS).json()) == 2
            move(admin, stage="retired", reason=WHY)
            assert [card["name"] for card in designer.get(MODELS).json()] == ["scripted"]

    def test_a_role_whose_only_model_it_is_may_draw_with_nothing(
        self, studio: Studio, admin: Client
    ) -> None:
        with studio.context.database.write() as session:
            session.add(RoleModel(role="designer", model="vega"))
        move(admin, stage="retired", reason=WHY)
        answer = studio.actors.browser().post(f"{API}/generations", json={"prompt": "a hat"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    def test_when_inference_offers_nothing_else_people_are_told(
        self, studio: Studio, admin: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        move(admin, stage="retired", reason=WHY)
        monkeypatch.setattr("backend.catalog.service.FRESH_FOR_S", 0.0)
        studio.inference.cards = [VEGA]
        answer = studio.actors.browser().post(f"{API}/generations", json={"prompt": "a hat"})
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert "retired" in answer.json()["detail"]


class TestStaging:
    def test_is_there_for_administrators_alone(self, studio: Studio, admin: Client) -> None:
        move(admin, stage="staging")
        assert studio.draw(admin, "a hat", model="vega")["parameters"]["model"] == "vega"
        designer = studio.actors.browser()
        assert [card["name"] for card in designer.get(MODELS).json()] == ["scripted"]
        for path, body in (
            ("generations", {"prompt": "a hat", "model": "vega"}),
            ("grids", {"base": {"prompt": "a hat"}, "x": {"setting": "model", "values": ["vega"]}}),
        ):
            answer = designer.post(f"{API}/{path}", json=body)
            status, _, field, nearest = refusal(answer)
            assert (status, nearest) == (422, "scripted")
            assert field in {"model", "x.values.0"}
            assert "vega" not in answer.json()["fields"][0]["limit"]


class TestCanary:
    def test_draws_for_who_names_none_and_says_so(self, studio: Studio, admin: Client) -> None:
        move(admin, stage="canary", share=SHARE)
        for drawn in (True, False):
            designer = studio.actors.browser(user=person_of(studio, drawn=drawn))
            model = "vega" if drawn else "scripted"
            assert designer.get(MODELS).json()[0]["name"] == model
            asked = {"prompt": "a hat"}
            told = designer.post(f"{API}/generations?dry_run=true", json=asked).json()
            assert (told["model"], told["by_canary"]) == (model, drawn)
            made = studio.draw(designer, "a hat")
            assert (made["parameters"]["model"], made["by_canary"]) == (model, drawn)

    def test_whoever_names_a_model_gets_it(self, studio: Studio, admin: Client) -> None:
        move(admin, stage="canary", share=SHARE)
        for drawn in (True, False):
            designer = studio.actors.browser(user=person_of(studio, drawn=drawn))
            for name in ("vega", "scripted"):
                made = studio.draw(designer, "a hat", model=name)
                assert (made["parameters"]["model"], made["by_canary"]) == (name, False)

    def test_draws_the_cells_of_a_grid_that_name_none(self, studio: Studio, admin: Client) -> None:
        move(admin, stage="canary", share=SHARE)
        designer = studio.actors.browser(user=person_of(studio, drawn=True))
        for axis, expected in (
            ({"setting": "seed", "values": [1, 2]}, [("vega", True), ("vega", True)]),
            (
                {"setting": "model", "values": ["scripted", "vega"]},
                [("scripted", False), ("vega", False)],
            ),
        ):
            body = {"base": {"prompt": "a hat"}, "x": axis}
            price = designer.post(f"{API}/grids?dry_run=true", json=body).json()
            assert price["by_canary"] is expected[0][1]
            grid = designer.post(f"{API}/grids", json=body).json()
            cells = [one["generation"]["id"] for one in grid["cells"]]
            made = [designer.get(f"{API}/generations/{one}").json() for one in cells]
            assert [(one["parameters"]["model"], one["by_canary"]) for one in made] == expected

    def test_whose_role_may_not_never_gets_it_by_any_door(
        self, studio: Studio, admin: Client
    ) -> None:
        move(admin, stage="canary", share=SHARE)
        with studio.context.database.write() as session:
            session.add(RoleModel(role="designer", model="scripted"))
        user = person_of(studio, drawn=True)
        for person in (studio.actors.browser(user=user), studio.actors.program(user=user)):
            assert [card["name"] for card in person.get(MODELS).json()] == ["scripted"]
            made = studio.draw(person, "a hat")
            assert (made["parameters"]["model"], made["by_canary"]) == ("scripted", False)
            named = {"prompt": "a hat", "model": "vega"}
            for path, body in (
                ("generations", named),
                ("generations?dry_run=true", named),
                ("prompts/reading", named),
                ("grids", {"base": named, "x": {"setting": "seed", "values": [1]}}),
            ):
                status, _, field, nearest = refusal(person.post(f"{API}/{path}", json=body))
                assert (status, nearest) == (422, "scripted")
                assert field.endswith("model")


class TestAdministrators:
    def test_draw_with_the_default_they_chose(self, studio: Studio, admin: Client) -> None:
        move(admin, stage="default")
        assert studio.draw(studio.actors.browser(), "a hat")["parameters"]["model"] == "vega"

    def test_read_stages_roles_and_how_inference_is(self, studio: Studio, admin: Client) -> None:
        with studio.context.database.write() as session:
            session.add(RoleModel(role="designer", model="vega"))
        told = admin.get(f"{MODELS}/choices").json()
        assert (told["inference"]["ready"], told["before"]) == (True, None)
        assert [
            (one["name"], one["stage"], one["is_default"], one["roles"]) for one in told["items"]
        ] == [
            ("scripted", "available", True, ["admin"]),
            ("vega", "available", False, None),
        ]
        studio.inference.away = True
        assert admin.get(f"{MODELS}/choices").json()["inference"]["ready"] is False

    def test_roll_back_in_one_press(self, admin: Client) -> None:
        assert admin.post(f"{MODELS}/rollback", json={}).json()["code"] == "no_rollback"
        move(admin, stage="default")
        assert admin.get(f"{MODELS}/choices").json()["before"]["model"] == "scripted"
        answer = admin.post(f"{MODELS}/rollback", json={"reason": "Hands"})
        assert (answer.json()["name"], answer.json()["stage"]) == ("scripted", "default")
        moves = admin.get(f"{MODELS}/vega/moves").json()
        assert [(one["before"], one["after"]) for one in moves] == [
            ("default", "available"),
            ("available", "default"),
        ]

    def test_are_told_by_the_system_page_of_other_weights(
        self, studio: Studio, admin: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("backend.catalog.service.FRESH_FOR_S", 0.0)
        move(admin, stage="default")
        studio.inference.cards = [CARD, VEGA.model_copy(update={"weights_sha256": "f" * 64})]
        checks = {one["name"]: one for one in admin.get(f"{API}/system").json()["checks"]}
        assert checks["models"]["state"] == "warn"
        assert "vega" in checks["models"]["says"]
        assert "other weights than those that were approved" in checks["models"]["says"]
