"""A provider that signs what it should not, or says what is not so: nobody is signed in by it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable

import pytest
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import PlainTextResponse, Response

from backend.kit.settings import Settings
from tests.fixtures.actors import Actors, Client
from tests.fixtures.issuer import ISSUER, KEY, Claims, Issuer, come_back, provider_at

STRANGERS_KEY = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


@pytest.fixture
def hostile() -> Issuer:
    return Issuer()


@pytest.fixture
def browser(app: FastAPI, hostile: Issuer, settings: Settings) -> Client:
    app.state.providers = {"hostile": provider_at("hostile", hostile, settings)}
    return Actors(app).anonymous()


def nobody_is_signed_in(browser: Client) -> bool:
    return browser.get("/api/v1/me").status_code == 401


def test_honest_it_signs_in_and_userinfo_completes_the_claims(
    browser: Client, hostile: Issuer
) -> None:
    assert come_back(browser, "hostile", hostile).status_code == 303
    me = browser.get("/api/v1/me").json()
    assert (me["email"], me["role"]) == ("u1@issuer.test", "admin")


@pytest.mark.parametrize(
    "spoilt",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "somebody"}, {"aud": ["somebody", "else"]},
        {"aud": "somebody", "azp": "atelier"}, {"iss": "https://other.test"}, {"iss": None},
        {"exp": 1000}, {"exp": None}, {"sub": None}, {"sub": ""}, {"aud": None}, {"iat": "soon"},
        {"azp": "somebody"}, {"sub": "u1\x00"}, {"sub": "u" * 256}, {"sub": "\ud800"}, {"sub": 5},
        {"iss": [ISSUER]}, {"at_hash": "wrong"}, {"nbf": 9_000_000_000},
    ],
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in(
    browser: Client, hostile: Issuer, spoilt: Claims
) -> None:
    def spoil(claims: Claims) -> Claims:
        return {k: v for k, v in {**claims, **spoilt}.items() if v is not None}

    hostile.spoil_claims = spoil
    assert come_back(browser, "hostile", hostile).status_code == 400
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
    browser: Client, hostile: Issuer, sign: Callable[[Claims], str]
) -> None:
    hostile.sign = sign
    assert come_back(browser, "hostile", hostile).status_code == 400
    assert nobody_is_signed_in(browser)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"access_token": "a", "token_type": "Bearer"}', 200), ("[1, 2]", 200), ("{}", 200),
        ("<html>", 200), ('{"error": "x<script>"}', 400), ('{"id_token": 5}', 200),
    ],
)  # fmt: skip
def test_an_answer_that_is_no_answer(
    browser: Client, hostile: Issuer, body: str, status: int
) -> None:
    hostile.token = lambda _token: Response(body, status, media_type="application/json")
    page = come_back(browser, "hostile", hostile)
    assert (page.status_code, "<script" in page.text) == (400, False)
    assert nobody_is_signed_in(browser)


def test_a_provider_that_breaks_is_away(browser: Client, hostile: Issuer) -> None:
    hostile.token = lambda _token: PlainTextResponse("broken", 502)
    assert come_back(browser, "hostile", hostile).status_code == 503
    assert nobody_is_signed_in(browser)


def test_userinfo_of_somebody_else(browser: Client, hostile: Issuer) -> None:
    hostile.userinfo = {"sub": "u2", "groups": ["admins"]}
    assert come_back(browser, "hostile", hostile).status_code == 400
    assert nobody_is_signed_in(browser)


def test_an_address_is_not_verified_by_what_is_said_of_another(
    app: FastAPI, browser: Client, hostile: Issuer, settings: Settings
) -> None:
    strict = provider_at("hostile", hostile, settings, allowed_domains=["corp.test"])
    app.state.providers = {"hostile": strict}
    hostile.spoil_claims = lambda claims: {**claims, "email": "boss@corp.test"}
    hostile.userinfo = {"sub": "u1", "email": "me@evil.test", "email_verified": True}
    assert come_back(browser, "hostile", hostile).status_code == 403
    hostile.userinfo["email"] = "boss@corp.test"
    assert come_back(browser, "hostile", hostile).status_code == 303


def test_an_answer_from_another_issuer(browser: Client, hostile: Issuer) -> None:
    assert come_back(browser, "hostile", hostile, "&iss=https%3A%2F%2Fevil.test").status_code == 400
    assert nobody_is_signed_in(browser)


@pytest.mark.parametrize("issuer", ["https://other.test", f"{ISSUER}/", None, 5])
def test_metadata_of_another_issuer(browser: Client, hostile: Issuer, issuer: object) -> None:
    hostile.metadata = {"issuer": issuer}
    for _ in range(2):  # and it is not believed the second time, from memory
        assert browser.get("/auth/login").status_code == 503
