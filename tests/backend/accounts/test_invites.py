"""Invites: made, shown once, used by one person once, and ended; over the API, the browser and a terminal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from sqlmodel import select

from backend.accounts import admission
from backend.accounts.admission import Identity
from backend.accounts.invites import service
from backend.accounts.invites.models import Invite
from backend.accounts.invites.router import router
from backend.accounts.invites.schemas import InviteCreate
from backend.accounts.models import Standing, Team, User
from backend.kit.database import Database
from backend.kit.errors import Conflict, Forbidden
from backend.kit.settings import Registration, Settings
from tests.backend.accounts.conftest import BuildApp, Clock
from tests.fixtures import terminal
from tests.fixtures.actors import Actors, Client
from tests.fixtures.issuer import Issuer, come_back, provider_at

HOME = "https://studio.test"
atelier = partial(terminal.atelier, "invite")


@pytest.fixture
def app(build_app: BuildApp, settings: Settings, issuer: Issuer) -> FastAPI:
    """A studio that lets nobody in without an invite."""
    closed = settings.model_copy(update={"registration": Registration.INVITE})
    app = build_app(closed)
    app.include_router(router, prefix="/api/v1")
    app.state.providers = {"corp": provider_at("corp", issuer, settings)}
    return app


@pytest.fixture
def issuer() -> Issuer:
    issuer = Issuer()
    issuer.userinfo = {"sub": "u1", "email": "u1@issuer.test"}
    return issuer


@pytest.fixture
def admin(actors: Actors) -> Client:
    return actors.browser("admin")


def make(admin: Client, **wanted: Any) -> Any:
    answer = admin.post("/api/v1/invites", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


def token_of(made: Any) -> str:
    return parse_qs(urlsplit(made["url"]).query)["invite"][0]


def newcomer(actors: Actors) -> User:
    with actors.context.database.read() as session:
        return session.exec(select(User).where(User.subject == "u1")).one()


class TestTheLink:
    def test_lets_one_person_in_with_role_and_team(
        self, actors: Actors, admin: Client, issuer: Issuer
    ) -> None:
        team = Team(name="Bags")
        with actors.context.database.write() as session:
            session.add(team)
        made = make(admin, role="marketing", team_id=team.id, note="Robin")
        browser = actors.anonymous()
        landing = browser.get(made["url"])
        assert (landing.status_code, "You are invited" in landing.text) == (200, True)
        token = token_of(made)
        answer = come_back(browser, "corp", issuer, invite=token, next="/history")
        assert (answer.status_code, answer.headers["location"]) == (303, "/history")
        me = browser.get("/api/v1/me").json()
        assert me["role"] == "marketing"
        shown = admin.get("/api/v1/invites").json()["items"][0]
        assert (shown["state"], shown["note"], shown["team"]["name"]) == ("used", "Robin", "Bags")
        assert shown["used_by"]["id"] == me["id"]
        assert shown["created_by"]["id"] == admin.user_id
        assert newcomer(actors).team_id == team.id

    def test_gives_a_role_that_stays(self, actors: Actors, admin: Client, issuer: Issuer) -> None:
        token = token_of(make(admin, role="marketing"))
        come_back(actors.anonymous(), "corp", issuer, invite=token)
        come_back(actors.anonymous(), "corp", issuer)
        assert newcomer(actors).role == "marketing"

    def test_leaves_the_role_to_the_provider_where_it_names_none(
        self, actors: Actors, admin: Client, issuer: Issuer
    ) -> None:
        issuer.userinfo["groups"] = ["admins"]
        come_back(actors.anonymous(), "corp", issuer, invite=token_of(make(admin)))
        assert (newcomer(actors).role, newcomer(actors).pinned_role) == ("admin", None)

    def test_lets_nobody_else_in(self, actors: Actors, admin: Client, issuer: Issuer) -> None:
        made = make(admin)
        come_back(actors.anonymous(), "corp", issuer, invite=token_of(made))
        page = actors.anonymous().get(made["url"])
        assert (page.status_code, "has ended" in page.text) == (410, True)

    def test_that_is_opened_and_left_is_not_used(
        self, actors: Actors, admin: Client, issuer: Issuer
    ) -> None:
        made = make(admin)
        for _ in range(3):  # a preview in a chat, a click too many
            actors.anonymous().get(made["url"])
        answer = come_back(actors.anonymous(), "corp", issuer, invite=token_of(made))
        assert answer.status_code == 303

    def test_that_ended_during_the_dance_lets_nobody_in(
        self, actors: Actors, admin: Client, issuer: Issuer
    ) -> None:
        made = make(admin)
        browser = actors.anonymous()
        state = begin_and_remember(browser, issuer, token_of(made))
        assert admin.delete(f"/api/v1/invites/{made['id']}").status_code == 204
        page = browser.get(f"/auth/corp/callback?code=c&state={state}")
        assert (page.status_code, "withdrawn" in page.text) == (403, True)
        assert browser.get("/api/v1/me").status_code == 401
        with actors.context.database.read() as session:
            assert session.exec(select(User).where(User.subject == "u1")).all() == []

    def test_is_left_alone_by_who_is_in_already(
        self, actors: Actors, admin: Client, issuer: Issuer
    ) -> None:
        """Nobody's role is changed by a link, and the link stays for whom it was meant."""
        come_back(actors.anonymous(), "corp", issuer, invite=token_of(make(admin)))
        made = make(admin, role="admin")
        come_back(actors.anonymous(), "corp", issuer, invite=token_of(made))
        assert newcomer(actors).role == "designer"
        assert admin.get("/api/v1/invites").json()["items"][0]["state"] == "open"

    @pytest.mark.parametrize(
        "fallen", [{"standing": Standing.DEACTIVATED}, {"role": "designer"}], ids=str
    )
    def test_of_somebody_who_administers_no_more_is_no_door_left_behind(
        self, actors: Actors, admin: Client, issuer: Issuer, fallen: dict[str, Any]
    ) -> None:
        made = make(admin, role="admin")
        browser = actors.anonymous()
        state = begin_and_remember(browser, issuer, token_of(made))
        with actors.context.database.write() as session:
            for name, value in fallen.items():
                setattr(session.get_one(User, admin.user_id), name, value)
        assert browser.get(f"/auth/corp/callback?code=c&state={state}").status_code == 403
        assert actors.anonymous().get(made["url"]).status_code == 410
        listed = actors.browser("admin").get("/api/v1/invites").json()["items"]
        assert [one["state"] for one in listed] == ["revoked"]

    @pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "<script>"])
    def test_that_never_was_is_told_so(self, actors: Actors, token: str) -> None:
        page = actors.anonymous().get(f"/auth/login?invite={token}")
        assert (page.status_code, "<script" in page.text) == (410, False)

    def test_ends_by_itself(self, actors: Actors, admin: Client, moving_clock: Clock) -> None:
        made = make(admin, expires_in_days=2)
        moving_clock.advance(days=1, hours=23)
        assert actors.anonymous().get(made["url"]).status_code == 200
        moving_clock.advance(hours=1)
        assert actors.anonymous().get(made["url"]).status_code == 410

    def test_leaks_to_nobody_by_the_referer(self, actors: Actors, admin: Client) -> None:
        page = actors.anonymous().get(make(admin)["url"])
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"


