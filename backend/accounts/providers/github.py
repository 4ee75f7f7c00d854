"""GitHub, which speaks OAuth 2 but not OpenID: no discovery, no token that says who it is, no sign-out.

Who somebody is comes from its API, asked with the access token that was just given and is then forgotten.
Organisations are groups called `acme`, their teams `acme/designers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from starlette.requests import Request

from backend.accounts.providers.provider import (
    Answer,
    Carried,
    PlainOAuth,
    Provider,
    UntrustedAnswerError,
)
from backend.accounts.providers.table import GITHUB

_PERSON: Final = "read:user user:email"
_GROUPS: Final = "read:org"
_PAGE: Final = 100
_MOST_PAGES: Final = 10


class GitHubProvider(Provider):
    """github.com, or a GitHub Enterprise Server at the table's issuer."""

    async def sign_out_url(self, id_token: str | None, return_to: str) -> str | None:  # noqa: ARG002
        """Return None: GitHub has no page for it."""
        return None

    def _register(self, **options: Any) -> Any:  # noqa: ANN401
        base = self.table.base
        usual = f"{_PERSON} {_GROUPS}" if self.table.reads_groups else _PERSON
        options["client_kwargs"]["scope"] = self.table.scopes or usual
        return PlainOAuth().register(
            self.name,
            authorize_url=f"{base}/login/oauth/authorize",
            access_token_url=f"{base}/login/oauth/access_token",
            api_base_url="https://api.github.com/" if base == GITHUB else f"{base}/api/v3/",
            **options,
        )

    async def _redeem(self, request: Request, carried: Carried) -> Answer:
        self._check_sender(request)
        token = await self._client.authorize_access_token(request)
        if not isinstance(token, Mapping) or not token.get("access_token"):
            raise UntrustedAnswerError("the answer has no access token")
        person = await self._get(token, "user")
        return Answer(
            issuer=self.table.base,
            claims={
                "sub": _number_of(person),
                "name": person.get("name") or person.get("login"),
                **_email_of(await self._list(token, "user/emails")),
                "groups": await self._groups(token) if self.table.reads_groups else [],
            },
            carried=carried,
            id_token=None,
        )

    def _check_sender(self, request: Request) -> None:
        """RFC 9207, should GitHub ever send it: its metadata call it by the longer of the two names."""
        sender = request.query_params.get("iss")
        if sender not in {None, self.table.base, f"{self.table.base}/login/oauth"}:
            raise UntrustedAnswerError("the answer came from another issuer than was asked")

    async def _groups(self, token: Mapping[str, Any]) -> list[str]:
        organisations = [one.get("login") for one in await self._list(token, "user/orgs")]
        teams = [_team_of(one) for one in await self._list(token, "user/teams")]
        return [name for name in [*organisations, *teams] if isinstance(name, str)]

    async def _list(self, token: Mapping[str, Any], path: str) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            rows = await self._get(token, path, per_page=_PAGE, page=page)
            if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
                raise UntrustedAnswerError(f"{path} is no list")
            found += rows
            if len(rows) < _PAGE:
                break
        return found

    async def _get(self, token: Mapping[str, Any], path: str, **query: int) -> Any:  # noqa: ANN401
        headers = {"Accept": "application/vnd.github+json"}
        answer = await self._client.get(path, token=token, params=query, headers=headers)
        answer.raise_for_status()
        return answer.json()


def _number_of(person: Any) -> str:  # noqa: ANN401 - whatever was answered
    """Return the number that a person keeps for ever; names can be changed and taken by others."""
    number = person.get("id") if isinstance(person, Mapping) else None
    if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
        raise UntrustedAnswerError("user has no id")
    return str(number)


def _email_of(rows: list[Mapping[str, Any]]) -> dict[str, object]:
    """Return the address that is both primary and verified, if there is one."""
    for row in rows:
        if row.get("primary") is True and row.get("verified") is True:
            return {"email": row.get("email"), "email_verified": True}
    return {}


def _team_of(row: Mapping[str, Any]) -> str | None:
    organisation, slug = row.get("organization"), row.get("slug")
    login = organisation.get("login") if isinstance(organisation, Mapping) else None
    return f"{login}/{slug}" if isinstance(login, str) and isinstance(slug, str) else None
