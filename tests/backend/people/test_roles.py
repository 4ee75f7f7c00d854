"""Roles: what those who have one may do, with which models, from their next request on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from backend.accounts.models import RoleModel, User
from tests.fixtures.actors import Client, add_user
from tests.fixtures.app import Studio

ROLES = "/api/v1/roles"
PROMPT = {"prompt": "a red dress"}


def roles(ada: Client) -> dict[str, Any]:
    return {one["name"]: one for one in ada.get(ROLES).json()["items"]}


def change(ada: Client, name: str, **wanted: Any) -> Any:
    answer = ada.patch(f"{ROLES}/{name}", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def make(studio: Studio, ada: Client, name: str, *permissions: str, **more: Any) -> Client:
    """Make a role and somebody who has it."""
    wanted = {"name": name, "permissions": list(permissions), **more}
    answer = ada.post(ROLES, json=wanted)
    assert answer.status_code == 201, answer.text
    return studio.actors.browser(user=add_user(studio.context.database, name))


class TestRows:
    def test_are_listed_made_changed_and_removed(self, studio: Studio, ada: Client) -> None:
        listed = ada.get(ROLES).json()
        assert [one["name"] for one in listed["items"]] == ["admin", "designer", "marketing"]
        assert set(listed["permissions"]) >= {"administer", "browse", "generate", "review"}
        rita = make(studio, ada, "reviewer", "browse", "review", rank=25)
        assert roles(ada)["reviewer"] == {
            "name": "reviewer",
            "rank": 25,
            "permissions": ["browse", "review"],
            "models": [],
            "people": 1,
            "permanent": False,
        }
        assert change(ada, "reviewer", rank=1)["permissions"] == ["browse", "review"]
        assert ada.delete(f"{ROLES}/reviewer").status_code == 409, "somebody has it"
        ada.patch(f"/api/v1/people/{rita.user_id}", json={"role": "designer"})
        assert ada.delete(f"{ROLES}/reviewer").status_code == 204
        assert ada.delete(f"{ROLES}/reviewer").status_code == 404
        told = [(entry.verb, entry.detail) for entry in studio.audited("role:reviewer")]
        assert told[0] == (
            "role.create",
            {"rank": "25", "permissions": "browse, review", "models": ""},
        )
        assert [verb for verb, _ in told] == ["role.create", "role.change", "role.delete"]

    def test_an_unknown_permission_is_refused_by_naming_those_there_are(self, ada: Client) -> None:
        answer = ada.patch(f"{ROLES}/designer", json={"permissions": ["browse", "genrate"]})
        assert answer.status_code == 422
        problem = answer.json()["fields"][0]
        assert (problem["field"], problem["nearest"]) == ("permissions", "generate")
        assert "administer, browse, generate, review" in problem["limit"]
        assert roles(ada)["designer"]["permissions"] == ["browse", "generate"]

    @pytest.mark.parametrize("name", ["", "Admin", "a b", "ä", "a" * 41, "a\x00", "designer"])
    def test_have_a_plain_name_of_their_own(self, ada: Client, name: str) -> None:
        answer = ada.post(ROLES, json={"name": name, "permissions": []})
        assert answer.status_code == (409 if name == "designer" else 422)

    @pytest.mark.parametrize("name", ["admin", "designer", "marketing"])
    def test_those_of_every_studio_stay(self, ada: Client, name: str) -> None:
        assert ada.delete(f"{ROLES}/{name}").status_code == 409


class TestAdministrators:
    def test_the_admin_role_cannot_lose_it(self, studio: Studio, ada: Client) -> None:
        make(studio, ada, "owner", "administer")
        answer = ada.patch(f"{ROLES}/admin", json={"permissions": ["browse", "review"]})
        assert answer.status_code == 409
        assert "cannot lose 'administer'" in answer.json()["detail"]

    def test_the_only_role_whose_people_may_cannot_lose_it(
        self, studio: Studio, ada: Client
    ) -> None:
        olga = make(studio, ada, "owner", "administer")
        assert olga.patch(f"/api/v1/people/{ada.user_id}", json={"role": "designer"}).is_success
        assert olga.patch(f"{ROLES}/owner", json={"permissions": []}).status_code == 409
        assert olga.get(ROLES).status_code == 200

    def test_of_two_that_lose_it_at_once_one_keeps_it(self, studio: Studio, ada: Client) -> None:
        people = [make(studio, ada, name, "administer") for name in ("owner", "keeper")]
        people[0].patch(f"/api/v1/people/{ada.user_id}", json={"role": "designer"})
        for _ in range(5):
            with ThreadPoolExecutor(2) as pool:
                asked = [
                    pool.submit(one.patch, f"{ROLES}/{name}", json={"permissions": []})
                    for one, name in zip(people, ("keeper", "owner"), strict=True)
                ]
            assert min(one.result().status_code for one in asked) == 200
            able = [one.get(ROLES).status_code == 200 for one in people]
            assert sum(able) == 1
            whole = {"permissions": ["administer"]}
            people[able.index(True)].patch(f"{ROLES}/owner", json=whole)
            people[able.index(True)].patch(f"{ROLES}/keeper", json=whole)


class TestPermissions:
    def test_marketing_generates_from_the_moment_it_is_granted(
        self, studio: Studio, ada: Client
    ) -> None:
        mira = studio.actors.browser("marketing")
        assert mira.post("/api/v1/generations", json=PROMPT).status_code == 403
        change(ada, "marketing", permissions=["browse", "generate"])
        assert studio.draw(mira)["state"] == "succeeded"
        change(ada, "marketing", permissions=["browse"])
        assert mira.post("/api/v1/generations", json=PROMPT).status_code == 403

    def test_only_who_may_review_sees_what_is_held(self, studio: Studio, ada: Client) -> None:
        rita = make(studio, ada, "reviewer", "review")
        boss = make(studio, ada, "boss", "administer", "browse", "generate")
        dana = studio.actors.browser("designer")
        held = studio.image(dana, "a dress with motif")
        content = f"/api/v1/images/{held['id']}/content"
        seen = [who.get(content).status_code for who in (rita, boss, dana)]
        assert seen == [200, 404, 404]
        assert boss.get("/api/v1/moderation/flags").status_code == 403
        change(ada, "reviewer", permissions=["browse"])
        assert rita.get(content).status_code == 404


class TestModels:
    @pytest.fixture
    def ines(self, studio: Studio, ada: Client) -> Client:
        """Somebody who may draw with `other` alone."""
        return make(studio, ada, "intern", "generate", models=["other"])

    def test_others_are_not_listed_and_not_drawn_with(
        self, studio: Studio, ada: Client, ines: Client
    ) -> None:
        assert [card["name"] for card in ines.get("/api/v1/models").json()] == ["other"]
        assert len(ada.get("/api/v1/models").json()) == 2
        for query in ("", "?dry_run=true"):
            answer = ines.post(f"/api/v1/generations{query}", json={**PROMPT, "model": "scripted"})
            assert answer.status_code == 422, answer.text
            problem = answer.json()["fields"][0]
            assert (problem["field"], problem["limit"]) == ("model", "one of other")
        assert studio.draw(ines)["parameters"]["model"] == "other", "the default is theirs"
        assert studio.draw(ines, model="other")["state"] == "succeeded"

    def test_a_change_counts_from_the_next_request(
        self, studio: Studio, ada: Client, ines: Client
    ) -> None:
        change(ada, "intern", models=["scripted"])
        assert [card["name"] for card in ines.get("/api/v1/models").json()] == ["scripted"]
        assert change(ada, "intern", models=[])["models"] == []
        assert len(ines.get("/api/v1/models").json()) == 2
        assert studio.draw(ines, model="other")["state"] == "succeeded"

    def test_none_of_them_on_offer_is_said(self, studio: Studio, ada: Client, ines: Client) -> None:
        with studio.context.database.write() as session:
            session.delete(session.get_one(RoleModel, ("intern", "other")))
            session.add(RoleModel(role="intern", model="sdxl"))
        assert ines.get("/api/v1/models").json() == []
        answer = ines.post("/api/v1/generations", json=PROMPT)
        assert answer.status_code == 403
        assert "may draw with sdxl" in answer.json()["detail"]
        kept = change(ada, "intern", models=["sdxl", "other"])["models"]
        assert kept == ["other", "sdxl"], "what it had may stay although it is not on offer"

    def test_must_be_on_offer(self, ada: Client) -> None:
        answer = ada.patch(f"{ROLES}/designer", json={"models": ["scriptd"]})
        assert answer.status_code == 422
        problem = answer.json()["fields"][0]
        assert (problem["field"], problem["nearest"]) == ("models", "scripted")

    def test_a_dead_letter_is_not_retried_with_one_that_its_owner_may_not_use(
        self, studio: Studio, ada: Client
    ) -> None:
        dana = studio.actors.browser("designer")
        dead = studio.draw(dana, "broken")["id"]
        change(ada, "designer", models=["other"])
        answer = ada.post(f"/api/v1/queue/dead/{dead}/retry")
        assert answer.status_code == 409
        assert "may draw with other only" in answer.json()["detail"]
        with studio.context.database.write() as session:
            session.get_one(User, dana.user_id).role = "marketing"
        answer = ada.post(f"/api/v1/queue/dead/{dead}/retry")
        assert "may not generate" in answer.json()["detail"]
        change(ada, "marketing", permissions=["generate"])
        assert ada.post(f"/api/v1/queue/dead/{dead}/retry").status_code == 200
