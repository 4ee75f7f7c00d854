"""The development provider on its own: what it gives, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from starlette.testclient import TestClient

from backend.accounts.devidp import create_development_provider
from backend.accounts.devidp.grants import challenge_of
from backend.accounts.devidp.requests import Client
from backend.kit.settings import Settings
from tests.backend.accounts.conftest import Clock

HOME = "http://127.0.0.1:8000"
STUDIO = Client("atelier", "s3cret", f"{HOME}/back", f"{HOME}/out")
VERIFIER = "v" * 50
ASKED = {
    "response_type": "code",
    "client_id": STUDIO.id,
    "redirect_uri": STUDIO.redirect_uri,
    "scope": "openid email",
    "state": "st",
    "nonce": "no",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}


@pytest.fixture
def provider() -> TestClient:
    return reached_from("127.0.0.1")


def reached_from(address: str, base_url: str = HOME) -> TestClient:
    app = create_development_provider(f"{HOME}/idp", STUDIO)
    return TestClient(app, base_url, client=(address, 50000), follow_redirects=False)


def code_of(provider: TestClient, **changed: str) -> str:
    answer = provider.post(
        "/authorize", data={**ASKED, "account": "designer@example.com", **changed}
    )
    assert answer.status_code == 303
    return str(answer.headers["location"]).partition("code=")[2].partition("&")[0]


def redeem(provider: TestClient, code: str, **changed: str) -> Any:
    asked = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": STUDIO.redirect_uri,
        "code_verifier": VERIFIER,
        "client_id": STUDIO.id,
        "client_secret": STUDIO.secret,
    }
    return provider.post("/token", data={**asked, **changed})


class TestAuthorize:
    @pytest.mark.parametrize(
        "wrong",
        [
            {"redirect_uri": "https://evil.test"},
            {"redirect_uri": f"{STUDIO.redirect_uri}/more"},
            {"client_id": "somebody"},
            {"code_challenge": ""},
            {"code_challenge_method": "plain"},
            {"response_type": "token"},
            {"scope": "email"},
            {"state": "x" * 600},
        ],
    )
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_refuses_and_never_redirects(
        self, provider: TestClient, method: str, wrong: dict[str, str]
    ) -> None:
        asked = {**ASKED, "account": "designer@example.com", **wrong}
        where = {"params": asked} if method == "GET" else {"data": asked}
        answer = provider.request(method, "/authorize", **where)  # type: ignore[arg-type]
        assert answer.status_code == 400
        assert "location" not in answer.headers

    def test_knows_no_other_account(self, provider: TestClient) -> None:
        answer = provider.post("/authorize", data={**ASKED, "account": "root@example.com"})
        assert answer.status_code == 400

    def test_escapes_what_it_carries(self, provider: TestClient) -> None:
        page = provider.get("/authorize", params={**ASKED, "state": '"><script>x</script>'})
        assert "<script" not in page.text


class TestToken:
    def test_tells_who_signed_in(self, provider: TestClient) -> None:
        token = redeem(provider, code_of(provider)).json()
        keys = KeySet.import_key_set(provider.get("/jwks").json())
        signed = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
        assert signed.claims["email"] == "designer@example.com"
        assert signed.claims["email_verified"] is True
        assert (signed.claims["aud"], signed.claims["nonce"]) == ("atelier", "no")
        bearer = {"authorization": f"Bearer {token['access_token']}"}
        told = provider.get("/userinfo", headers=bearer).json()
        assert (told["sub"], told["groups"]) == (signed.claims["sub"], ["designers"])

    def test_is_given_for_a_code_once(self, provider: TestClient) -> None:
        code = code_of(provider)
        assert redeem(provider, code).status_code == 200
        assert redeem(provider, code).json() == {"error": "invalid_grant"}

    def test_is_given_within_a_minute(self, provider: TestClient, moving_clock: Clock) -> None:
        code = code_of(provider)
        moving_clock.advance(seconds=61)
        assert redeem(provider, code).json() == {"error": "invalid_grant"}

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"code_verifier": "w" * 50}, "invalid_grant"),
            ({"code_verifier": ""}, "invalid_grant"),
            ({"redirect_uri": "https://evil.test"}, "invalid_grant"),
            ({"grant_type": "password"}, "unsupported_grant_type"),
            ({"client_secret": "guess"}, "invalid_client"),
            ({"client_id": "other"}, "invalid_client"),
        ],
    )
    def test_is_not_given_otherwise(
        self, provider: TestClient, wrong: dict[str, str], error: str
    ) -> None:
        assert redeem(provider, code_of(provider), **wrong).json() == {"error": error}

    def test_ends(self, provider: TestClient, moving_clock: Clock) -> None:
        token = redeem(provider, code_of(provider)).json()["access_token"]
        moving_clock.advance(minutes=11)
        bearer = {"authorization": f"Bearer {token}"}
        assert provider.get("/userinfo", headers=bearer).status_code == 401


class TestEndSession:
    def test_returns_to_the_studio_and_nowhere_else(self, provider: TestClient) -> None:
        home = {"post_logout_redirect_uri": STUDIO.post_logout_redirect_uri, "state": "s"}
        assert (
            provider.get("/end_session", params=home).headers["location"].endswith("/out?state=s")
        )
        away = provider.get(
            "/end_session", params={"post_logout_redirect_uri": "https://evil.test"}
        )
        assert (away.status_code, "location" in away.headers) == (200, False)


class TestThisMachineOnly:
    @pytest.mark.parametrize(
        ("address", "base_url", "status"),
        [
            ("127.0.0.1", HOME, 200),
            ("::1", "http://[::1]:8000", 200),
            ("127.0.0.1", "http://localhost:9000", 200),
            ("192.168.1.7", HOME, 403),
            ("127.0.0.1", "http://rebound.evil.test:8000", 403),
            ("127.0.0.1", "http://localhost.evil.test", 403),
            ("127.0.0.1", "http://127.0.0.1.evil.test", 403),
        ],
    )
    def test_answers_loopback_by_name_and_address(
        self, address: str, base_url: str, status: int
    ) -> None:
        assert reached_from(address, base_url).get("/jwks").status_code == status

    @pytest.mark.parametrize(
        "public", [{"host": "0.0.0.0"}, {"public_url": "https://studio.example.com"}]
    )
    def test_the_studio_does_not_start_with_it_in_public(self, public: dict[str, str]) -> None:
        with pytest.raises(ValueError, match="development sign-in works on loopback only"):
            Settings(**public)  # type: ignore[arg-type]
