"""Signing in with GitHub, which is no OpenID provider, against a stand-in that is as strict as it is."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from sqlmodel import select

from backend.accounts.models import User
from backend.accounts.providers import GitHubProvider, ProviderTable
from backend.kit.settings import Settings
from tests.fixtures.actors import Actors, Client, begin
from tests.fixtures.github import CLIENT_ID, CLIENT_SECRET, GitHub

BACK = "/auth/github/callback"


@pytest.fixture
def github() -> GitHub:
    return GitHub()


def connected(app: FastAPI, github: GitHub, settings: Settings, **given: Any) -> Client:
    table = ProviderTable.model_validate(
        {"kind": "github", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **given}
    )
    provider = GitHubProvider("github", table, settings.base_url, wire=github.app())
    app.state.providers = {"github": provider}
    return Actors(app).anonymous()


@pytest.fixture
def browser(app: FastAPI, github: GitHub, settings: Settings) -> Client:
    return connected(app, github, settings)


def sign_in(browser: Client, github: GitHub, **changed: str) -> Any:
    return browser.get(BACK, params={**github.consent(begin(browser)), **changed})


def person(app: FastAPI) -> User:
    with Actors(app).context.database.read() as session:
        return session.exec(select(User)).one()


class TestGitHub:
    def test_tells_who_somebody_is_by_their_number(
        self, app: FastAPI, browser: Client, github: GitHub
    ) -> None:
        assert sign_in(browser, github).status_code == 303
        user = person(app)
        assert (user.issuer, user.subject) == ("https://github.com", "583231")
        assert (user.name, user.email, user.role) == ("Octo Cat", "octo@corp.test", "designer")

    def test_a_new_name_is_the_same_person_and_the_old_name_is_not(
        self, app: FastAPI, browser: Client, github: GitHub
    ) -> None:
        sign_in(browser, github)
        github.user = {"id": 583231, "login": "renamed", "name": None}
        sign_in(browser, github)
        assert person(app).name == "renamed"
        github.user = {"id": 99, "login": "octocat"}  # somebody took the name that was left
        impostor = Actors(app).anonymous()
        sign_in(impostor, github)
        me = impostor.get("/api/v1/me").json()
        assert me["id"] != person_numbered(app, "583231").id

    def test_is_asked_for_no_more_than_is_needed(self, browser: Client, github: GitHub) -> None:
        asked = parse_qs(urlsplit(begin(browser)).query)
        assert asked["scope"] == ["read:user user:email"]
        assert "nonce" not in asked
        sign_in(browser, github)
        assert github.asked == ["/user", "/user/emails"]

    def test_organisations_and_teams_give_role_and_team(
        self, app: FastAPI, github: GitHub, settings: Settings
    ) -> None:
        github.organisations = [{"login": f"org{n}"} for n in range(100)] + [{"login": "Acme"}]
        maps = {"role_map": {"acme": "admin"}, "team_map": {"acme/designers": "Designers"}}
        browser = connected(app, github, settings, **maps)
        assert parse_qs(urlsplit(begin(browser)).query)["scope"] == [
            "read:user user:email read:org"
        ]
        sign_in(browser, github)
        assert person(app).role == "admin"
        assert person(app).team_id is not None

    def test_lets_in_members_only_where_told_so(
        self, app: FastAPI, github: GitHub, settings: Settings
    ) -> None:
        browser = connected(app, github, settings, allowed_groups=["acme"])
        github.organisations = [{"login": "acme-evil"}]
        github.teams = []
        assert sign_in(browser, github).status_code == 403
        github.organisations = [{"login": "ACME"}]
        assert sign_in(browser, github).status_code == 303

    @pytest.mark.parametrize(
        "emails",
        [
            [],
            [{"email": "boss@corp.test", "primary": True, "verified": False}],
            [{"email": "boss@corp.test", "primary": False, "verified": True}],
            [{"email": "boss@corp.test", "primary": "true", "verified": "true"}],
        ],
    )
    def test_believes_only_the_address_that_is_primary_and_verified(
        self, app: FastAPI, github: GitHub, settings: Settings, emails: Any
    ) -> None:
        browser = connected(app, github, settings, allowed_domains=["corp.test"])
        github.emails = emails
        github.user["email"] = "boss@corp.test"  # public, and of one's own choice
        assert sign_in(browser, github).status_code == 403

    def test_has_no_page_to_sign_out_at(self, browser: Client, github: GitHub) -> None:
        sign_in(browser, github)
        assert browser.post("/auth/logout").json() == {"redirect": "/auth/signed-out"}
        assert browser.get("/api/v1/me").status_code == 401


def test_an_enterprise_server_has_its_own_addresses() -> None:
    told = {"kind": "github", "issuer": "https://git.corp.test/", "client_id": "x"}
    provider = GitHubProvider("git", ProviderTable.model_validate(told), "https://studio.test")
    client = provider._client
    assert client.authorize_url == "https://git.corp.test/login/oauth/authorize"
    assert client.access_token_url == "https://git.corp.test/login/oauth/access_token"
    assert client.api_base_url == "https://git.corp.test/api/v3/"


class TestRefusals:
    @pytest.mark.parametrize(
        "changed", [{"state": "x"}, {"code": "x"}, {"iss": "https://evil.test"}]
    )
    def test_of_what_does_not_belong_to_this_sign_in(
        self, browser: Client, github: GitHub, changed: dict[str, str]
    ) -> None:
        assert sign_in(browser, github, **changed).status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    def test_of_the_same_code_twice(self, browser: Client, github: GitHub) -> None:
        back = github.consent(begin(browser))
        assert browser.get(BACK, params=back).status_code == 303
        browser.cookies.clear()
        assert browser.get(BACK, params=back).status_code == 400

    def test_of_a_code_from_another_browser(
        self, app: FastAPI, browser: Client, github: GitHub
    ) -> None:
        """PKCE: the code was begun with a verifier that the victim's browser does not have."""
        stolen = github.consent(begin(browser))["code"]
        victim = Actors(app).anonymous()
        assert sign_in(victim, github, code=stolen).status_code == 400
        assert victim.get("/api/v1/me").status_code == 401

    @pytest.mark.parametrize(
        "user", [{}, [], None, {"id": "5"}, {"id": True}, {"id": 0}, {"id": -1}, {"login": "x"}]
    )
    def test_of_somebody_without_a_number(self, browser: Client, github: GitHub, user: Any) -> None:
        github.user = user
        assert sign_in(browser, github).status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    @pytest.mark.parametrize("emails", [{}, None, ["x"], "x"])
    def test_of_lists_that_are_none(self, browser: Client, github: GitHub, emails: Any) -> None:
        github.emails = emails
        assert sign_in(browser, github).status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    def test_of_a_person_who_pressed_cancel(self, browser: Client, github: GitHub) -> None:
        state = github.consent(begin(browser))["state"]
        answer = browser.get(BACK, params={"error": "access_denied", "state": state})
        assert (answer.status_code, "cancelled" in answer.text) == (403, True)

    def test_its_long_name_is_its_own(self, browser: Client, github: GitHub) -> None:
        answer = sign_in(browser, github, iss="https://github.com/login/oauth")
        assert answer.status_code == 303


def person_numbered(app: FastAPI, number: str) -> User:
    with Actors(app).context.database.read() as session:
        return session.exec(select(User).where(User.subject == number)).one()
