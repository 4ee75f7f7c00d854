"""Leaving over HTTP: who asks, what must be typed, what is answered and what then happens."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from backend.dispatch import erasing
from backend.kit.ids import new_id
from backend.kit.settings import Settings
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import QUIET, Studio

API = "/api/v1"
WITHIN_S = 20.0


@pytest.fixture(autouse=True)
def _looking_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "LOOK_EVERY_S", 0.05)


@pytest.fixture
def studio_settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET)


@pytest.fixture
def dana(studio: Studio) -> Client:
    user = add_user(studio.context.database, email="dana@example.com")
    return studio.actors.browser(user=user)


@pytest.fixture
def ada(studio: Studio) -> Client:
    return studio.actors.browser("admin")


def ended(ada: Client, erasure_id: str) -> Any:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        told = ada.get(f"{API}/erasures/{erasure_id}").json()
        if told["ended_at"]:
            return told
        time.sleep(0.02)
    raise AssertionError("the erasure did not end")


class TestErase:
    def test_goes_on_by_itself_until_nothing_is_left(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        image = studio.image(dana)
        path = f"{API}/people/{dana.user_id}/erase"
        foretold = ada.post(path, json={}, params={"dry_run": True})
        assert foretold.status_code == 200
        assert foretold.json()["removed"]["images"] == 1
        assert dana.get(f"{API}/me").status_code == 200
        answer = ada.post(path, json={"confirm": " Dana@example.com "})
        assert answer.status_code == 202
        assert dana.get(f"{API}/me").status_code == 401
        told = ended(ada, answer.json()["id"])
        assert (told["removed"]["images"], told["asked_by"]) == (1, ada.user_id)
        assert {one["what"] for one in told["kept"]} >= {"audit_entry", "user_account"}
        assert ada.get(f"{API}/images/{image['id']}").status_code == 404
        assert [one["id"] for one in ada.get(f"{API}/erasures").json()["items"]] == [told["id"]]

    @pytest.mark.parametrize("confirm", ["", "eve@example.com"])
    def test_wants_the_address_once_more(self, dana: Client, ada: Client, confirm: str) -> None:
        answer = ada.post(f"{API}/people/{dana.user_id}/erase", json={"confirm": confirm})
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == "confirm"
        assert dana.get(f"{API}/me").status_code == 200

    def test_wants_the_id_of_whoever_has_no_address(self, studio: Studio, ada: Client) -> None:
        nameless = add_user(studio.context.database, email="")
        path = f"{API}/people/{nameless.id}/erase"
        assert ada.post(path, json={"confirm": ""}).status_code == 422
        assert ada.post(path, json={"confirm": nameless.id}).status_code == 202

    def test_is_not_for_oneself(self, studio: Studio) -> None:
        user = add_user(studio.context.database, "admin", email="ada@example.com")
        ada = studio.actors.browser(user=user)
        answer = ada.post(f"{API}/people/{user.id}/erase", json={"confirm": user.email})
        assert answer.status_code == 409
        assert ada.get(f"{API}/me").status_code == 200

    def test_knows_only_people_and_erasures_that_are_there(self, ada: Client) -> None:
        nobody = new_id()
        body = {"confirm": "dana@example.com"}
        assert ada.post(f"{API}/people/{nobody}/erase", json=body).status_code == 404
        assert ada.post(f"{API}/people/{nobody}/transfer", json={"to": nobody}).status_code == 404
        assert ada.get(f"{API}/erasures/{nobody}").status_code == 404


class TestLegalHold:
    def test_forbids_and_is_named(self, studio: Studio, dana: Client, ada: Client) -> None:
        image = studio.image(dana)
        body = {"subject": f"image:{image['id']}", "reason": "Dispute 7"}
        placed = ada.post(f"{API}/legal-holds", json=body)
        assert placed.status_code == 201
        hold = placed.json()["id"]
        erase = f"{API}/people/{dana.user_id}/erase"
        refused = ada.post(erase, json={"confirm": "dana@example.com"})
        assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
        assert hold in refused.json()["detail"]
        foretold = ada.post(erase, json={}, params={"dry_run": True}).json()
        assert foretold["legal_hold"] == hold
        assert ada.post(f"{API}/legal-holds/{hold}/lift").status_code == 200
        assert ada.post(f"{API}/legal-holds/{hold}/lift").status_code == 409
        assert ada.post(erase, json={"confirm": "dana@example.com"}).status_code == 202

    def test_keeps_a_person_from_deleting_their_webhooks(self, dana: Client, ada: Client) -> None:
        hook = dana.post(f"{API}/webhooks", json={"url": "https://hooks.example.com/x"}).json()
        body = {"subject": f"person:{dana.user_id}", "reason": "Dispute 7"}
        hold = ada.post(f"{API}/legal-holds", json=body).json()["id"]
        refused = dana.delete(f"{API}/webhooks/{hook['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "legal_hold")
        assert "Dispute" not in refused.text
        ada.post(f"{API}/legal-holds/{hold}/lift")
        assert dana.delete(f"{API}/webhooks/{hook['id']}").status_code == 204


class TestTransfer:
    def test_gives_the_work_to_somebody_who_then_sees_it(
        self, studio: Studio, dana: Client, ada: Client
    ) -> None:
        eve = studio.actors.browser("designer")
        image = studio.image(dana)
        path = f"{API}/people/{dana.user_id}/transfer"
        moved = ada.post(path, json={"to": eve.user_id})
        assert moved.json() == {
            "generations": 1,
            "images": 1,
            "galleries": 0,
            "grids": 0,
            "runs": 0,
        }
        content = f"{API}/images/{image['id']}/content"
        assert eve.get(content).status_code == 200
        assert dana.get(content).status_code == 404
        assert ada.post(path, json={"to": dana.user_id}).status_code == 409
