"""Puts sign-in into an application: the routes, the embedded provider, the login dance's cookie."""

from __future__ import annotations

from hashlib import sha256

from fastapi import FastAPI
from itsdangerous import TimestampSigner
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp

from backend.accounts import login
from backend.accounts.cookies import is_https
from backend.accounts.devidp import create_development_provider
from backend.accounts.devidp.requests import Client
from backend.accounts.providers import OpenIdProvider, provider_of
from backend.accounts.providers.configuration import DEVELOPMENT, development_table, read_providers
from backend.kit.ids import new_secret
from backend.kit.keyring import ring_of
from backend.kit.settings import Settings

_DANCE_S = 600


def install(app: FastAPI, settings: Settings) -> None:
    """Add sign-in to `app`: `/auth/*`, `/idp` where no provider is configured, and the login cookie.

    `/api/v1/me` is not among them: `backend.api` includes `accounts.router.router` with the rest.
    The roles' rows must exist before anybody asks for them: `accounts.service.ensure_roles`.

    Call it before anything is mounted at "/". Middlewares, from the outside in (`add_middleware`
    wraps what was added before, so add them in the opposite order, and `install` first of all):

    1. `kit.headers.SecurityHeaders(https=…)`     every answer, refusals included
    2. request id, logs, metrics
    3. `kit.csrf.SameSiteOnly(allowed_origins=…)` before any endpoint runs
    4. the login cookie's SessionMiddleware        added here; the browser sends it to /auth only

    Raises:
        ValueError: A provider will not do.
    """
    tables = read_providers(settings)
    found = [provider_of(name, table, settings.base_url) for name, table in tables.items()]
    app.state.providers = {provider.name: provider for provider in found}
    app.include_router(login.router)
    if not found:
        _install_development_provider(app, settings)
    app.add_middleware(_LoginCookie, settings=settings)


def _install_development_provider(app: FastAPI, settings: Settings) -> None:
    """Serve a provider of our own, reached without a port and with a secret made now."""
    issuer, secret = f"{settings.base_url}/idp", new_secret()
    client = Client(
        id=settings.oidc_client_id,
        secret=secret,
        redirect_uri=f"{settings.base_url}/auth/{DEVELOPMENT}/callback",
        post_logout_redirect_uri=f"{settings.base_url}/auth/signed-out",
    )
    served = create_development_provider(issuer, client)
    provider = OpenIdProvider(
        DEVELOPMENT,
        development_table(issuer, client.id, secret, settings),
        settings.base_url,
        wire=served,
        identity_issuer=DEVELOPMENT,  # the address changes with the port; the people do not
    )
    provider.adopts_local = True
    app.state.providers = {DEVELOPMENT: provider}
    app.mount("/idp", served)


class _LoginCookie(SessionMiddleware):
    """The login dance's cookie. Its keys are read, or one is made, when the application starts."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        https, keys = is_https(settings), ring_of(settings).keys
        super().__init__(
            app,
            secret_key=keys[0],
            session_cookie="__Secure-atelier_login" if https else "atelier_login",
            path="/auth",
            max_age=_DANCE_S,
            same_site="lax",
            https_only=https,
        )
        # The last key signs, all of them verify; its own default would be SHA-1.
        self.signer = TimestampSigner(keys[::-1], digest_method=sha256)
