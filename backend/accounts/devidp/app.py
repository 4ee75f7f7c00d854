"""The development provider's endpoints. Paths are relative to where it is mounted."""

from __future__ import annotations

import logging
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from backend.accounts import pages
from backend.accounts.devidp.grants import CODE_LIFE, TOKEN_LIFE, Grant, Vault, proves
from backend.accounts.devidp.guard import ThisMachineOnly
from backend.accounts.devidp.people import PEOPLE, Person
from backend.accounts.devidp.requests import (
    FORWARDED,
    BadRequest,
    Client,
    client_credentials,
    read_authorize_request,
)
from backend.accounts.devidp.tokens import ALGORITHM, Signer

_log = logging.getLogger(__name__)
_NO_STORE = {"Cache-Control": "no-store"}


def create_development_provider(issuer: str, client: Client) -> ThisMachineOnly:
    """Return the provider as an ASGI app, to be mounted where `issuer` points."""
    provider = _Provider(issuer, client)
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", provider.discovery),
            Route("/jwks", provider.jwks),
            Route("/authorize", provider.choose, methods=["GET"]),
            Route("/authorize", provider.approve, methods=["POST"]),
            Route("/token", provider.token, methods=["POST"]),
            Route("/userinfo", provider.userinfo),
            Route("/end_session", provider.end_session),
        ],
        exception_handlers={BadRequest: _refused},
    )
    return ThisMachineOnly(app)


class _Provider:
    """The endpoints and what they remember between them."""

    def __init__(self, issuer: str, client: Client) -> None:
        self._issuer = issuer
        self._client = client
        self._signer = Signer(issuer, client.id)
        self._codes: Vault[Grant] = Vault(CODE_LIFE)
        self._tokens: Vault[Person] = Vault(TOKEN_LIFE)

    async def discovery(self, _request: Request) -> Response:
        """Tell what is here (OpenID Connect Discovery 1.0)."""
        here = self._issuer
        return JSONResponse(
            {
                "issuer": here,
                "authorization_endpoint": f"{here}/authorize",
                "token_endpoint": f"{here}/token",
                "userinfo_endpoint": f"{here}/userinfo",
                "jwks_uri": f"{here}/jwks",
                "end_session_endpoint": f"{here}/end_session",
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "subject_types_supported": ["public"],
                "scopes_supported": ["openid", "profile", "email", "groups"],
                "id_token_signing_alg_values_supported": [ALGORITHM],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": [
                    "client_secret_basic",
                    "client_secret_post",
                ],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def jwks(self, _request: Request) -> Response:
        """Give the public key."""
        return JSONResponse(self._signer.public_keys())

    async def choose(self, request: Request) -> Response:
        """Show the three people."""
        read_authorize_request(request.query_params, self._client)
        carried = {name: request.query_params.get(name, "") for name in FORWARDED}
        return pages.development_sign_in(PEOPLE, carried)

    async def approve(self, request: Request) -> Response:
        """Send the browser back with a code for whoever was chosen."""
        form = _texts(await request.form())
        asked = read_authorize_request(form, self._client)
        person = next((each for each in PEOPLE if each.email == form.get("account")), None)
        if person is None:
            raise BadRequest("There is no such account here.")
        code = self._codes.put(
            Grant(
                person=person,
                redirect_uri=asked.redirect_uri,
                code_challenge=asked.code_challenge,
                nonce=asked.nonce,
                scope=asked.scope,
            )
        )
        answer = urlencode({"code": code, "state": asked.state, "iss": self._issuer})
        return RedirectResponse(f"{asked.redirect_uri}?{answer}", 303, headers=_NO_STORE)

    async def token(self, request: Request) -> Response:
        """Redeem a code, once, for tokens."""
        form = _texts(await request.form())
        given = client_credentials(request.headers.get("authorization", ""), form)
        if not self._client.is_proved_by(*given):
            return _token_error("invalid_client", 401)
        if form.get("grant_type") != "authorization_code":
            return _token_error("unsupported_grant_type")
        grant = self._codes.take(form.get("code", ""))
        if grant is None or grant.redirect_uri != form.get("redirect_uri"):
            return _token_error("invalid_grant")
        if not proves(form.get("code_verifier", ""), grant.code_challenge):
            return _token_error("invalid_grant")
        return self._issued(grant)

    async def userinfo(self, request: Request) -> Response:
        """Tell who an access token stands for."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        person = self._tokens.get(token) if scheme.lower() == "bearer" else None
        if person is None:
            raise HTTPException(401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return JSONResponse(person.claims(), headers=_NO_STORE)

    async def end_session(self, request: Request) -> Response:
        """Go back to the studio; there is no session here that could end."""
        wanted = request.query_params.get("post_logout_redirect_uri")
        if wanted != self._client.post_logout_redirect_uri:
            return pages.signed_out()
        state = request.query_params.get("state")
        query = f"?{urlencode({'state': state})}" if state else ""
        return RedirectResponse(f"{wanted}{query}", 303)

    def _issued(self, grant: Grant) -> Response:
        access_token = self._tokens.put(grant.person)
        return JSONResponse(
            {
                "access_token": access_token,
                "token_type": "Bearer",
                "expires_in": int(TOKEN_LIFE.total_seconds()),
                "scope": grant.scope,
                "id_token": self._signer.id_token(grant, access_token),
            },
            headers=_NO_STORE,
        )


def _token_error(code: str, status: int = 400) -> Response:
    return JSONResponse({"error": code}, status, headers=_NO_STORE)


def _texts(form: FormData) -> dict[str, str]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


async def _refused(_request: Request, error: Exception) -> Response:
    _log.warning("development sign-in refused: %s", error)
    return pages.failure("This sign-in cannot go on", str(error), status=400)
