"""The identity provider, seen from the studio: what Authlib does, and the checks it leaves to us.

Ours on top of Authlib: the metadata must name the issuer that was configured, the answer must come
from it (RFC 9207), the token must be meant for us and signed with a public key, and several tabs may
be signing in at once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError, StarletteIntegration
from authlib.integrations.starlette_client.apps import StarletteOAuth2App
from starlette.requests import Request
from starlette.types import ASGIApp

from backend.accounts.claims import Claims
from backend.kit.settings import Settings

_TIMEOUT_S = 10
_DANCE_S = 600
_MOST_TABS = 3  # what a cookie of 4 kB can remember
_PUBLIC_KEY_ALGORITHMS = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
) | {"EdDSA"}


class UntrustedAnswerError(Exception):
    """The provider's answer is not what was asked for, or not from whom it was asked."""


@dataclass(frozen=True)
class Answer:
    """A sign-in that succeeded: who it is, where to go on, and the token to sign out with."""

    claims: Claims
    next_path: str
    id_token: str


class _SeveralTabs(StarletteIntegration):
    """Authlib forgets the older of two sign-ins of one browser; this one keeps the newest few."""

    expires_in = _DANCE_S

    async def set_state_data(self, session: dict[str, Any] | None, state: str, data: Any) -> None:  # noqa: ANN401
        """Remember one more sign-in, without the address that is needed only once."""
        if session is None:
            raise RuntimeError("SessionMiddleware is not installed; see backend.accounts.install")
        prefix = f"_state_{self.name}_"
        older = sorted((key for key in session if key.startswith(prefix)), key=_expiry(session))
        for key in older[: max(0, len(older) - _MOST_TABS + 1)]:
            session.pop(key)
        kept = {name: value for name, value in data.items() if name != "url"}
        session[f"{prefix}{state}"] = {"data": kept, "exp": time.time() + self.expires_in}


class _CheckedApp(StarletteOAuth2App):  # type: ignore[misc,unused-ignore]
    """An OpenID client that believes metadata only if they are the configured issuer's."""

    issuer: str
    server_metadata: dict[str, Any]

    async def load_server_metadata(self) -> dict[str, Any]:
        """Return the provider's metadata, fetched once and checked."""
        metadata: dict[str, Any] = await super().load_server_metadata()
        if metadata.get("issuer") != self.issuer:
            self.server_metadata = {}
            raise UntrustedAnswerError(
                f"metadata name the issuer {metadata.get('issuer')!r}, not {self.issuer!r}"
            )
        offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
        metadata["id_token_signing_alg_values_supported"] = [
            name for name in offered if name in _PUBLIC_KEY_ALGORITHMS
        ]
        return metadata


class _CheckedOAuth(OAuth):  # type: ignore[misc,unused-ignore]
    framework_integration_cls = _SeveralTabs
    oauth2_client_cls = _CheckedApp


@dataclass(frozen=True)
class Registration:
    """What tells one provider from another.

    `name` is its part of the callback's path. `identity_issuer` is what identities are kept under;
    empty means the issuer. `embedded` answers the back channel in this process; without it the
    network does.
    """

    name: str
    issuer: str
    client_secret: str
    identity_issuer: str = ""
    embedded: ASGIApp | None = None


class Provider:
    """One identity provider, by its discovery document."""

    def __init__(self, settings: Settings, registration: Registration) -> None:
        self.name = registration.name
        self.identity_issuer = registration.identity_issuer or registration.issuer
        self.embedded = registration.embedded
        self.callback_url = f"{settings.base_url}/auth/{self.name}/callback"
        self._role_claim = settings.oidc_role_claim.partition(".")[0]
        self._client = _register(settings, registration)

    async def authorization_url(self, request: Request, next_path: str) -> str:
        """Return where to send the browser; what its answer must match is put in the login cookie."""
        started = await self._client.create_authorization_url(self.callback_url)
        await self._client.save_authorize_data(
            request, redirect_uri=self.callback_url, next=next_path, **started
        )
        return str(started["url"])

    async def answer(self, request: Request) -> Answer:
        """Return who came back from the provider.

        Raises:
            OAuthError: It refused, or the answer belongs to no sign-in of this browser.
            UntrustedAnswerError: The answer contradicts what was asked for.
            httpx2.HTTPError: It could not be reached.
            joserfc.errors.JoseError: Its token does not hold.
        """
        started = await self._started(request)
        metadata = await self._client.load_server_metadata()
        self._check_sender(request, metadata)
        token = await self._client.authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "value": self._client.issuer},
                "aud": {"essential": True, "value": self._client.client_id},
            },
        )
        claims = token.get("userinfo")
        if not claims or not claims.get("sub"):
            raise UntrustedAnswerError("the answer has no id_token")
        return Answer(
            claims=await self._completed(claims, token, metadata),
            next_path=str(started.get("next") or "/"),
            id_token=str(token["id_token"]),
        )

    async def sign_out_url(self, id_token: str | None, return_to: str) -> str | None:
        """Return where the browser ends its session at the provider; None if that has no such page."""
        metadata = await self._client.load_server_metadata()
        page = metadata.get("end_session_endpoint")
        if not page:
            return None
        asked = {"client_id": self._client.client_id, "post_logout_redirect_uri": return_to}
        if id_token:
            asked["id_token_hint"] = id_token
        return f"{page}{'&' if '?' in page else '?'}{urlencode(asked)}"

    async def _started(self, request: Request) -> Mapping[str, Any]:
        if "error" in request.query_params:
            return {}  # authorize_access_token raises it
        state = request.query_params.get("state", "")
        started = await self._client.framework.get_state_data(request.session, state)
        if not started:
            raise OAuthError(error="mismatching_state")
        return dict(started)

    def _check_sender(self, request: Request, metadata: Mapping[str, Any]) -> None:
        """RFC 9207: an answer from another provider than asked is a mix-up attack."""
        sender = request.query_params.get("iss")
        promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if sender is None and not promised:
            return
        if sender != metadata["issuer"]:
            raise UntrustedAnswerError("the answer came from another issuer than was asked")

    async def _completed(
        self, claims: Claims, token: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> Claims:
        """Add what only the userinfo endpoint tells; many providers keep ID tokens small."""
        wanted = {"email", "name", self._role_claim}
        if wanted <= claims.keys() or not metadata.get("userinfo_endpoint"):
            return claims
        more = await self._client.userinfo(token=token)
        if more.get("sub") != claims["sub"]:
            raise UntrustedAnswerError("userinfo speaks of another subject than the id_token")
        return {**more, **claims}


def _register(settings: Settings, registration: Registration) -> Any:  # noqa: ANN401 - Authlib is untyped
    embedded, issuer = registration.embedded, registration.issuer
    transport = httpx2.ASGITransport(app=embedded, root_path="/idp") if embedded else None
    client = _CheckedOAuth().register(
        registration.name,
        client_id=settings.oidc_client_id,
        client_secret=registration.client_secret or None,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": settings.oidc_scopes,
            "code_challenge_method": "S256",
            "timeout": _TIMEOUT_S,
            "leeway": 0,  # Authlib calls a token dead a minute early, and some live for a minute
            "transport": transport,
        },
    )
    client.issuer = issuer
    return client


def _expiry(session: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return lambda key: session[key].get("exp", 0)
