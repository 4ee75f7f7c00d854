"""Policies, trials and figures over HTTP: the second person, the answer that comes in lines, and every process at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backend.moderation.models import SafetyCheck
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio, open_studio
from tests.fixtures.scripted import ScriptedInference

API = "/api/v1"
POLICIES = f"{API}/policies"


@pytest.fixture
def admin(studio: Studio) -> Client:
    return studio.actors.browser("admin")


@pytest.fixture
def second(studio: Studio) -> Client:
    return studio.actors.browser("admin")


def drafted(admin: Client, shift: float) -> Any:
    """Return a draft that shifts every threshold."""
    draft = admin.post(POLICIES, json={"note": "shifted"}).json()
    for category in draft["document"]["categories"]:
        category["shift"] = shift
    body = {"document": draft["document"], "note": "shifted", "digest": draft["digest"]}
    answer = admin.put(f"{POLICIES}/{draft['number']}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def activated(admin: Client, second: Client, shift: float) -> int:
    draft = drafted(admin, shift)
    path = f"{POLICIES}/{draft['number']}"
    admin.post(f"{path}/propose").raise_for_status()
    second.post(f"{path}/activate", json={"digest": draft["digest"]}).raise_for_status()
    return int(draft["number"])


def tried(admin: Client, number: int, **wanted: Any) -> Any:
    answer = admin.post(f"{POLICIES}/{number}/trial", json=wanted)
    assert answer.headers["content-type"] == "application/x-ndjson"
    *_, last = [json.loads(line) for line in answer.text.splitlines()]
    return last["report"]


class TestSecondPerson:
    def test_who_proposed_it_is_refused_and_another_is_not(
        self, admin: Client, second: Client
    ) -> None:
        draft = drafted(admin, 0.05)
        path, seen = f"{POLICIES}/{draft['number']}", {"digest": draft["digest"]}
        proposed = admin.post(f"{path}/propose").json()
        assert proposed["acts"] == ["withdraw"]
        assert "another administrator" in proposed["hindrance"]
        assert admin.post(f"{path}/activate", json=seen).status_code == 403
        assert second.get(path).json()["acts"] == ["activate", "withdraw"]
        assert second.post(f"{path}/activate", json=seen).json()["state"] == "active"

    def test_a_rollback_asks_for_a_reason_and_for_nobody_else(
        self, admin: Client, second: Client
    ) -> None:
        activated(admin, second, 0.05)
        assert admin.post(f"{POLICIES}/1/rollback", json={"reason": " "}).status_code == 422
        told = admin.post(f"{POLICIES}/1/rollback", json={"reason": "holds all"}).json()
        assert (told["state"], told["moves"][0]["rolled_back"]) == ("active", True)
        listed = admin.get(POLICIES).json()
        assert [listed["active"], listed["before"]] == [1, None]

    @pytest.mark.parametrize(
        ("change", "field", "nearest"),
        [
            ({"shift": 0.2}, "document.categories.0.shift", 0.05),
            ({"severity": "sever"}, "document.categories.0.severity", "severe"),
            ({"name": "No Slug"}, "document.categories.0.name", None),
        ],
    )
    def test_a_limit_is_named(
        self, admin: Client, change: dict[str, Any], field: str, nearest: Any
    ) -> None:
        draft = admin.post(POLICIES, json={}).json()
        draft["document"]["categories"][0].update(change)
        body = {"document": draft["document"], "digest": draft["digest"]}
        answer = admin.put(f"{POLICIES}/{draft['number']}", json=body)
        assert answer.status_code == 422
        [problem] = answer.json()["fields"]
        assert (problem["field"], problem["nearest"]) == (field, nearest)


class TestEverywhereAtOnce:
    def test_what_is_activated_here_decides_in_another_process(
        self, studio: Studio, admin: Client, second: Client
    ) -> None:
        quiet = {"dispatch_concurrency": 0, "data_dir": studio.context.settings.data_dir}
        settings = studio.context.settings.model_copy(update=quiet)
        with open_studio(settings, ScriptedInference()) as other:
            there = other.actors.browser("admin")
            assert there.get(POLICIES).json()["active"] == 1
            number = activated(there, second, 0.05)
            image = studio.image(admin)
        with studio.context.database.read() as session:
            judged_by = session.get_one(SafetyCheck, image["id"]).policy_version
        assert judged_by == str(number)

    def test_what_was_drawn_under_another_version_does_not_answer(
        self, studio: Studio, admin: Client, second: Client
    ) -> None:
        look = {"prompt": "a red dress", "seed": 5}
        studio.draw(admin, "a red dress", seed=5)
        asked = f"{API}/generations?dry_run=true"
        assert admin.post(asked, json=look).json()["from_cache"] is True
        activated(admin, second, 0.01)
        assert admin.post(asked, json=look).json()["from_cache"] is False


class TestTrial:
    def test_tells_a_draft_that_is_not_stored(self, studio: Studio, admin: Client) -> None:
        image = studio.image(studio.actors.browser(), "a dress with motif")
        draft = admin.get(f"{POLICIES}/1").json()["document"]
        assert tried(admin, 1, document=draft)["released"] == 0
        draft["categories"] = []
        assert tried(admin, 1)["categories"] == []
        report = tried(admin, 1, document=draft)
        assert (report["of"], report["held_in_all"]) == (1, 1)
        assert studio.flag_of(image["id"])["state"] == "open"

    def test_holds_the_past_of_the_active_version_alone(
        self, studio: Studio, admin: Client, second: Client
    ) -> None:
        image = studio.image(studio.actors.browser())
        number = activated(admin, second, 0.05)
        wanted = {"image_ids": [image["id"]], "reason": "seen now"}
        assert admin.post(f"{POLICIES}/1/hold", json=wanted).status_code == 409
        answer = admin.post(f"{POLICIES}/{number}/hold", json=wanted)
        assert answer.json() == {"held": 0}
