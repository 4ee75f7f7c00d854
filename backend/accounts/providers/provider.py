"""What every identity provider has in common: the dance with the browser, several tabs at once.

A sign-in is remembered under its provider's name and state, and comes back to an address of that provider
alone: what one provider answers is worth nothing at the address of another (RFC 9700, mix-up).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx2
from authlib.integrations.starlette_client import OAuth, OAuthError, StarletteIntegration
from authlib.integrations.starlette_client.apps import StarletteOAuth2App
from starlette.requests import Request
from starlette.types import ASGIApp

from backend.accounts.providers.table import ProviderTable

TIMEOUT_S: Final = 10
_DANCE_S: Final = 600
_MOST_TABS: Final = 3  # what a cookie of 4 kB can remember
_STATE: Final = "_state_"
_LONGEST_SUBJECT: Final = 255

Claims = Mapping[str, object]


class UntrustedAnswerError(Exception):
    """The provider's answer is not what was asked for, or not from whom it was asked."""


@dataclass(frozen=True)
class Carried:
    """What goes along with a sign-in and comes back: where to go on, and the invite's token."""

    next_path: str = "/"
    invite: str = ""


@dataclass(frozen=True)
class Answer:
    """A sign-in that succeeded. `issuer` and the claims' `sub` are who it is; `id_token` ends it there."""

    issuer: str
    claims: Claims
    carried: Carried
    id_token: str | None


class Provider(ABC):
    """One identity provider. `name` is its part of the callback's path."""

    def __init__(
        self, name: str, table: ProviderTable, base_url: str, *, wire: ASGIApp | None = None
    ) -> None:
        self.name = name
        self.table = table
        self.callback_url = f"{base_url}/auth/{name}/callback"
        self.adopts_local = False
        # An app of this process answers in the network's place.
        transport = httpx2.ASGITransport(app=wire, root_path="/idp") if wire else None
        self._client = self._register(
            client_id=table.client_id,
            client_secret=table.client_secret.get_secret_value() or None,
            client_kwargs={
                "code_challenge_method": "S256",
                "timeout": TIMEOUT_S,
                "transport": transport,
            },
        )

    async def authorization_url(self, request: Request, carried: Carried) -> str:
        """Return where to send the browser; what its answer must match is put in the login cookie."""
        started = await self._client.create_authorization_url(self.callback_url)
        await self._client.save_authorize_data(
            request,
            redirect_uri=self.callback_url,
            next=carried.next_path,
            invite=carried.invite,
            **started,
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
        carried = Carried(str(started.get("next") or "/"), str(started.get("invite") or ""))
        answer = await self._redeem(request, carried)
        _check_subject(answer.claims.get("sub"))
        return answer

    @abstractmethod
    async def sign_out_url(self, id_token: str | None, return_to: str) -> str | None:
        """Return where the browser ends its session at the provider; None if that has no such page."""

    @abstractmethod
    def _register(self, **options: Any) -> Any:  # noqa: ANN401 - Authlib is untyped
        """Return Authlib's client."""

    @abstractmethod
    async def _redeem(self, request: Request, carried: Carried) -> Answer:
        """Exchange the code and find out who it is."""

    async def _started(self, request: Request) -> Mapping[str, Any]:
        if "error" in request.query_params:
            return {}  # authorize_access_token raises it
        state = request.query_params.get("state", "")
        started = await self._client.framework.get_state_data(request.session, state)
        if not started:
            raise OAuthError(error="mismatching_state")
        return dict(started)


def _check_subject(subject: object) -> None:
    """OpenID allows 255 ASCII characters. Nothing is trimmed: " a" and "a" are two people."""
    if not isinstance(subject, str) or not 1 <= len(subject) <= _LONGEST_SUBJECT:
        raise UntrustedAnswerError("the subject is none")
    if not subject.isprintable():
        raise UntrustedAnswerError("the subject has letters that no subject has")


class _SeveralTabs(StarletteIntegration):
    """Authlib forgets the older of two sign-ins of one browser; this one keeps the newest few."""

    expires_in = _DANCE_S

    async def set_state_data(self, session: dict[str, Any] | None, state: str, data: Any) -> None:  # noqa: ANN401
        """Remember one more sign-in, without the address that is needed only once."""
        if session is None:
            raise RuntimeError("SessionMiddleware is not installed; see backend.accounts.install")
        # Of whichever provider: they share the cookie.
        older = sorted((key for key in session if key.startswith(_STATE)), key=_expiry(session))
        for key in older[: max(0, len(older) - _MOST_TABS + 1)]:
            session.pop(key)
        kept = {name: value for name, value in data.items() if value and name != "url"}
        session[f"{_STATE}{self.name}_{state}"] = {
            "data": kept,
            "exp": time.time() + self.expires_in,
        }


class PlainOAuth(OAuth):  # type: ignore[misc,unused-ignore]
    """Authlib's registry, with several tabs."""

    framework_integration_cls = _SeveralTabs
    oauth2_client_cls = StarletteOAuth2App


def _expiry(session: Mapping[str, Any]) -> Any:  # noqa: ANN401
    return lambda key: session[key].get("exp", 0)
