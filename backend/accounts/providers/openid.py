"""An OpenID provider, known by its discovery document: what Authlib does, and the checks it leaves to us.

Ours on top of Authlib: the metadata must name the issuer that was configured, the answer must come
from it (RFC 9207), the token must be meant for us and signed with a public key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from authlib.integrations.starlette_client.apps import StarletteOAuth2App
from starlette.requests import Request
from starlette.types import ASGIApp

from backend.accounts.providers.provider import (
    Answer,
    Carried,
    Claims,
    PlainOAuth,
    Provider,
    UntrustedAnswerError,
)
from backend.accounts.providers.table import ANYBODY, Kind, ProviderTable

_PUBLIC_KEY_ALGORITHMS: Final = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
) | {"EdDSA"}


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


class _CheckedOAuth(PlainOAuth):
    oauth2_client_cls = _CheckedApp


class OpenIdProvider(Provider):
    """An issuer. `identity_issuer` is what its people are kept under; empty means what tokens name."""

    def __init__(
        self,
        name: str,
        table: ProviderTable,
        base_url: str,
        *,
        wire: ASGIApp | None = None,
        identity_issuer: str = "",
    ) -> None:
        super().__init__(name, table, base_url, wire=wire)
        self._identity_issuer = identity_issuer

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

    def _register(self, **options: Any) -> Any:  # noqa: ANN401
        options["client_kwargs"] |= {
            "scope": self.table.scopes,
            "leeway": 0,  # Authlib calls a token dead a minute early, and some live for a minute
        }
        address = f"{self.table.base}/.well-known/openid-configuration"
        options["authorize_params"] = _hint(self.table)
        client = _CheckedOAuth().register(self.name, server_metadata_url=address, **options)
        client.issuer = self.table.metadata_issuer
        return client

    async def _redeem(self, request: Request, carried: Carried) -> Answer:
        metadata = await self._client.load_server_metadata()
        self._check_sender(request, metadata)
        token = await self._client.authorize_access_token(
            request,
            claims_options={
                "iss": {"essential": True, "values": list(self.table.token_issuers)},
                "aud": {"essential": True, "value": self._client.client_id},
            },
        )
        claims = token.get("userinfo")
        if not claims or not claims.get("sub"):
            raise UntrustedAnswerError("the answer has no id_token")
        return Answer(
            issuer=self._identity_issuer or str(claims["iss"]),
            claims=await self._completed(claims, token, metadata),
            carried=carried,
            id_token=str(token["id_token"]),
        )

    def _check_sender(self, request: Request, metadata: Mapping[str, Any]) -> None:
        """RFC 9207: an answer from another provider than asked is a mix-up attack."""
        sender = request.query_params.get("iss")
        promised = metadata.get("authorization_response_iss_parameter_supported") is True
        if sender is None and not promised:
            return
        if sender not in self.table.token_issuers:
            raise UntrustedAnswerError("the answer came from another issuer than was asked")

    async def _completed(
        self, claims: Claims, token: Mapping[str, Any], metadata: Mapping[str, Any]
    ) -> Claims:
        """Add what only the userinfo endpoint tells; many providers keep ID tokens small."""
        named = (self.table.role_claim, self.table.team_claim)
        wanted = {
            "email",
            "email_verified",
            "name",
            *(claim.partition(".")[0] for claim in named if claim),
        }
        if wanted <= claims.keys() or not metadata.get("userinfo_endpoint"):
            return claims
        more = await self._client.userinfo(token=token)
        if more.get("sub") != claims["sub"]:
            raise UntrustedAnswerError("userinfo speaks of another subject than the id_token")
        if more.get("email") != claims.get("email", more.get("email")):
            more.pop("email_verified", None)  # it is said of another address
        return {**more, **claims}


def _hint(table: ProviderTable) -> dict[str, str] | None:
    """Return what makes Google offer the right account first; who may come in is checked all the same."""
    one = table.allowed_domains if len(table.allowed_domains) == 1 else ()
    return {"hd": one[0]} if table.kind is Kind.GOOGLE and one and one[0] != ANYBODY else None
