"""Models switched off and on, and the default chosen, on both databases and over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import col, select

from backend.accounts.actor import Actor
from backend.accounts.models import RoleModel
from backend.catalog import choosing, management
from backend.catalog.models import ModelChoice
from backend.catalog.schemas import ManagedModel, ModelChange
from backend.kit.database import Database
from backend.kit.errors import Conflict, NotFound, Unprocessable
from tests.fixtures.actors import Client, actor_of, add_user
from tests.fixtures.app import Studio, open_studio
from tests.fixtures.scripted import CARD, ScriptedInference

MODELS = "/api/v1/models"
VEGA, LYRA = (CARD.model_copy(update={"name": name}) for name in ("vega", "lyra"))
CARDS = [CARD, VEGA, LYRA]
WHY = "Draws hands badly; use scripted"


@pytest.fixture
def boss(database: Database) -> Actor:
    return actor_of(add_user(database, "admin", name="Ada"))


def change(
    database: Database, boss: Actor, name: str, cards: Any = None, **wanted: Any
) -> ManagedModel:
    with database.write() as session:
        return management.change(session, boss, name, ModelChange(**wanted), cards or CARDS)


def offered(database: Database) -> list[str]:
    return [card.name for card in choosing.choices_in(database).offer(CARDS)]


class TestChoosing:
    def test_what_is_off_is_not_offered_until_it_is_on_again(
        self, database: Database, boss: Actor
    ) -> None:
        told = change(database, boss, "vega", enabled=False, reason=WHY)
        assert (told.enabled, told.reason, told.changed_by) == (False, WHY, "Ada")
        assert offered(database) == ["scripted", "lyra"]
        assert change(database, boss, "vega", enabled=True).reason == ""
        assert offered(database) == ["scripted", "vega", "lyra"]

    def test_the_default_comes_first_and_there_is_one(
        self, database: Database, boss: Actor
    ) -> None:
        for name in ("vega", "lyra", "vega", "lyra"):
            assert change(database, boss, name, is_default=True).is_default
            assert offered(database)[0] == name
        with database.read() as session:
            told = management.managed(session, CARDS)
        assert [one.name for one in told if one.is_default] == ["lyra"]

    def test_a_default_that_is_off_gives_way_until_it_is_on_again(
        self, database: Database, boss: Actor
    ) -> None:
        change(database, boss, "lyra", is_default=True)
        change(database, boss, "lyra", enabled=False, reason=WHY)
        assert offered(database) == ["scripted", "vega"]
        change(database, boss, "lyra", enabled=True)
        assert offered(database)[0] == "lyra"

    def test_the_last_one_stays_on(self, database: Database, boss: Actor) -> None:
        for name in ("scripted", "vega"):
            change(database, boss, name, enabled=False, reason=WHY)
        with pytest.raises(management.LastModel, match="lyra is the only model"):
            change(database, boss, "lyra", enabled=False, reason=WHY)
        assert offered(database) == ["lyra"]

    def test_two_administrators_cannot_switch_off_the_last_two_at_once(
        self, database: Database, boss: Actor
    ) -> None:
        def switch(name: str) -> bool:
            try:
                change(database, boss, name, CARDS[:2], enabled=False, reason=WHY)
            except management.LastModel:
                return False
            return True

        with ThreadPoolExecutor(2) as threads:
            done = list(threads.map(switch, ("scripted", "vega")))
        assert sorted(done) == [False, True]

    def test_refuses_what_makes_no_sense(self, database: Database, boss: Actor) -> None:
        with pytest.raises(Unprocessable) as caught:
            change(database, boss, "vega", enabled=False)
        assert caught.value.fields[0].field == "reason"
        with pytest.raises(NotFound):
            change(database, boss, "altair", enabled=True)
        change(database, boss, "vega", enabled=False, reason=WHY)
        with pytest.raises(Conflict, match="switch it on first"):
            change(database, boss, "vega", is_default=True)
        with pytest.raises(Conflict, match="not offered now"):
            change(database, boss, "vega", [CARD], enabled=True, is_default=True)

    def test_a_model_that_is_gone_is_still_told(self, database: Database, boss: Actor) -> None:
        change(database, boss, "vega", enabled=False, reason=WHY)
        with database.read() as session:
            told = management.managed(session, [CARD])
        assert [(one.name, one.card is None, one.enabled) for one in told] == [
            ("scripted", False, True),
            ("vega", True, False),
        ]

    def test_nothing_changed_is_no_deed(self, database: Database, boss: Actor) -> None:
        change(database, boss, "vega", enabled=True)
        with database.read() as session:
            rows = session.exec(select(ModelChoice).where(col(ModelChoice.model) == "vega")).all()
        assert rows == []


@pytest.fixture
def admin(studio: Studio) -> Client:
    studio.inference.cards = [CARD, VEGA]
    return studio.actors.browser("admin")


def switch_off(admin: Client, name: str = "vega") -> None:
    answer = admin.patch(f"{MODELS}/{name}", json={"enabled": False, "reason": WHY})
    assert answer.status_code == 200, answer.text


class TestOverHttp:
    def test_whoever_asks_for_it_is_told_why_and_what_to_take(
        self, studio: Studio, admin: Client
    ) -> None:
        switch_off(admin)
        designer = studio.actors.browser()
        assert [card["name"] for card in designer.get(MODELS).json()] == ["scripted"]
        asked = {"prompt": "a hat", "model": "vega"}
        answer = designer.post("/api/v1/generations", json=asked)
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "model_switched_off")
        assert WHY in problem["detail"]
        assert [(one["field"], one["nearest"]) for one in problem["fields"]] == [
            ("model", "scripted")
        ]
        studio.draw(designer, "a hat")

    def test_what_is_queued_is_still_drawn(self, studio: Studio, admin: Client) -> None:
        admin.post("/api/v1/queue/drain").raise_for_status()
        designer = studio.actors.browser()
        waiting = studio.submit(designer, "a hat", model="vega")
        switch_off(admin)
        admin.post("/api/v1/queue/resume").raise_for_status()
        designer.get(f"/api/v1/generations/{waiting}/events").raise_for_status()
        assert designer.get(f"/api/v1/generations/{waiting}").json()["state"] == "succeeded"

    def test_it_holds_in_every_process_from_the_next_request_on(
        self, studio: Studio, admin: Client
    ) -> None:
        quiet = {"dispatch_concurrency": 0, "data_dir": studio.context.settings.data_dir}
        settings = studio.context.settings.model_copy(update=quiet)
        with open_studio(settings, ScriptedInference()) as other:
            other.inference.cards = [CARD, VEGA]
            designer = other.actors.browser()
            assert len(designer.get(MODELS).json()) == 2
            switch_off(admin)
            assert [card["name"] for card in designer.get(MODELS).json()] == ["scripted"]

    def test_draws_with_the_chosen_default(self, studio: Studio, admin: Client) -> None:
        admin.patch(f"{MODELS}/vega", json={"is_default": True}).raise_for_status()
        drawn = studio.draw(studio.actors.browser(), "a hat")
        assert drawn["parameters"]["model"] == "vega"

    def test_a_role_whose_only_model_is_off_may_draw_with_nothing(
        self, studio: Studio, admin: Client
    ) -> None:
        with studio.context.database.write() as session:
            session.add(RoleModel(role="designer", model="vega"))
        switch_off(admin)
        designer = studio.actors.browser()
        answer = designer.post("/api/v1/generations", json={"prompt": "a hat"})
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")

    def test_when_inference_offers_only_what_is_off_people_are_told(
        self, studio: Studio, admin: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        switch_off(admin)
        monkeypatch.setattr("backend.catalog.service.FRESH_FOR_S", 0.0)
        studio.inference.cards = [VEGA]
        answer = studio.actors.browser().post("/api/v1/generations", json={"prompt": "a hat"})
        assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
        assert "switched off" in answer.json()["detail"]

    def test_tells_how_inference_is(self, studio: Studio, admin: Client) -> None:
        told = admin.get(f"{MODELS}/choices").json()
        assert (told["inference"]["ready"], told["inference"]["device"]) == (True, "cpu")
        assert [(one["name"], one["is_default"]) for one in told["items"]] == [
            ("scripted", True),
            ("vega", False),
        ]
        studio.inference.away = True
        assert admin.get(f"{MODELS}/choices").json()["inference"]["ready"] is False

    def test_every_deed_is_written_down(self, studio: Studio, admin: Client) -> None:
        switch_off(admin)
        for wanted in ({"enabled": True}, {"is_default": True}, {"is_default": True}):
            admin.patch(f"{MODELS}/vega", json=wanted).raise_for_status()
        entries = studio.audited("model:vega")
        assert [one.verb for one in entries] == ["model.off", "model.on", "model.default"]
        assert entries[0].detail == {"reason": WHY}
