"""The same journey against a provider we did not write, running as a process of its own."""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from pydantic import SecretStr

from backend.kit.settings import Settings
from inference.hosting import free_port
from tests.backend.accounts.conftest import BuildApp
from tests.backend.accounts.foreign import running
from tests.fixtures.actors import Actors, Client, begin

pytestmark = pytest.mark.heavy

ROBIN = {
    "sub": "robin",
    "email": "robin@corp.test",
    "email_verified": True,
    "name": "Robin Reviewer",
    "groups": ["everybody", "admins"],
}


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an `oidc-provider-mock` that knows Robin."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "-p", str(port)]
    claims = ["--user-claims", json.dumps(ROBIN)]
    with running([*command, *claims], url, tmp_path_factory.mktemp("provider")):
        yield url


@pytest.fixture
def actors(issuer: str, settings: Settings, build_app: BuildApp) -> Actors:
    configured = {
        "oidc_issuer": issuer,
        "oidc_client_secret": SecretStr("known to both"),
        "public_url": "https://studio.example.com",
    }
    return Actors(build_app(settings.model_copy(update=configured)))


def choose(browser: Client, subject: str) -> str:
    """Sign in at the provider as `subject`; return where it sends the browser back to."""
    url = begin(browser)
    assert urlsplit(url).path == "/oauth2/authorize"
    answer = httpx2.post(url, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


class TestForeignProvider:
    def test_signs_in_with_claims_and_role(self, actors: Actors) -> None:
        browser = actors.anonymous()
        assert browser.get(choose(browser, "robin")).status_code == 303
        me = browser.get("/api/v1/me").json()
        assert (me["name"], me["email"], me["role"]) == (ROBIN["name"], ROBIN["email"], "admin")
        assert me["development_sign_in"] is False

    def test_a_stranger_gets_the_default_role(self, actors: Actors) -> None:
        browser = actors.anonymous()
        browser.get(choose(browser, "newcomer@corp.test"))
        assert browser.get("/api/v1/me").json()["role"] == "designer"

    def test_refusing_consent_signs_nobody_in(self, actors: Actors) -> None:
        browser = actors.anonymous()
        back = httpx2.post(begin(browser), data={"action": "deny"}).headers["location"]
        answer = browser.get(back)
        assert (answer.status_code, "cancelled" in answer.text) == (403, True)

    def test_the_way_back_works_once(self, actors: Actors) -> None:
        browser = actors.anonymous()
        back = choose(browser, "robin")
        assert browser.get(back).status_code == 303
        assert actors.anonymous().get(back).status_code == 400

    def test_signing_out_ends_here_and_there(self, actors: Actors, issuer: str) -> None:
        browser = actors.anonymous()
        browser.get(choose(browser, "robin"))
        redirect = browser.post("/auth/logout").json()["redirect"]
        assert redirect.startswith(f"{issuer}/oauth2/end_session?")
        asked = parse_qs(urlsplit(redirect).query)
        assert asked["post_logout_redirect_uri"] == ["https://studio.example.com/auth/signed-out"]
        assert browser.get("/api/v1/me").status_code == 401
        assert "studio.example.com/auth/signed-out" in httpx2.get(redirect).text

    def test_the_embedded_provider_is_not_there(self, actors: Actors) -> None:
        assert actors.anonymous().get("/idp/jwks").status_code == 404


class TestAbsentProvider:
    def test_says_so_and_offers_to_try_again(self, settings: Settings, build_app: BuildApp) -> None:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
            app = build_app(settings.model_copy(update={"oidc_issuer": nobody}))
            answer = Actors(app).anonymous().get("/auth/login?next=/history")
        assert answer.status_code == 503
        assert 'href="/auth/login?next=/history"' in answer.text
