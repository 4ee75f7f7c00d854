"""Keys for programs: made by people in person, shown once, ended at once."""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import select

from backend.accounts import service
from backend.accounts.credentials import compose_key, new_key_secret, parse_key
from backend.accounts.models import ApiKey, User
from backend.audit import service as audit
from backend.audit.schemas import AuditFilter
from backend.kit.errors import Conflict, Unprocessable
from backend.kit.ids import new_id
from tests.backend.accounts.conftest import Clock
from tests.fixtures.actors import Actors, add_key, add_session, add_user, sign_in
from tests.fixtures.app import Studio

ROOT = Path(__file__).parents[3]
KEYS = "/api/v1/me/api-keys"
ME = "/api/v1/me"


def ask(actors: Actors, key: str, path: str = ME, method: str = "GET") -> Any:
    """Send a request with `key` and nothing else."""
    return actors.anonymous().request(method, path, headers={"authorization": f"Bearer {key}"})


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
        "spoil",
        [
            "{key}x",
            "{key:.90}",
            "{key:.20}",
            "atl__",
            "atl_x_y",
            "{id}",
            "x" * 9000,
            "atl_{id}_{secret}",
        ],
    )
    def test_needs_every_character(self, actors: Actors, spoil: str) -> None:
        user = add_user(actors.context.database)
        key = add_key(actors.context.database, user)
        _, key_id, secret, _ = key.split("_")
        answer = ask(actors, spoil.format(key=key, id=key_id, secret=secret))
        assert answer.status_code == 401
        assert "copy it again" in answer.json()["detail"]

    def test_needs_the_right_secret_and_says_nothing_of_which_is_wrong(
        self, actors: Actors, moving_clock: Clock
    ) -> None:
        user = add_user(actors.context.database)
        known, expired = (add_key(actors.context.database, user) for _ in range(2))
        moving_clock.advance(days=2)
        forged = compose_key(known.split("_")[1], new_key_secret())
        unknown = compose_key(new_id(), new_key_secret())
        details = {ask(actors, key).json()["detail"] for key in (forged, unknown, expired)}
        assert len(details) == 1
        assert "copy it again" not in details.pop()

    def test_compares_in_constant_time(
        self, actors: Actors, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The one comparison is `hmac.compare_digest`, of two hashes of one length."""
        key = add_key(actors.context.database, add_user(actors.context.database))
        compared: list[tuple[str, str]] = []
        real = hmac.compare_digest

        def watched(one: str, other: str) -> bool:
            compared.append((one, other))
            return real(one, other)

        monkeypatch.setattr(hmac, "compare_digest", watched)
        assert ask(actors, compose_key(key.split("_")[1], new_key_secret())).status_code == 401
        assert [(len(one), len(other)) for one, other in compared] == [(64, 64)]

    def test_that_is_wrong_does_not_fall_back_to_the_cookie(self, actors: Actors) -> None:
        dana = actors.browser()
        assert dana.get("/api/v1/me", headers={"authorization": "Bearer wrong"}).status_code == 401


class TestText:
    def test_is_known_to_secret_scanners_by_the_pattern_in_the_documents(self) -> None:
        page = (ROOT / "docs/operate/keys-and-secrets.md").read_text()
        (pattern,) = re.findall(r"^(atl_\[.*)$", page, re.MULTILINE)
        for _ in range(200):
            key = compose_key(new_id(), new_key_secret())
            assert re.fullmatch(pattern, key)
            assert parse_key(key)

    def test_does_not_survive_a_typing_error(self) -> None:
        key = compose_key(new_id(), new_key_secret())
        for place in range(len(key)):
            other = "0" if key[place] != "0" else "1"
            assert parse_key(f"{key[:place]}{other}{key[place + 1 :]}") is None
        assert parse_key(key + "\n") is None
        assert parse_key(key.upper()) is None


class TestScopes:
    def test_are_all_of_the_owners_unless_named(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        made = dana.post(KEYS, json={"name": "n"}).json()
        me = ask(anywhere, made["key"]).json()
        assert (made["scopes"], me["scopes"], me["permissions"]) == (
            None,
            None,
            ["browse", "generate"],
        )

    def test_limit_what_the_key_may(self, anywhere: Actors) -> None:
        ada = anywhere.browser("admin")
        wanted = {"name": "n", "scopes": ["review", "browse", "review"]}
        made = ada.post(KEYS, json=wanted).json()
        assert made["scopes"] == ["browse", "review"]
        assert [key["scopes"] for key in ada.get(KEYS).json()] == [["browse", "review"]]
        me = ask(anywhere, made["key"]).json()
        assert (me["permissions"], me["role"]) == (["browse", "review"], "admin")
        assert ada.get(ME).json()["scopes"] is None

    def test_give_nothing_that_the_role_has_lost(self, anywhere: Actors) -> None:
        script = anywhere.program("admin", scopes=["administer", "generate"])
        with anywhere.context.database.write() as session:
            session.get_one(User, script.user_id).role = "designer"
        assert script.get(ME).json()["permissions"] == ["generate"]

    @pytest.mark.parametrize(
        ("scopes", "says"),
        [
            (["fly"], "no permission"),
            (["administer"], "none of yours"),
            (["browse", "administer"], "choose of browse, generate"),
        ],
    )
    def test_are_permissions_of_ones_own(
        self, actors: Actors, scopes: list[str], says: str
    ) -> None:
        answer = actors.browser().post(KEYS, json={"name": "n", "scopes": scopes})
        assert answer.status_code == 422
        assert says in answer.json()["detail"]
        assert [one["field"] for one in answer.json()["fields"]] == ["scopes"]

    @pytest.mark.parametrize("scopes", [[], "browse", [1], ["browse"] * 33, ["x" * 41]])
    def test_are_a_list_with_something_in_it(self, actors: Actors, scopes: Any) -> None:
        answer = actors.browser().post(KEYS, json={"name": "n", "scopes": scopes})
        assert answer.status_code == 422

    def test_that_cannot_generate_change_nothing(self, anywhere: Actors) -> None:
        script = anywhere.program(scopes=["browse"])
        assert script.get(KEYS).status_code == 200
        for method, path in (("POST", KEYS), ("DELETE", f"{KEYS}/x"), ("DELETE", f"{ME}/sessions")):
            answer = script.request(method, path, json={"name": "n"})
            assert answer.status_code == 403
            assert "'generate' among its scopes" in answer.json()["detail"]


class TestRotate:
    def test_makes_a_successor_while_the_old_key_works_on(
        self, anywhere: Actors, moving_clock: Clock
    ) -> None:
        dana = anywhere.browser()
        wanted = {"name": "Lookbook", "scopes": ["browse"], "expires_in_days": 30}
        old = dana.post(KEYS, json=wanted).json()
        moving_clock.advance(days=3)
        dana = anywhere.browser(user=_user(anywhere, dana.user_id))
        new = dana.post(f"{KEYS}/{old['id']}/rotate").json()
        assert (new["name"], new["scopes"], new["replaced_by"]) == ("Lookbook", ["browse"], None)
        assert life(new) == timedelta(days=30)
        listed = {key["id"]: key for key in dana.get(KEYS).json()}
        assert listed[old["id"]]["replaced_by"] == new["id"]
        assert left(listed[old["id"]], moving_clock) == timedelta(hours=24)
        moving_clock.advance(hours=23)
        assert [ask(anywhere, key["key"]).status_code for key in (old, new)] == [200, 200]
        moving_clock.advance(hours=1)
        assert [ask(anywhere, key["key"]).status_code for key in (old, new)] == [401, 200]

    def test_with_no_overlap_ends_the_old_key_at_once(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        old = dana.post(KEYS, json={"name": "n"}).json()
        rotated = dana.post(f"{KEYS}/{old['id']}/rotate", json={"overlap_hours": 0})
        assert ask(anywhere, old["key"]).status_code == 401
        assert ask(anywhere, rotated.json()["key"]).status_code == 200

    def test_never_lengthens_the_old_keys_life(self, anywhere: Actors, moving_clock: Clock) -> None:
        dana = anywhere.browser()
        old = dana.post(KEYS, json={"name": "n", "expires_in_days": 1}).json()
        assert dana.post(f"{KEYS}/{old['id']}/rotate", json={"overlap_hours": 168}).is_success
        assert left(dana.get(KEYS).json()[1], moving_clock) == timedelta(days=1)

    @pytest.mark.parametrize("hours", [-1, 169, 1.5, "1 day", None])
    def test_refuses_an_overlap_out_of_range(self, actors: Actors, hours: Any) -> None:
        dana = actors.browser()
        old = dana.post(KEYS, json={"name": "n"}).json()
        answer = dana.post(f"{KEYS}/{old['id']}/rotate", json={"overlap_hours": hours})
        assert answer.status_code == 422

    def test_refuses_what_is_over(self, anywhere: Actors, moving_clock: Clock) -> None:
        dana = anywhere.browser()
        twice, ended, revoked = (
            dana.post(KEYS, json={"name": name, "expires_in_days": days}).json()["id"]
            for name, days in (("twice", 30), ("ended", 1), ("revoked", 30))
        )
        assert dana.post(f"{KEYS}/{twice}/rotate").status_code == 201
        assert dana.post(f"{KEYS}/{twice}/rotate").status_code == 409
        assert dana.delete(f"{KEYS}/{revoked}").status_code == 204
        assert dana.post(f"{KEYS}/{revoked}/rotate").status_code == 404
        moving_clock.advance(days=1)
        dana = anywhere.browser(user=_user(anywhere, dana.user_id))
        assert dana.post(f"{KEYS}/{ended}/rotate").status_code == 409

    def test_is_for_its_owner_in_person(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        made = dana.post(KEYS, json={"name": "n"}).json()
        path = f"{KEYS}/{made['id']}/rotate"
        assert anywhere.browser("admin").post(path).status_code == 404
        assert ask(anywhere, made["key"], path, "POST").status_code == 403

    def test_counts_towards_as_many_as_one_may_have(self, actors: Actors) -> None:
        dana = actors.browser()
        made = [dana.post(KEYS, json={"name": str(i)}).json()["id"] for i in range(50)]
        assert dana.post(f"{KEYS}/{made[0]}/rotate").status_code == 409
        assert dana.delete(f"{KEYS}/{made[1]}").status_code == 204
        assert dana.post(f"{KEYS}/{made[0]}/rotate").status_code == 201

    def test_is_written_down(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        old = dana.post(KEYS, json={"name": "n"}).json()["id"]
        new = dana.post(f"{KEYS}/{old}/rotate").json()["id"]
        with anywhere.context.database.read() as session:
            entries = audit.find(session, AuditFilter(verb="api_key."), limit=9)
        told = [(one.verb, one.subject, one.detail) for one in entries]
        assert ("api_key.rotate", f"api_key:{old}", {"successor": new}) in told
        assert ("api_key.create", f"api_key:{new}", {"scopes": "all"}) in told


class TestInTheAddress:
    @pytest.mark.parametrize(
        "query",
        [
            "api_key=x",
            "API-KEY=x",
            "apikey",
            "access_token=",
            "key=1",
            "search={key}",
            "search=mine+{key}.",
            "{key}=",
            "a=1&b=%61tl_{id}_x",
            "a=%2561tl_{id}",
        ],
    )
    @pytest.mark.parametrize("path", ["/api/v1/me", "/healthz", "/auth/signed-out", "/nowhere"])
    def test_is_refused_whether_or_not_it_is_right(
        self, shared_studio: Studio, path: str, query: str
    ) -> None:
        database = shared_studio.context.database
        key = add_key(database, add_user(database))
        written = query.format(key=key, id=key.split("_")[1])
        answer = shared_studio.actors.browser().get(f"{path}?{written}")
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert "revoke it" in answer.json()["detail"]
        assert answer.headers["x-request-id"] == answer.json()["request_id"]
        assert key.split("_")[2] not in answer.text

    @pytest.mark.parametrize("query", ["", "search=atlas_dress", "limit=2", "search=keys", "&&="])
    def test_other_words_are_fine(self, shared_studio: Studio, query: str) -> None:
        dana = shared_studio.actors.browser()
        assert dana.get(f"/api/v1/generations?{query}").status_code in (200, 422)


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

    def test_gives_no_role_where_it_would_have_to_guess_whom(self, actors: Actors) -> None:
        """The address may be a stranger's, who came by another provider."""
        for number in (1, 2):
            issuer = f"https://issuer{number}.test"
            add_user(actors.context.database, issuer=issuer, subject="s", email="jo@example.com")
        assert _create(actors, "jo@example.com")
        with pytest.raises(Conflict, match=r"https://issuer1\.test#s, https://issuer2\.test#s"):
            _create(actors, "jo@example.com", role="admin")

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
            made.split("_")[2],
            _create(anywhere, "jo@example.com").split("_")[2],
            add_session(anywhere.context.database, add_user(anywhere.context.database)),
        }
        dump = _dump(anywhere)
        assert "designer@example.com" in dump
        assert [secret for secret in secrets if secret in dump] == []


def life(key: dict[str, str]) -> timedelta:
    return datetime.fromisoformat(key["expires_at"]) - datetime.fromisoformat(key["created_at"])


def left(key: dict[str, str], clock: Clock) -> timedelta:
    return datetime.fromisoformat(key["expires_at"]) - clock.now


def _user(actors: Actors, user_id: str) -> User:
    with actors.context.database.read() as session:
        return session.get_one(User, user_id)


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


def test_a_role_given_on_the_command_line_is_written_down(studio: Studio) -> None:
    _create(studio.actors, "nell@example.com", "admin")
    with studio.context.database.read() as session:
        nell = session.exec(select(User).where(User.email == "nell@example.com")).one()
    (entry,) = studio.audited(f"person:{nell.id}")
    assert (entry.verb, entry.actor_id) == ("person.role", None)
    assert entry.detail == {"from": "designer", "to": "admin"}
