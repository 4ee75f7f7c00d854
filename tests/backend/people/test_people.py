"""What an administrator does about a person, over HTTP and on each kind of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col

from backend.accounts.models import Standing, User
from backend.audit import service as audit
from backend.generations import service as generations
from backend.generations.schemas import GenerationParameters
from backend.kit.errors import NotSignedIn
from tests.fixtures.actors import Client, actor_of, add_user
from tests.fixtures.app import Studio
from tests.fixtures.scripted import CARD

PEOPLE = "/api/v1/people"


def change(admin: Client, person_id: str, **wanted: Any) -> Any:
    answer = admin.patch(f"{PEOPLE}/{person_id}", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def names(answer: Any) -> list[str]:
    return [one["name"] for one in answer.json()["items"]]


class TestList:
    def test_pages_and_finds_by_role_team_standing_and_words(
        self, studio: Studio, ada: Client
    ) -> None:
        database = studio.context.database
        team = ada.post("/api/v1/teams", json={"name": "Knits"}).json()["id"]
        add_user(database, "designer", name="Dana", email="dana@example.com", team_id=team)
        add_user(database, "marketing", name="Mira %_", email="mira@example.com")
        add_user(database, "marketing", name="Wim", standing=Standing.WAITING)
        first = ada.get(PEOPLE, params={"limit": 2})
        assert names(first) == ["Wim", "Mira %_"]
        rest = ada.get(PEOPLE, params={"cursor": first.json()["next_cursor"]})
        assert names(rest)[0] == "Dana"
        assert rest.json()["next_cursor"] is None
        for wanted, found in (
            ({"role": "designer"}, ["Dana"]),
            ({"team_id": team}, ["Dana"]),
            ({"standing": "waiting"}, ["Wim"]),
            ({"q": "MIRA@"}, ["Mira %_"]),
            ({"q": "%_"}, ["Mira %_"]),
            ({"q": "dan", "role": "marketing"}, []),
        ):
            assert names(ada.get(PEOPLE, params=wanted)) == found, wanted

    def test_tells_what_they_are(self, studio: Studio, ada: Client) -> None:
        dana = add_user(studio.context.database, "designer")
        shown = ada.get(f"{PEOPLE}/{dana.id}").json()
        assert (shown["role"], shown["role_is_pinned"], shown["standing"]) == (
            "designer",
            False,
            "active",
        )
        assert (shown["team"], shown["issuer"]) == (None, "https://issuer.test")
        assert ada.get(f"{PEOPLE}/nobody").status_code == 404

    @pytest.mark.parametrize(
        "wanted", [{"q": "\x00"}, {"role": "\x00"}, {"standing": "gone"}, {"limit": 10**9}]
    )
    def test_refuses_nonsense(self, ada: Client, wanted: dict[str, Any]) -> None:
        assert ada.get(PEOPLE, params=wanted).status_code == 422
        assert ada.get(f"{PEOPLE}/%00").status_code == 422


class TestChange:
    def test_pins_a_role_and_gives_it_back_to_the_provider(
        self, studio: Studio, ada: Client
    ) -> None:
        dana = studio.actors.browser("designer")
        shown = change(ada, dana.user_id, role="marketing")
        assert (shown["role"], shown["role_is_pinned"]) == ("marketing", True)
        assert dana.get("/api/v1/me").json()["role"] == "marketing"
        shown = change(ada, dana.user_id, role=None)
        assert (shown["role"], shown["role_is_pinned"]) == ("marketing", False)
        told = [entry.detail for entry in studio.audited(f"person:{dana.user_id}")]
        assert {"from": "designer", "to": "marketing"} in told

    def test_puts_into_a_team_and_out_again(self, studio: Studio, ada: Client) -> None:
        dana = add_user(studio.context.database)
        team = ada.post("/api/v1/teams", json={"name": "Knits"}).json()
        shown = change(ada, dana.id, team_id=team["id"])
        assert shown["team"] == {"id": team["id"], "name": "Knits"}
        assert change(ada, dana.id, team_id=None)["team"] is None

    def test_lets_in_who_waits(self, studio: Studio, ada: Client) -> None:
        wim = studio.actors.browser(
            user=add_user(studio.context.database, standing=Standing.WAITING)
        )
        assert wim.get("/api/v1/me").status_code == 401
        assert change(ada, wim.user_id, standing="active")["standing"] == "active"
        assert wim.get("/api/v1/me").status_code == 200
        assert studio.audited(f"person:{wim.user_id}")[-1].verb == "person.approve"

    @pytest.mark.parametrize(
        "wanted",
        [
            {"role": "queen"},
            {"role": "A b"},
            {"team_id": "nowhere"},
            {"team_id": "\x00"},
            {"standing": "waiting"},
            {"standing": None},
            {"email": "x@example.com"},
            {"issuer": "elsewhere"},
        ],
    )
    def test_refuses_what_is_no_role_no_team_or_none_of_its_business(
        self, studio: Studio, ada: Client, wanted: dict[str, Any]
    ) -> None:
        dana = add_user(studio.context.database)
        answer = ada.patch(f"{PEOPLE}/{dana.id}", json=wanted)
        assert answer.status_code == 422, answer.text
        assert answer.json()["fields"][0]["field"] == next(iter(wanted))

    def test_changes_all_or_nothing(self, studio: Studio, ada: Client) -> None:
        dana = add_user(studio.context.database)
        answer = ada.patch(f"{PEOPLE}/{dana.id}", json={"role": "admin", "team_id": "nowhere"})
        assert answer.status_code == 422
        assert ada.get(f"{PEOPLE}/{dana.id}").json()["role"] == "designer"
        assert studio.audited(f"person:{dana.id}") == []


class TestDeactivate:
    def test_ends_sessions_keys_and_what_is_queued_and_running(
        self, studio: Studio, ada: Client
    ) -> None:
        browser = studio.actors.browser("designer")
        user = browser.user_id
        with studio.inference.hold():
            asked = [studio.submit(browser) for _ in range(3)]
            studio.inference.wait_until_held()
            change(ada, user, standing="deactivated")
            assert browser.get("/api/v1/me").status_code == 401
            states = [
                (entry.verb, entry.actor_id)
                for one in asked
                for entry in studio.audited(f"generation:{one}")
                if entry.verb == "generation.cancel"
            ]
            assert states == [("generation.cancel", ada.user_id)] * 3
        assert [entry.verb for entry in studio.audited(f"person:{user}")] == ["person.deactivate"]
        change(ada, user, standing="active")
        assert browser.get("/api/v1/me").status_code == 401, "old sessions stay ended"
        again = studio.actors.browser(user=add_user(studio.context.database))
        assert again.get("/api/v1/me").status_code == 200

    def test_twice_is_no_error_and_is_written_down_once(self, studio: Studio, ada: Client) -> None:
        dana = add_user(studio.context.database)
        for _ in range(2):
            assert change(ada, dana.id, standing="deactivated")["standing"] == "deactivated"
        assert len(studio.audited(f"person:{dana.id}")) == 1

    def test_who_was_shut_out_while_they_waited_in_line_submits_nothing(
        self, studio: Studio, ada: Client
    ) -> None:
        dana = add_user(studio.context.database)
        actor = actor_of(dana)  # recognised, and then…
        change(ada, dana.id, standing="deactivated")
        parameters = GenerationParameters(prompt="a red dress")
        with studio.context.database.write() as session, pytest.raises(NotSignedIn):
            generations.submit(session, studio.context, actor, parameters, CARD)

    def test_nothing_of_theirs_is_drawn_by_retrying_it(self, studio: Studio, ada: Client) -> None:
        dana = studio.actors.browser("designer")
        dead = studio.draw(dana, "broken")["id"]
        change(ada, dana.user_id, standing="deactivated")
        answer = ada.post(f"/api/v1/queue/dead/{dead}/retry")
        assert answer.status_code == 409
        assert "was deactivated" in answer.json()["detail"]


class TestLastAdministrator:
    @pytest.mark.parametrize("wanted", [{"role": "designer"}, {"standing": "deactivated"}])
    def test_stays(self, studio: Studio, ada: Client, wanted: dict[str, Any]) -> None:
        add_user(studio.context.database, "admin", standing=Standing.DEACTIVATED)
        answer = ada.patch(f"{PEOPLE}/{ada.user_id}", json=wanted)
        assert answer.status_code == 409
        assert "Nobody who may administer would be left" in answer.json()["detail"]
        assert ada.get("/api/v1/me").json()["role"] == "admin"

    @pytest.mark.parametrize("wanted", [{"role": "designer"}, {"standing": "deactivated"}])
    def test_of_two_who_shut_each_other_out_at_once_one_stays(
        self, studio: Studio, wanted: dict[str, Any]
    ) -> None:
        for _ in range(5):
            ada, bea = (studio.actors.browser("admin") for _ in range(2))
            _only(studio, ada, bea)
            with ThreadPoolExecutor(2) as pool:
                asked = [
                    pool.submit(one.patch, f"{PEOPLE}/{other.user_id}", json=wanted)
                    for one, other in ((ada, bea), (bea, ada))
                ]
            codes = sorted(one.result().status_code for one in asked)
            assert codes[0] == 200
            assert codes[1] in {401, 403, 409}
            assert sum(one.get(PEOPLE).status_code == 200 for one in (ada, bea)) == 1


def _only(studio: Studio, *admins: Client) -> None:
    """Let nobody administer but these."""
    with studio.context.database.write() as session:
        others = col(User.id).not_in([one.user_id for one in admins])
        session.exec(update(User).where(others, col(User.role) == "admin").values(role="designer"))


def test_everything_leaves_the_chain_whole(studio: Studio, ada: Client) -> None:
    dana = add_user(studio.context.database)
    change(ada, dana.id, role="marketing", standing="deactivated")
    with studio.context.database.read() as session:
        *_, verdict = audit.verify(session)
    assert verdict.breaks == []