def begin_and_remember(browser: Client, issuer: Issuer, token: str) -> str:
    from tests.fixtures.issuer import begin_at

    asked = begin_at(browser, "corp", invite=token)
    issuer.nonce = asked["nonce"]
    return asked["state"]


class TestOverTheApi:
    def test_the_secret_is_shown_once_and_kept_nowhere(self, actors: Actors, admin: Client) -> None:
        made = make(admin)
        assert made["url"].startswith("http://127.0.0.1:8000/auth/login?invite=")
        listed = admin.get("/api/v1/invites").text
        with actors.context.database.read() as session:
            kept = session.exec(select(Invite)).one().model_dump_json()
        assert token_of(made) not in listed + kept

    @pytest.mark.parametrize(
        "wrong",
        [
            {"role": "emperor"}, {"team_id": "nosuch"}, {"note": "a\x00b"}, {"role": "a\x00b"}, {"team_id": "\x00"}, {"expires_in_days": 0}, {"expires_in_days": 31},
            {"note": "x" * 81}, {"used_at": None}, {"created_by": "x"}, {"token_hash": "x"},
        ],
    )  # fmt: skip
    def test_refuses_what_will_not_do(self, admin: Client, wrong: dict[str, Any]) -> None:
        answer = admin.post("/api/v1/invites", json=wrong)
        assert answer.status_code == 422
        assert next(iter(wrong)) in answer.text

    def test_a_key_lists_and_revokes_but_makes_none(self, actors: Actors, admin: Client) -> None:
        script = actors.program("admin")
        assert script.post("/api/v1/invites", json={}).status_code == 403
        made = make(admin)
        assert len(script.get("/api/v1/invites").json()["items"]) == 1
        assert script.delete(f"/api/v1/invites/{made['id']}").status_code == 204

    def test_one_that_was_used_cannot_be_revoked(
        self, actors: Actors, admin: Client, issuer: Issuer
    ) -> None:
        made = make(admin)
        come_back(actors.anonymous(), "corp", issuer, invite=token_of(made))
        assert admin.delete(f"/api/v1/invites/{made['id']}").status_code == 409

    def test_revoking_twice_is_revoking(self, admin: Client) -> None:
        made = make(admin)
        for _ in range(2):
            assert admin.delete(f"/api/v1/invites/{made['id']}").status_code == 204
        assert admin.get("/api/v1/invites").json()["items"][0]["state"] == "revoked"
        assert admin.delete("/api/v1/invites/nosuch").status_code == 404

    def test_pages_go_on_where_the_one_before_ended(self, admin: Client) -> None:
        made = [make(admin)["id"] for _ in range(3)]
        first = admin.get("/api/v1/invites", params={"limit": 2}).json()
        rest = admin.get("/api/v1/invites", params={"cursor": first["next_cursor"]}).json()
        assert [one["id"] for one in first["items"] + rest["items"]] == made[::-1]
        assert rest["next_cursor"] is None


