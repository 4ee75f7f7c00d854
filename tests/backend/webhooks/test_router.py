"""Webhooks through HTTP: made, shown once, changed, rotated, tested, listed, sent again."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import col, select, update

from backend.kit.keyring import ring_of
from backend.kit.queue import State
from backend.webhooks.models import Delivery, Webhook
from backend.webhooks.schemas import MOST_WEBHOOKS
from backend.webhooks.sealing import opened_all
from backend.webhooks.signatures import new_secret
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio

HOOKS = "/api/v1/webhooks"
URL = "https://hooks.example.com/atelier"
ALL = [
    "generation.succeeded",
    "generation.failed",
    "generation.canceled",
    "image.held",
    "image.decided",
]


@pytest.fixture
def dana(studio: Studio) -> Client:
    return studio.actors.browser("designer")


def made(person: Client, **wanted: Any) -> Any:
    answer = person.post(HOOKS, json={"url": URL, **wanted})
    assert answer.status_code == 201, answer.text
    return answer.json()


def try_out(person: Client, webhook_id: str) -> Any:
    answer = person.post(f"{HOOKS}/{webhook_id}/test")
    assert answer.status_code == 202, answer.text
    return answer.json()


def sent_to(person: Client, webhook_id: str, **page: Any) -> Any:
    return person.get(f"{HOOKS}/{webhook_id}/deliveries", params=page).json()


def end(studio: Studio, delivery_id: str, state: State) -> None:
    with studio.context.database.write() as session:
        session.execute(
            update(Delivery).where(col(Delivery.id) == delivery_id).values(state=state, attempt=10)
        )


class TestCreate:
    def test_shows_the_secret_once(self, studio: Studio, dana: Client) -> None:
        webhook = made(dana, description=" Lookbook ")
        assert webhook["secret"].startswith("whsec_")
        assert (webhook["description"], webhook["enabled"]) == ("Lookbook", True)
        assert webhook["kinds"] == ALL
        (listed,) = dana.get(HOOKS).json()
        read = dana.get(f"{HOOKS}/{webhook['id']}").json()
        assert listed == read == {name: webhook[name] for name in webhook if name != "secret"}
        (entry,) = studio.audited(f"webhook:{webhook['id']}")
        assert (entry.verb, entry.actor_id) == ("webhook.create", dana.user_id)

    @pytest.mark.parametrize(
        "wrong",
        [
            {"url": "http://hooks.example.com/"},
            {"url": "https://10.0.0.1/"},
            {"url": "https://user:pass@hooks.example.com/"},
            {"url": URL, "kinds": []},
            {"url": URL, "kinds": ["generation.started"]},
            {"url": URL, "kinds": ["webhook.test"]},
            {"url": URL, "secret": "whsec_mine"},
            {"url": URL, "description": "x" * 201},
            {},
        ],
    )
    def test_refuses_what_is_wrong_and_says_what(self, dana: Client, wrong: Any) -> None:
        answer = dana.post(HOOKS, json=wrong)
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["message"]
        assert dana.get(HOOKS).json() == []

    def test_stops_at_as_many_as_one_may_have(self, dana: Client) -> None:
        statuses = [
            dana.post(HOOKS, json={"url": URL}).status_code for _ in range(MOST_WEBHOOKS + 1)
        ]
        assert statuses == [201] * MOST_WEBHOOKS + [409]


class TestChange:
    def test_changes_what_is_named_and_leaves_the_rest(self, dana: Client) -> None:
        webhook = made(dana)
        there = f"{HOOKS}/{webhook['id']}"
        changed = dana.patch(there, json={"kinds": ["image.held", "image.held"]}).json()
        assert (changed["kinds"], changed["url"]) == (["image.held"], URL)
        moved = dana.patch(
            there, json={"url": "https://other.example.com/", "include_prompt": True}
        )
        assert (moved.json()["url"], moved.json()["include_prompt"]) == (
            "https://other.example.com/",
            True,
        )
        assert dana.patch(there, json={"url": "https://127.0.0.1/"}).status_code == 422
        assert dana.get(there).json() == moved.json()

    def test_disabling_cancels_what_waits_and_enabling_forgets_why(self, dana: Client) -> None:
        webhook = made(dana)
        there = f"{HOOKS}/{webhook['id']}"
        try_out(dana, webhook["id"])
        assert dana.patch(there, json={"enabled": False}).json()["enabled"] is False
        (waiting,) = sent_to(dana, webhook["id"])["items"]
        assert (waiting["state"], waiting["error"]) == (
            "canceled",
            "Its owner disabled the webhook.",
        )
        refused = dana.post(f"{there}/test")
        assert refused.status_code == 409
        assert "Enable it first" in refused.json()["detail"]
        assert dana.patch(there, json={"enabled": True}).json()["disabled_reason"] is None
        try_out(dana, webhook["id"])


class TestRotate:
    def test_shows_a_new_secret_and_keeps_the_old_one_for_a_day(
        self, studio: Studio, dana: Client
    ) -> None:
        webhook = made(dana)
        rotated = dana.post(f"{HOOKS}/{webhook['id']}/rotate").json()
        assert rotated["secret"] != webhook["secret"]
        assert rotated["previous_until"] > rotated["created_at"]
        with studio.context.database.read() as session:
            row = session.get_one(Webhook, webhook["id"])
            ring = ring_of(studio.context.settings)
            assert opened_all(ring, row.signing_secrets) == [rotated["secret"], webhook["secret"]]
            row.previous_until = row.created_at
            assert opened_all(ring, row.signing_secrets) == [rotated["secret"]]
        assert [entry.verb for entry in studio.audited(f"webhook:{webhook['id']}")] == [
            "webhook.create",
            "webhook.rotate",
        ]


class TestDelete:
    def test_takes_its_deliveries_along(self, studio: Studio, dana: Client) -> None:
        webhook = made(dana)
        try_out(dana, webhook["id"])
        assert dana.delete(f"{HOOKS}/{webhook['id']}").status_code == 204
        assert dana.get(f"{HOOKS}/{webhook['id']}").status_code == 404
        with studio.context.database.read() as session:
            assert session.exec(select(Delivery)).all() == []


class TestTest:
    def test_waits_for_its_turn_and_is_sent_once_at_a_time(self, dana: Client) -> None:
        webhook = made(dana)
        delivery = try_out(dana, webhook["id"])
        assert (delivery["kind"], delivery["state"], delivery["attempts"]) == (
            "webhook.test",
            "queued",
            0,
        )
        assert delivery["next_try_at"]
        again = dana.post(f"{HOOKS}/{webhook['id']}/test")
        assert again.status_code == 429
        assert again.headers["retry-after"] == "5"


class TestDeliveries:
    def test_are_told_page_by_page_newest_first(self, studio: Studio, dana: Client) -> None:
        webhook = made(dana)
        ids = []
        for _ in range(3):
            ids.append(try_out(dana, webhook["id"])["id"])
            end(studio, ids[-1], State.SUCCEEDED)
        first = sent_to(dana, webhook["id"], limit=2)
        rest = sent_to(dana, webhook["id"], limit=2, cursor=first["next_cursor"])
        assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
        assert rest["next_cursor"] is None

    def test_are_of_what_happened_to_ones_own_generations(
        self, studio: Studio, dana: Client
    ) -> None:
        mine, others = made(dana), made(studio.actors.browser("designer"))
        only_held = made(dana, kinds=["image.held"])
        drawn = studio.draw(dana)
        held = studio.draw(dana, "a dress with motif")
        told = sent_to(dana, mine["id"])["items"]
        assert {(item["kind"], item["subject"]) for item in told} == {
            ("generation.succeeded", f"generation:{drawn['id']}"),
            ("generation.succeeded", f"generation:{held['id']}"),
            ("image.held", f"image:{held['images'][0]['id']}"),
        }
        assert [item["kind"] for item in sent_to(dana, only_held["id"])["items"]] == ["image.held"]
        with studio.context.database.read() as session:
            rows = session.exec(select(Delivery).where(Delivery.webhook_id == others["id"])).all()
        assert rows == []


class TestRedeliver:
    def test_sends_again_under_the_same_id(self, studio: Studio, dana: Client) -> None:
        webhook = made(dana)
        delivery = try_out(dana, webhook["id"])
        path = f"{HOOKS}/deliveries/{delivery['id']}/redeliver"
        assert dana.post(path).status_code == 409
        end(studio, delivery["id"], State.FAILED)
        again = dana.post(path)
        assert again.status_code == 202
        assert (again.json()["id"], again.json()["state"]) == (delivery["id"], "queued")
        assert again.json()["attempts"] == 0
        (entry,) = studio.audited(f"delivery:{delivery['id']}")
        assert entry.verb == "webhook.redeliver"

    def test_refuses_while_the_webhook_is_disabled(self, dana: Client) -> None:
        webhook = made(dana)
        delivery = try_out(dana, webhook["id"])
        dana.patch(f"{HOOKS}/{webhook['id']}", json={"enabled": False})
        answer = dana.post(f"{HOOKS}/deliveries/{delivery['id']}/redeliver")
        assert answer.status_code == 409


class TestOfOneGeneration:
    def submit(self, person: Client, url: str = URL, **headers: str) -> Any:
        return person.post(
            "/api/v1/generations",
            json={"prompt": "a red dress"},
            headers={"Atelier-Webhook-Url": url, **headers},
        )

    def test_is_told_of_that_one_alone(self, studio: Studio, dana: Client) -> None:
        answer = self.submit(dana)
        generation, webhook_id = answer.json()["id"], answer.headers["atelier-webhook-id"]
        assert answer.headers["atelier-webhook-secret"].startswith("whsec_")
        assert answer.headers["cache-control"] == "no-store"
        dana.get(f"/api/v1/generations/{generation}/events").raise_for_status()
        studio.draw(dana)
        (told,) = sent_to(dana, webhook_id)["items"]
        assert told["subject"] == f"generation:{generation}"
        assert dana.get(HOOKS).json() == []

    def test_comes_back_with_the_same_idempotency_key(self, dana: Client) -> None:
        first = self.submit(dana, **{"Idempotency-Key": "k"})
        again = self.submit(dana, **{"Idempotency-Key": "k"})
        assert again.status_code == 200
        for name in ("atelier-webhook-id", "atelier-webhook-secret"):
            assert again.headers[name] == first.headers[name]
        other = self.submit(dana, "https://other.example.com/", **{"Idempotency-Key": "k"})
        assert other.json()["code"] == "idempotency_key_reused"

    def test_must_lead_outside(self, dana: Client) -> None:
        answer = self.submit(dana, "https://169.254.169.254/latest")
        assert answer.status_code == 422
        assert answer.json()["fields"][0]["field"] == "atelier-webhook-url"
        assert dana.get("/api/v1/generations").json()["items"] == []


def test_secrets_are_shown_by_nothing_else(studio: Studio, dana: Client) -> None:
    row = Webhook(owner_id=dana.user_id, url=URL, kinds=ALL, secret=new_secret())
    with studio.context.database.write() as session:
        session.add(row)
    for path in (HOOKS, f"{HOOKS}/{row.id}", f"{HOOKS}/{row.id}/deliveries"):
        assert row.secret not in dana.get(path).text
