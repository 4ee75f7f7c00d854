"""Keys for programs: made by people in person, shown once, ended at once."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.accounts import service
from backend.accounts.models import ApiKey
from backend.kit.errors import Unprocessable
from tests.backend.accounts.conftest import Clock
from tests.fixtures.actors import Actors, add_key, add_session, add_user, sign_in

KEYS = "/api/v1/me/api-keys"


class TestCreate:
    def test_shows_the_key_once(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        made = dana.post(KEYS, json={"name": "  Lookbook  "}).json()
        assert made["key"].startswith(f"atl_{made['id']}_")
        listed = dana.get(KEYS).json()
        assert [(key["id"], key["name"]) for key in listed] == [(made["id"], "Lookbook")]
        assert "key" not in listed[0]
        script = anywhere.anonymous()
        me = script.get("/api/v1/me", headers={"authorization": f"Bearer {made['key']}"}).json()
        assert (me["id"], me["via"]) == (dana.user_id, "api_key")

    def test_needs_a_person_not_a_key(self, anywhere: Actors) -> None:
        script = anywhere.program()
        assert script.post(KEYS, json={"name": "n"}).status_code == 403
        made = script.get(KEYS).json()[0]
        assert script.delete(f"{KEYS}/{made['id']}").status_code == 403

    @pytest.mark.parametrize(
        "wrong",
        [
            {"name": ""},
            {"name": "   "},
            {"name": "x" * 81},
            {"name": "n", "expires_in_days": 0},
            {"name": "n", "expires_in_days": 366},
            {"name": "n", "user_id": "somebody"},
        ],
    )
    def test_refuses_what_is_out_of_range(self, actors: Actors, wrong: dict[str, object]) -> None:
        assert actors.browser().post(KEYS, json=wrong).status_code == 422

    def test_stops_at_as_many_as_one_may_have(self, actors: Actors) -> None:
        dana = actors.browser()
        statuses = [dana.post(KEYS, json={"name": str(i)}).status_code for i in range(51)]
        assert statuses == [201] * 50 + [409]


class TestUse:
    def test_ends_with_its_time(self, anywhere: Actors, moving_clock: Clock) -> None:
        script = anywhere.program()
        moving_clock.advance(hours=23)
        assert script.get("/api/v1/me").status_code == 200
        moving_clock.advance(hours=2)
        assert script.get("/api/v1/me").status_code == 401

    def test_ends_when_revoked(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        made = dana.post(KEYS, json={"name": "n"}).json()
        bearer = {"authorization": f"Bearer {made['key']}"}
        assert anywhere.anonymous().get("/api/v1/me", headers=bearer).status_code == 200
        assert dana.delete(f"{KEYS}/{made['id']}").status_code == 204
        assert anywhere.anonymous().get("/api/v1/me", headers=bearer).status_code == 401
        assert dana.get(KEYS).json() == []
        assert dana.delete(f"{KEYS}/{made['id']}").status_code == 404

    def test_of_somebody_else_does_not_exist(self, anywhere: Actors) -> None:
        made = anywhere.browser().post(KEYS, json={"name": "n"}).json()
        other = anywhere.browser("admin")
        assert other.delete(f"{KEYS}/{made['id']}").status_code == 404
        assert other.get(KEYS).json() == []

    def test_is_noted_at_most_once_a_minute(self, anywhere: Actors, moving_clock: Clock) -> None:
        script = anywhere.program()
        script.get("/api/v1/me")
        first = moving_clock.now
        moving_clock.advance(seconds=30)
        script.get("/api/v1/me")
        with anywhere.context.database.read() as session:
            assert session.exec(select(ApiKey)).one().last_used_at == first

    @pytest.mark.parametrize(
        "spoil", ["{key}x", "{key:.20}", "atl__", "atl_x_y", "{id}", "x" * 9000]
    )
    def test_needs_every_character(self, actors: Actors, spoil: str) -> None:
        user = add_user(actors.context.database)
        key = add_key(actors.context.database, user)
        wrong = spoil.format(key=key, id=key.split("_")[1])
        bearer = {"authorization": f"Bearer {wrong}"}
        assert actors.anonymous().get("/api/v1/me", headers=bearer).status_code == 401

    def test_that_is_wrong_does_not_fall_back_to_the_cookie(self, actors: Actors) -> None:
        dana = actors.browser()
        assert dana.get("/api/v1/me", headers={"authorization": "Bearer wrong"}).status_code == 401


class TestCreateKeyOnTheCommandLine:
    def test_makes_the_account_if_there_is_none(self, anywhere: Actors) -> None:
        me = _me(anywhere, _create(anywhere, "Jo@Example.com", role="marketing"))
        assert (me["email"], me["role"], me["name"]) == ("Jo@Example.com", "marketing", "Jo")
        again = _me(anywhere, _create(anywhere, "jo@example.com"))
        assert (again["id"], again["role"]) == (me["id"], "marketing")

    def test_without_a_role_makes_a_designer(self, anywhere: Actors) -> None:
        assert _me(anywhere, _create(anywhere, "jo@example.com"))["role"] == "designer"

    def test_is_for_the_person_who_signed_in_with_that_address(self, actors: Actors) -> None:
        browser = actors.anonymous()
        sign_in(browser, "admin")
        me = browser.get("/api/v1/me").json()
        assert _me(actors, _create(actors, "ADMIN@example.com"))["id"] == me["id"]

    def test_made_first_belongs_to_the_development_account_afterwards(self, actors: Actors) -> None:
        key = _create(actors, "designer@example.com")
        browser = actors.anonymous()
        sign_in(browser, "designer")
        assert browser.get("/api/v1/me").json()["id"] == _me(actors, key)["id"]

    def test_gives_a_role_that_sign_in_does_not_take_back(self, actors: Actors) -> None:
        key = _create(actors, "designer@example.com", role="admin")
        sign_in(actors.anonymous(), "designer")
        assert _me(actors, key)["role"] == "admin"

    @pytest.mark.parametrize("email", ["", "dana", "@example.com", "dana@", "da na@example.com"])
    def test_refuses_what_is_no_address(self, actors: Actors, email: str) -> None:
        with pytest.raises(Unprocessable, match=r"dana@example\.com"):
            _create(actors, email)

    def test_refuses_what_is_no_role(self, actors: Actors) -> None:
        with pytest.raises(Unprocessable, match="admin, designer, marketing"):
            _create(actors, "jo@example.com", role="king")


class TestSecrets:
    def test_none_is_in_the_database(self, anywhere: Actors) -> None:
        """Every cell of every table is read; no session id and no key's secret is among them."""
        browser = anywhere.anonymous()
        sign_in(browser)
        made = browser.post(KEYS, json={"name": "n"}).json()["key"]
        secrets = {
            browser.cookies["atelier_session"],
            made.split("_", 2)[2],
            _create(anywhere, "jo@example.com").split("_", 2)[2],
            add_session(anywhere.context.database, add_user(anywhere.context.database)),
        }
        dump = _dump(anywhere)
        assert "designer@example.com" in dump
        assert [secret for secret in secrets if secret in dump] == []


def _create(actors: Actors, email: str, role: str | None = None) -> str:
    with actors.context.database.write() as session:
        return service.create_key(session, email=email, role=role)


def _me(actors: Actors, key: str) -> dict[str, object]:
    answer = actors.anonymous().get("/api/v1/me", headers={"authorization": f"Bearer {key}"})
    me: dict[str, object] = answer.json()
    return me


def _dump(actors: Actors) -> str:
    from sqlalchemy import inspect

    engine = actors.context.database.engine
    with engine.connect() as connection:
        rows = [
            str(connection.execute(text(f'SELECT * FROM "{table}"')).all())
            for table in inspect(engine).get_table_names()
        ]
    return "\n".join(rows)