class TestAtTheSameMoment:
    def test_of_many_who_try_one_link_one_comes_in(
        self, database: Database, settings: Settings
    ) -> None:
        closed = settings.model_copy(update={"registration": Registration.INVITE})
        token = made_in(database)

        def try_it(number: int) -> bool:
            who = Identity("i", f"s{number}", "", "S", ("designer",), "corp")
            try:
                with database.write() as session:
                    admission.admit(session, closed, who, token)
            except Forbidden:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(try_it, range(8))) == 1
        with database.read() as session:
            assert len(session.exec(select(User)).all()) == 1

    def test_it_is_either_used_or_revoked(self, database: Database, settings: Settings) -> None:
        token = made_in(database)
        with database.read() as session:
            invite_id = session.exec(select(Invite.id)).one()

        def use() -> bool:
            who = Identity("i", "s", "", "S", ("designer",), "corp")
            closed = settings.model_copy(update={"registration": Registration.INVITE})
            try:
                with database.write() as session:
                    admission.admit(session, closed, who, token)
            except Forbidden:
                return False
            return True

        def revoke() -> bool:
            try:
                with database.write() as session:
                    service.revoke(session, None, invite_id)
            except Conflict:
                return False
            return True

        with ThreadPoolExecutor(2) as pool:
            tried = [pool.submit(use), pool.submit(revoke)]
            assert sorted(one.result() for one in tried) == [False, True]

    def test_somebody_who_waits_comes_in_by_one(
        self, database: Database, settings: Settings
    ) -> None:
        waiting = settings.model_copy(update={"registration": Registration.APPROVAL})
        who = Identity("i", "s", "", "S", ("designer",), "corp")
        token = made_in(database)
        with database.write() as session:
            assert admission.admit(session, waiting, who).standing is Standing.WAITING
        with database.write() as session:
            assert admission.admit(session, waiting, who, token).standing is Standing.ACTIVE
        with database.read() as session:
            assert not service.holds(session, token)


def made_in(database: Database) -> str:
    from backend.accounts.service import ensure_roles

    with database.write() as session:
        ensure_roles(session)
        made = service.make(session, HOME, None, InviteCreate())
    return token_of(made.model_dump())


class TestFromATerminal:
    @pytest.fixture(autouse=True)
    def studio(
        self, sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        terminal.at_home(monkeypatch, sqlite_database.url, tmp_path)

    def test_makes_lists_and_revokes(self, sqlite_database: Database) -> None:
        link = atelier("make", "--note", "Robin [x]", "--role", "designer").output.strip()
        assert link.startswith("http://127.0.0.1:8000/auth/login?invite=")
        with sqlite_database.read() as session:
            assert service.holds(session, link.partition("invite=")[2])
            invite_id = session.exec(select(Invite.id)).one()
        listed = atelier("list").output
        for word in (invite_id, "Robin [x]", "designer", "open"):
            assert word in listed
        assert "is revoked" in atelier("revoke", invite_id).output
        assert "revoked" in atelier("list").output

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("make", "--role", "emperor"), "is no role"),
            (("make", "--team", "nosuch"), "there is no team"),
            (("make", "--days", "99"), "expires_in_days"),
            (("revoke", "nosuch"), "no such invite"),
        ],
    )
    def test_says_what_will_not_do(self, words: tuple[str, ...], said: str) -> None:
        answer = atelier(*words)
        assert (answer.exit_code, said in answer.output) == (1, True)
