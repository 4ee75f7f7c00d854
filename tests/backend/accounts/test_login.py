"""Signing in and out through the embedded provider, as a browser does it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from sqlmodel import select

from backend.accounts.models import Standing, User, UserSession
from backend.kit.settings import Settings
from tests.backend.accounts.conftest import BuildApp
from tests.fixtures.actors import Actors, begin, consent, read_form, sign_in


class TestSignIn:
    @pytest.mark.parametrize(
        ("account", "name", "may"),
        [
            ("designer", "Dana Designer", ["browse", "generate"]),
            ("marketing", "Mira Marketing", ["browse"]),
            ("admin", "Alex Admin", ["administer", "browse", "generate", "review"]),
        ],
    )
    def test_each_ready_account_gets_its_role(
        self, actors: Actors, account: str, name: str, may: list[str]
    ) -> None:
        browser = actors.anonymous()
        sign_in(browser, account)
        me = browser.get("/api/v1/me").json()
        assert (me["name"], me["role"], me["permissions"]) == (name, account, may)
        assert me["email"] == f"{account}@example.com"
        assert me["development_sign_in"] is True
        assert me["via"] == "session"

    def test_goes_on_to_the_page_that_was_asked_for(self, actors: Actors) -> None:
        answer = sign_in(actors.anonymous(), next_path="/history?q=red dress".replace(" ", "%20"))
        assert answer.status_code == 303
        assert answer.headers["location"] == "/history?q=red%20dress"

    def test_asks_for_everything_a_careful_client_asks_for(self, actors: Actors) -> None:
        asked = parse_qs(urlsplit(begin(actors.anonymous())).query)
        assert asked["response_type"] == ["code"]
        assert asked["code_challenge_method"] == ["S256"]
        assert len(asked["code_challenge"][0]) == 43
        assert len(asked["state"][0]) >= 20
        assert len(asked["nonce"][0]) >= 20
        assert asked["redirect_uri"] == ["http://127.0.0.1:8000/auth/development/callback"]

    def test_is_the_same_person_again_next_time_and_at_another_port(
        self, actors: Actors, build_app: BuildApp, settings: Settings
    ) -> None:
        first, later = actors.anonymous(), actors.anonymous()
        sign_in(first)
        sign_in(later)
        moved = Actors(build_app(settings.model_copy(update={"port": 8123}))).anonymous()
        sign_in(moved)
        ids = {browser.get("/api/v1/me").json()["id"] for browser in (first, later, moved)}
        assert len(ids) == 1

    def test_two_tabs_both_arrive(self, actors: Actors) -> None:
        browser = actors.anonymous()
        older, newer = begin(browser, "/history"), begin(browser, "/")
        assert browser.get(consent(browser, older)).headers["location"] == "/history"
        assert browser.get(consent(browser, newer)).headers["location"] == "/"

    def test_a_forgotten_tab_of_somebody_signed_in_goes_home(self, actors: Actors) -> None:
        browser = actors.anonymous()
        forgotten = consent(browser, begin(browser))
        for _ in range(3):
            begin(browser)
        sign_in(browser)
        answer = browser.get(forgotten)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")

    def test_starts_where_the_cookie_will_be_needed(self, actors: Actors) -> None:
        browser = actors.anonymous()
        answer = browser.get("http://localhost:8000/auth/login?next=/history")
        assert answer.headers["location"] == (
            "http://127.0.0.1:8000/auth/login?next=%2Fhistory&moved=1"
        )

    def test_replaces_the_session_the_browser_had(self, actors: Actors) -> None:
        browser = actors.anonymous()
        browser.cookies.set("atelier_session", "planted-by-somebody", domain="127.0.0.1")
        sign_in(browser)
        first = browser.cookies["atelier_session"]
        assert first != "planted-by-somebody"
        sign_in(browser)
        assert browser.cookies["atelier_session"] != first
        with actors.context.database.read() as session:
            assert len(session.exec(select(UserSession)).all()) == 1


class TestCookies:
    def test_on_http_is_out_of_reach_of_scripts_and_other_sites(self, actors: Actors) -> None:
        cookie = _session_cookie(sign_in(actors.anonymous()))
        assert cookie.startswith("atelier_session=")
        assert {"HttpOnly", "Path=/", "SameSite=lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie

    def test_on_https_is_bound_to_the_host(self, build_app: BuildApp, settings: Settings) -> None:
        https = settings.model_copy(update={"public_url": "https://127.0.0.1:8443"})
        browser = Actors(build_app(https)).anonymous()
        cookie = _session_cookie(sign_in(browser))
        assert cookie.startswith("__Host-atelier=")
        assert {"HttpOnly", "Path=/", "SameSite=lax", "Secure"} <= set(cookie.split("; "))
        assert browser.get("/api/v1/me").status_code == 200

    def test_of_the_dance_goes_to_the_sign_in_alone_and_ends_soon(self, actors: Actors) -> None:
        cookie = actors.anonymous().get("/auth/login").headers["set-cookie"]
        assert cookie.startswith("atelier_login=")
        assert "path=/auth;" in cookie
        assert "Max-Age=600;" in cookie
        assert "httponly" in cookie
        assert "samesite=lax" in cookie

    def test_of_the_dance_on_https_says_so_in_its_name(
        self, build_app: BuildApp, settings: Settings
    ) -> None:
        https = settings.model_copy(update={"public_url": "https://127.0.0.1:8443"})
        cookie = Actors(build_app(https)).anonymous().get("/auth/login").headers["set-cookie"]
        assert cookie.startswith("__Secure-atelier_login=")
        assert "secure" in cookie.lower().split("; ")

    def test_of_the_dance_holds_three_long_ways_home(self, actors: Actors) -> None:
        browser = actors.anonymous()
        for _ in range(5):
            begin(browser, "/" + "x" * 500)
        assert len(browser.cookies["atelier_login"]) < 4000


class TestSignOut:
    def test_ends_the_session_at_once_and_points_to_the_provider(self, actors: Actors) -> None:
        browser = actors.anonymous()
        sign_in(browser)
        kept = browser.cookies["atelier_session"]
        answer = browser.post("/auth/logout")
        redirect = urlsplit(answer.json()["redirect"])
        assert redirect.path == "/idp/end_session"
        assert parse_qs(redirect.query)["id_token_hint"][0].count(".") == 2
        assert answer.headers["clear-site-data"] == '"cache", "storage"'
        assert "atelier_session" not in browser.cookies
        browser.cookies.set("atelier_session", kept, domain="127.0.0.1")
        assert browser.get("/api/v1/me").status_code == 401

    def test_comes_back_to_a_page_that_offers_to_sign_in(self, actors: Actors) -> None:
        browser = actors.anonymous()
        sign_in(browser)
        away = browser.get(browser.post("/auth/logout").json()["redirect"])
        assert away.headers["location"] == "http://127.0.0.1:8000/auth/signed-out"
        assert "/auth/login" in browser.get(away.headers["location"]).text

    def test_twice_is_no_error(self, actors: Actors) -> None:
        answer = actors.anonymous().post("/auth/logout")
        assert answer.json() == {"redirect": "/auth/signed-out"}


class TestPeople:
    def test_one_address_at_two_issuers_is_two_people(self, actors: Actors) -> None:
        from tests.fixtures.actors import add_user

        elsewhere = add_user(
            actors.context.database, "designer", email="admin@example.com", subject="alex"
        )
        browser = actors.anonymous()
        sign_in(browser, "admin")
        assert browser.get("/api/v1/me").json()["id"] != elsewhere.id

    def test_a_deactivated_person_cannot_come_back(self, actors: Actors) -> None:
        browser = actors.anonymous()
        sign_in(browser)
        with actors.context.database.write() as session:
            user = session.exec(select(User).where(User.email == "designer@example.com")).one()
            user.standing = Standing.DEACTIVATED
            session.add(user)
        assert browser.get("/api/v1/me").status_code == 401
        assert sign_in(actors.anonymous()).status_code == 403


class TestPages:
    def test_the_choice_is_plain_html_with_a_policy_that_allows_no_script(
        self, actors: Actors
    ) -> None:
        browser = actors.anonymous()
        page = browser.get(begin(browser))
        policy = page.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src" not in policy
        assert "<script" not in page.text
        assert 'aria-label="Continue as Dana Designer"' in page.text
        assert "designer@example.com" in page.text
        assert "Development sign-in: no passwords, this machine only." in page.text
        assert read_form(page.text)["code_challenge_method"] == "S256"


def _session_cookie(answer: object) -> str:
    cookies: list[str] = answer.headers.get_list("set-cookie")  # type: ignore[attr-defined]
    return next(cookie for cookie in cookies if "atelier_login" not in cookie)
