"""How long a session lasts and what ends it, on each kind of database."""

from __future__ import annotations

import pytest
from sqlmodel import Session, select
from starlette.datastructures import Headers

from backend.accounts import service
from backend.accounts.admission import Identity
from backend.accounts.dependencies import resolve_actor
from backend.accounts.models import RolePermission, Standing, User, UserSession
from backend.accounts.permissions import MARKETING
from tests.backend.accounts.conftest import Clock
from tests.fixtures.actors import Actors, Client


def alive(client: Client) -> bool:
    status = client.get("/api/v1/me").status_code
    assert status in (200, 401)
    return status == 200


class TestLife:
    def test_ends_when_idle(self, anywhere: Actors, moving_clock: Clock) -> None:
        dana = anywhere.browser()
        moving_clock.advance(hours=7.9)
        assert alive(dana)
        moving_clock.advance(hours=7.9)
        assert alive(dana)
        moving_clock.advance(hours=8.1)
        assert not alive(dana)

    def test_ends_at_its_age_however_busy(self, anywhere: Actors, moving_clock: Clock) -> None:
        dana = anywhere.browser()
        for _ in range(24):
            moving_clock.advance(hours=7)
            assert alive(dana)
        moving_clock.advance(hours=1)
        assert not alive(dana)

    def test_of_somebody_deactivated_ends_at_once(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        script = anywhere.program()
        for client in (dana, script):
            assert alive(client)
            with anywhere.context.database.write() as session:
                user = session.get_one(User, client.user_id)
                user.standing = Standing.DEACTIVATED
                session.add(user)
            assert not alive(client)

    def test_deactivating_takes_the_sessions_away_for_good(self, anywhere: Actors) -> None:
        dana = anywhere.browser()
        with anywhere.context.database.write() as session:
            service.deactivate(session, session.get_one(User, dana.user_id), by=None)
        with anywhere.context.database.write() as session:
            user = session.get_one(User, dana.user_id)
            user.standing = Standing.ACTIVE
            session.add(user)
        assert not alive(dana)

    def test_a_role_that_loses_a_permission_loses_it_now(self, anywhere: Actors) -> None:
        mira = anywhere.browser(MARKETING)
        assert mira.get("/api/v1/me").json()["permissions"] == ["browse"]
        with anywhere.context.database.write() as session:
            session.delete(session.get_one(RolePermission, (MARKETING, "browse")))
        assert mira.get("/api/v1/me").json()["permissions"] == []

    @pytest.mark.parametrize("cookie", ["", "x", "é", "a; b", "0" * 5000])
    def test_nonsense_is_nobody(self, anywhere: Actors, cookie: str) -> None:
        stranger = anywhere.anonymous()
        header = f"atelier_session={cookie}".encode()
        answer = stranger.get("/api/v1/me", headers=[(b"cookie", header)])
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"


class TestVisits:
    def test_are_noted_at_most_once_a_minute(self, anywhere: Actors, moving_clock: Clock) -> None:
        dana = anywhere.browser()
        begun = _row(anywhere, dana).last_seen_at
        moving_clock.advance(seconds=50)
        assert alive(dana)
        assert _row(anywhere, dana).last_seen_at == begun
        moving_clock.advance(seconds=20)
        assert alive(dana)
        assert _row(anywhere, dana).last_seen_at == moving_clock.now

    def test_are_noted_by_a_change_without_waiting_for_it(
        self, anywhere: Actors, moving_clock: Clock
    ) -> None:
        """The request holds SQLite's one writing lock; noting the visit must not ask for another."""
        dana = anywhere.browser()
        moving_clock.advance(minutes=5)
        assert dana.post("/api/v1/me/api-keys", json={"name": "n"}).status_code == 201
        assert _row(anywhere, dana).last_seen_at == moving_clock.now


class TestResolveActor:
    def test_finds_the_same_person_as_an_endpoint(self, anywhere: Actors) -> None:
        for client in (anywhere.browser("admin"), anywhere.program("designer")):
            request = client.build_request("GET", "/")
            found = resolve_actor(anywhere.context, Headers(dict(request.headers)))
            assert found is not None
            assert found.id == client.user_id
            assert sorted(found.permissions) == client.get("/api/v1/me").json()["permissions"]

    def test_notes_the_visit_and_knows_no_stranger(
        self, anywhere: Actors, moving_clock: Clock
    ) -> None:
        dana = anywhere.browser()
        moving_clock.advance(minutes=5)
        headers = {"cookie": f"other=1; atelier_session={dana.cookies['atelier_session']}"}
        assert resolve_actor(anywhere.context, headers) is not None
        assert _row(anywhere, dana).last_seen_at == moving_clock.now
        assert resolve_actor(anywhere.context, {}) is None


class TestHousekeeping:
    def test_ended_sessions_go_at_the_next_sign_in(
        self, anywhere: Actors, moving_clock: Clock
    ) -> None:
        anywhere.browser()
        moving_clock.advance(days=8)
        identity = Identity("i", "s", "e@x.test", "E", ("designer",), "oidc")
        with anywhere.context.database.write() as session:
            browser = service.Browser("Firefox", None, None)
            service.sign_in(session, anywhere.context.settings, identity, browser)
        with anywhere.context.database.read() as session:
            assert [row.user_agent for row in session.exec(select(UserSession))] == ["Firefox"]


def _row(actors: Actors, client: Client) -> UserSession:
    with actors.context.database.read() as session:
        return _only(session, client.user_id)


def _only(session: Session, user_id: str) -> UserSession:
    return session.exec(select(UserSession).where(UserSession.user_id == user_id)).one()
