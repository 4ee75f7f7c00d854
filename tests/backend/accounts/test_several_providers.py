"""Several providers at once: choosing between them, and what one may try at another's expense."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from sqlmodel import select

from backend.accounts.models import User
from backend.kit.settings import Settings
from tests.backend.accounts.conftest import BuildApp
from tests.fixtures.actors import Actors, Client
from tests.fixtures.issuer import Issuer, begin_at, come_back, provider_at

HOME_DIRECTORY = "72f988bf-86f1-41af-91ab-2d7cd011db47"
STRANGERS_DIRECTORY = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def honest() -> Issuer:
    issuer = Issuer("https://honest.test")
    issuer.userinfo = {"sub": "u1", "email": "dana@corp.test", "email_verified": True}
    issuer.metadata = {"end_session_endpoint": "https://honest.test/out"}
    return issuer


@pytest.fixture
def other() -> Issuer:
    issuer = Issuer("https://other.test")
    issuer.userinfo = {"sub": "u1", "email": "dana@corp.test", "email_verified": True}
    issuer.metadata = {"end_session_endpoint": "https://other.test/out"}
    return issuer


@pytest.fixture
def app(app: FastAPI, settings: Settings, honest: Issuer, other: Issuer) -> FastAPI:
    app.state.providers = {
        "honest": provider_at("honest", honest, settings, title="Honest & Co <b>"),
        "other": provider_at("other", other, settings),
    }
    return app


@pytest.fixture
def browser(actors: Actors) -> Client:
    return actors.anonymous()


def links(html: str) -> list[str]:
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "a":
                found.append(dict(attrs)["href"] or "")

    Reader().feed(html)
    return found


class TestTheChoice:
    def test_lists_them_and_carries_where_to_go_on(self, browser: Client, honest: Issuer) -> None:
        page = browser.get("/auth/login?next=/history")
        assert page.status_code == 200
        assert "Continue with Honest &amp; Co &lt;b&gt;" in page.text
        assert "Continue with other.test" in page.text
        first, second, *_verify = links(page.text)
        assert first == "/auth/login?next=%2Fhistory&provider=honest"
        assert second.endswith("provider=other")
        asked = browser.get(first).headers["location"]
        assert asked.startswith("https://honest.test/authorize?")
        state = parse_qs(urlsplit(asked).query)
        honest.nonce = state["nonce"][0]
        back = browser.get(f"/auth/honest/callback?code=c&state={state['state'][0]}")
        assert back.headers["location"] == "/history"

    def test_carries_nothing_that_leads_elsewhere(self, browser: Client) -> None:
        page = browser.get("/auth/login?next=//evil.test")
        assert "evil.test" not in page.text

    def test_is_plain_html_that_runs_nothing(self, browser: Client) -> None:
        page = browser.get("/auth/login")
        assert page.headers["content-security-policy"].startswith("default-src 'none'; style-src")
        assert "<script" not in page.text
        assert page.headers["cache-control"] == "no-store"

    def test_of_a_provider_that_is_not_there(self, browser: Client) -> None:
        for path in ("/auth/login?provider=nosuch", "/auth/nosuch/callback?code=x&state=y"):
            assert browser.get(path).status_code == 404


class TestPeople:
    def test_one_address_and_one_subject_at_two_providers_are_two_people(
        self, actors: Actors, honest: Issuer, other: Issuer
    ) -> None:
        for name, issuer in (("honest", honest), ("other", other), ("honest", honest)):
            assert come_back(actors.anonymous(), name, issuer).status_code == 303
        with actors.context.database.read() as session:
            people = session.exec(select(User)).all()
        assert {(user.issuer, user.subject) for user in people} == {
            ("https://honest.test", "u1"),
            ("https://other.test", "u1"),
        }
        assert len(people) == 2

    def test_the_keys_and_pictures_of_one_are_not_the_others(
        self, actors: Actors, honest: Issuer, other: Issuer
    ) -> None:
        dana, impostor = actors.anonymous(), actors.anonymous()
        come_back(dana, "honest", honest)
        dana.post("/api/v1/me/api-keys", json={"name": "mine"})
        come_back(impostor, "other", other)
        assert impostor.get("/api/v1/me/api-keys").json() == []


class TestMixUp:
    def test_the_state_of_one_is_worth_nothing_at_the_other(
        self, browser: Client, honest: Issuer, other: Issuer
    ) -> None:
        asked = begin_at(browser, "other")
        honest.nonce = other.nonce = asked["nonce"]
        answer = browser.get(f"/auth/honest/callback?code=c&state={asked['state']}")
        assert answer.status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    def test_the_answer_of_one_is_not_taken_for_the_others(
        self, browser: Client, honest: Issuer
    ) -> None:
        """RFC 9207: the hostile one sends the browser on with its own name in the answer."""
        answer = come_back(browser, "honest", honest, "&iss=https%3A%2F%2Fother.test")
        assert answer.status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    def test_the_token_of_one_is_not_believed_at_the_other(
        self, browser: Client, honest: Issuer
    ) -> None:
        honest.spoil_claims = lambda claims: {**claims, "iss": "https://other.test"}
        assert come_back(browser, "honest", honest).status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    def test_each_has_an_address_of_its_own_to_come_back_to(self, browser: Client) -> None:
        home = "http://127.0.0.1:8000/auth"
        assert begin_at(browser, "honest")["redirect_uri"] == f"{home}/honest/callback"
        assert begin_at(browser, "other")["redirect_uri"] == f"{home}/other/callback"

    def test_three_tabs_at_two_providers_fit_into_one_cookie(
        self, browser: Client, other: Issuer
    ) -> None:
        long = "/" + "x" * 500
        asked = [
            begin_at(browser, name, next=long)
            for name in ("honest", "other", "honest", "other", "honest", "other")
        ]
        assert len(browser.cookies["atelier_login"]) < 4000
        other.nonce = asked[-1]["nonce"]
        back = browser.get(f"/auth/other/callback?code=c&state={asked[-1]['state']}")
        assert back.status_code == 303


class TestSigningOut:
    @pytest.mark.parametrize("name", ["honest", "other"])
    def test_ends_at_the_provider_of_the_session(
        self, browser: Client, honest: Issuer, other: Issuer, name: str
    ) -> None:
        come_back(browser, name, {"honest": honest, "other": other}[name])
        url = browser.post("/auth/logout").json()["redirect"]
        assert url.startswith(f"https://{name}.test/out?")
        assert "id_token_hint" in parse_qs(urlsplit(url).query)

    def test_ends_here_where_its_provider_is_configured_no_more(
        self, app: FastAPI, browser: Client, honest: Issuer
    ) -> None:
        come_back(browser, "honest", honest)
        app.state.providers = {"other": app.state.providers["other"]}
        assert browser.post("/auth/logout").json() == {"redirect": "/auth/signed-out"}
        assert browser.get("/api/v1/me").status_code == 401


def entra(issuer: str) -> str:
    return f"https://login.microsoftonline.com/{issuer}/v2.0"


class TestEntra:
    """Directories that share one door: the token's issuer is a directory, the metadata's a template."""

    @pytest.fixture
    def shared(self, app: FastAPI, settings: Settings) -> Issuer:
        issuer = Issuer(entra(HOME_DIRECTORY))
        issuer.userinfo = {"sub": "u1", "email": "dana@corp.test"}
        issuer.metadata = {"issuer": entra("{tenantid}")}
        told = {
            "kind": "entra",
            "tenant": "common",
            "tenants": [HOME_DIRECTORY],
            "issuer": "https://login.microsoftonline.com",
        }
        provider = provider_at("entra", issuer, settings, **told)
        app.state.providers = {"entra": provider}
        return issuer

    def test_keeps_people_under_their_own_directory(self, actors: Actors, shared: Issuer) -> None:
        assert come_back(actors.anonymous(), "entra", shared).status_code == 303
        with actors.context.database.read() as session:
            assert session.exec(select(User.issuer)).one() == entra(HOME_DIRECTORY)

    @pytest.mark.parametrize(
        "issuer", [STRANGERS_DIRECTORY, "{tenantid}", "common", f"{HOME_DIRECTORY}/x"]
    )
    def test_lets_nobody_of_another_directory_in(
        self, browser: Client, shared: Issuer, issuer: str
    ) -> None:
        shared.spoil_claims = lambda claims: {**claims, "iss": entra(issuer)}
        assert come_back(browser, "entra", shared).status_code == 400
        assert browser.get("/api/v1/me").status_code == 401

    def test_believes_no_metadata_but_the_template(self, browser: Client, shared: Issuer) -> None:
        shared.metadata = {"issuer": entra(STRANGERS_DIRECTORY)}
        assert browser.get("/auth/login").status_code == 503


class TestGoogle:
    @pytest.mark.parametrize(
        ("domains", "hint"),
        [(["corp.test"], "corp.test"), (["a.test", "b.test"], None), (["*"], None)],
    )
    def test_is_told_which_account_to_offer_first(
        self,
        app: FastAPI,
        settings: Settings,
        browser: Client,
        domains: list[str],
        hint: str | None,
    ) -> None:
        issuer = Issuer("https://accounts.google.com")
        told = {"kind": "google", "allowed_domains": domains}
        app.state.providers = {"google": provider_at("google", issuer, settings, **told)}
        assert begin_at(browser, "google").get("hd") == hint

    def test_lets_in_only_whom_it_says_to_belong_to_the_domain(
        self, app: FastAPI, settings: Settings, browser: Client
    ) -> None:
        issuer = Issuer("https://accounts.google.com")
        issuer.userinfo = {"sub": "u1", "email": "x@corp.test", "email_verified": True}
        told = {"kind": "google", "allowed_domains": ["corp.test"]}
        app.state.providers = {"google": provider_at("google", issuer, settings, **told)}
        assert come_back(browser, "google", issuer).status_code == 403
        issuer.userinfo["hd"] = "corp.test"
        assert come_back(browser, "google", issuer).status_code == 303


class TestTheFile:
    def test_is_what_a_studio_starts_with(
        self, build_app: BuildApp, settings: Settings, honest: Issuer
    ) -> None:
        path = settings.data_dir / "providers.toml"
        path.write_text(
            '[github]\nkind = "github"\nclient_id = "x"\nallowed_groups = ["acme"]\n'
            f'[corp]\nissuer = "{honest.issuer}"\nclient_id = "x"\n'
        )
        app = build_app(settings.model_copy(update={"providers": str(path)}))
        stranger = Actors(app).anonymous()
        assert "Continue with GitHub" in stranger.get("/auth/login").text
        asked = stranger.get("/auth/login?provider=github").headers["location"]
        assert asked.startswith("https://github.com/login/oauth/authorize?")
        assert stranger.get("/idp/jwks").status_code == 404

    def test_of_which_nothing_can_be_made_keeps_it_from_starting(
        self, build_app: BuildApp, settings: Settings
    ) -> None:
        path = settings.data_dir / "providers.toml"
        path.write_text("[corp]\n")
        with pytest.raises(ValueError, match=r"\[corp\] client_id: is missing"):
            build_app(settings.model_copy(update={"providers": str(path)}))
