"""Puts sign-in into an application: the routes, the embedded provider, the login dance's cookie."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.middleware.sessions import SessionMiddleware
from starlette.types import ASGIApp

from backend.accounts import login
from backend.accounts.cookies import is_https
from backend.accounts.devidp import create_development_provider
from backend.accounts.devidp.requests import Client
from backend.accounts.providers import Provider, Registration
from backend.accounts.signing import signing_secret
from backend.kit.ids import new_secret
from backend.kit.settings import Settings

DEVELOPMENT = "development"
_DANCE_S = 600


def install(app: FastAPI, settings: Settings) -> None:
    """Add sign-in to `app`: `/auth/*`, `/idp` where no issuer is configured, and the login cookie.

    `/api/v1/me` is not among them: `backend.api` includes `accounts.router.router` with the rest.
    The roles' rows must exist before anybody asks for them: `accounts.service.ensure_roles`.

    Call it before anything is mounted at "/". Middlewares, from the outside in (`add_middleware`
    wraps what was added before, so add them in the opposite order, and `install` first of all):

    1. `kit.headers.SecurityHeaders(https=…)`     every answer, refusals included
    2. request id, logs, metrics
    3. `kit.csrf.SameSiteOnly(allowed_origins=…)` before any endpoint runs
    4. the login cookie's SessionMiddleware        added here; the browser sends it to /auth only

    Raises:
        ValueError: The signing secret in the settings is too short.
    """
    provider = _external(settings) if settings.oidc_issuer else _embedded(settings)
    app.state.provider = provider
    app.include_router(login.router)
    if provider.embedded is not None:
        app.mount("/idp", provider.embedded)
    _add_login_cookie(app, settings)


def _external(settings: Settings) -> Provider:
    registration = Registration(
        name="oidc",
        issuer=settings.oidc_issuer,
        client_secret=settings.oidc_client_secret.get_secret_value(),
    )
    return Provider(settings, registration)


def _embedded(settings: Settings) -> Provider:
    """Return the development provider, reached without a port and with a secret made now."""
    issuer, secret = f"{settings.base_url}/idp", new_secret()
    client = Client(
        id=settings.oidc_client_id,
        secret=secret,
        redirect_uri=f"{settings.base_url}/auth/{DEVELOPMENT}/callback",
        post_logout_redirect_uri=f"{settings.base_url}/auth/signed-out",
    )
    registration = Registration(
        name=DEVELOPMENT,
        issuer=issuer,
        client_secret=secret,
        identity_issuer=DEVELOPMENT,  # the address changes with the port; the people do not
        embedded=create_development_provider(issuer, client),
    )
    return Provider(settings, registration)


def _add_login_cookie(app: FastAPI, settings: Settings) -> None:
    if settings.secret_key.get_secret_value():
        signing_secret(settings)  # a bad one is refused now, not at the first request
    app.add_middleware(_LoginCookie, settings=settings)


class _LoginCookie(SessionMiddleware):
    """The login dance's cookie. Its secret is read, or made, when the application starts."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        https = is_https(settings)
        super().__init__(
            app,
            secret_key=signing_secret(settings),
            session_cookie="__Secure-atelier_login" if https else "atelier_login",
            path="/auth",
            max_age=_DANCE_S,
            same_site="lax",
            https_only=https,
        )
