"""A provider that signs what it should not, or says what is not so: nobody is signed in by it."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from backend.accounts.providers import Provider, Registration
from backend.kit.settings import Settings
from tests.fixtures.actors import Actors, Client, begin

ISSUER = "https://issuer.test"
KEY = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
STRANGERS_KEY = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
Claims = dict[str, Any]


class HostileProvider:
    """An honest provider whose every answer a test can spoil."""

    def __init__(self) -> None:
        self.nonce = ""
        self.spoil_claims: Callable[[Claims], Claims] = lambda claims: claims
        self.sign: Callable[[Claims], str] = self.sign_honestly
        self.metadata: Claims = {}
        self.userinfo: Claims = {"sub": "u1", "groups": ["admins"], "email": "u1@issuer.test"}
        self.token: Callable[[str], Response] = self.answer_honestly

    def app(self) -> ASGIApp:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discovery),
                Route("/jwks", self._jwks),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    def sign_honestly(self, claims: Claims) -> str:
        return jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, KEY)

    def answer_honestly(self, id_token: str) -> Response:
        return JSONResponse(
            {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": id_token}
        )

    async def _discovery(self, _request: Request) -> Response:
        told = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "userinfo_endpoint": f"{ISSUER}/userinfo",
            "jwks_uri": f"{ISSUER}/jwks",
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
        }
        return JSONResponse({**told, **self.metadata})

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(KeySet([KEY]).as_dict(private=False))

    async def _token(self, _request: Request) -> Response:
        now = int(time.time())
        claims = {
            "iss": ISSUER, "sub": "u1", "aud": "atelier", "iat": now, "exp": now + 60,
            "nonce": self.nonce,
        }  # fmt: skip
        return self.token(self.sign(self.spoil_claims(claims)))

    async def _userinfo(self, request: Request) -> Response:
        assert request.headers["authorization"] == "Bearer a"
        return JSONResponse(self.userinfo)


@pytest.fixture
def hostile() -> HostileProvider:
    return HostileProvider()


@pytest.fixture
def browser(app: FastAPI, hostile: HostileProvider, settings: Settings) -> Client:
    registration = Registration("hostile", ISSUER, "secret", embedded=hostile.app())
    app.state.provider = Provider(settings, registration)
    return Actors(app).anonymous()


def come_back(browser: Client, hostile: HostileProvider, extra: str = "") -> Any:
    asked = parse_qs(urlsplit(begin(browser)).query)
    hostile.nonce = asked["nonce"][0]
    return browser.get(f"/auth/hostile/callback?code=c&state={asked['state'][0]}{extra}")


def nobody_is_signed_in(browser: Client) -> bool:
    return browser.get("/api/v1/me").status_code == 401


def test_honest_it_signs_in_and_userinfo_completes_the_claims(
    browser: Client, hostile: HostileProvider
) -> None:
    assert come_back(browser, hostile).status_code == 303
    me = browser.get("/api/v1/me").json()
    assert (me["email"], me["role"]) == ("u1@issuer.test", "admin")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "somebody"}, {"aud": ["somebody", "else"]},
        {"aud": "somebody", "azp": "atelier"}, {"iss": "https://other.test"}, {"iss": None},
        {"exp": 1000}, {"exp": None}, {"sub": None}, {"sub": ""}, {"aud": None}, {"iat": "soon"},
        {"azp": "somebody"}, {"at_hash": "wrong"}, {"nbf": 9_000_000_000},
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in(
    browser: Client, hostile: HostileProvider, spoilt: Claims
) -> None:
    def spoil(claims: Claims) -> Claims:
        return {k: v for k, v in {**claims, **spoilt}.items() if v is not None}

    hostile.spoil_claims = spoil
    assert come_back(browser, hostile).status_code == 400
    assert nobody_is_signed_in(browser)


def encoded(header: Claims, claims: Claims) -> bytes:
    parts = [json.dumps(part).encode() for part in (header, claims)]
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


def unsigned(claims: Claims) -> str:
    return f"{encoded({'alg': 'none', 'typ': 'JWT'}, claims).decode()}."


def signed_by_a_stranger(claims: Claims) -> str:
    return jwt.encode({"alg": "RS256", "kid": KEY.kid}, claims, STRANGERS_KEY)


def signed_with_the_public_key_as_secret(claims: Claims) -> str:
    text = encoded({"alg": "HS256", "kid": KEY.kid}, claims)
    digest = hmac.digest(KEY.as_pem(private=False), text, "sha256")
    return f"{text.decode()}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def gibberish(_claims: Claims) -> str:
    return "not.a.token"


def nothing(_claims: Claims) -> str:
    return ""


def with_its_own_key_inside(claims: Claims) -> str:
    header = {"alg": "RS256", "jwk": STRANGERS_KEY.as_dict(private=False)}
    return jwt.encode(header, claims, STRANGERS_KEY)


@pytest.mark.parametrize(
    "sign",
    [
        unsigned, signed_by_a_stranger, signed_with_the_public_key_as_secret,
        with_its_own_key_inside, gibberish, nothing,
    ],
)  # fmt: skip
def test_a_token_that_nobody_trusted_signed(
    browser: Client, hostile: HostileProvider, sign: Callable[[Claims], str]
) -> None:
    hostile.sign = sign
    assert come_back(browser, hostile).status_code == 400
    assert nobody_is_signed_in(browser)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"access_token": "a", "token_type": "Bearer"}', 200), ("[1, 2]", 200), ("{}", 200),
        ("<html>", 200), ('{"error": "x<script>"}', 400), ('{"id_token": 5}', 200),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_answer(
    browser: Client, hostile: HostileProvider, body: str, status: int
) -> None:
    hostile.token = lambda _token: Response(body, status, media_type="application/json")
    page = come_back(browser, hostile)
    assert (page.status_code, "<script" in page.text) == (400, False)
    assert nobody_is_signed_in(browser)


def test_a_provider_that_breaks_is_away(browser: Client, hostile: HostileProvider) -> None:
    hostile.token = lambda _token: PlainTextResponse("broken", 502)
    assert come_back(browser, hostile).status_code == 503
    assert nobody_is_signed_in(browser)


def test_userinfo_of_somebody_else(browser: Client, hostile: HostileProvider) -> None:
    hostile.userinfo = {"sub": "u2", "groups": ["admins"]}
    assert come_back(browser, hostile).status_code == 400
    assert nobody_is_signed_in(browser)


def test_an_answer_from_another_issuer(browser: Client, hostile: HostileProvider) -> None:
    assert come_back(browser, hostile, "&iss=https%3A%2F%2Fevil.test").status_code == 400
    assert nobody_is_signed_in(browser)


@pytest.mark.parametrize("issuer", ["https://other.test", f"{ISSUER}/", None, 5])
def test_metadata_of_another_issuer(
    browser: Client, hostile: HostileProvider, issuer: object
) -> None:
    hostile.metadata = {"issuer": issuer}
    for _ in range(2):  # and it is not believed the second time, from memory
        assert browser.get("/auth/login").status_code == 503
