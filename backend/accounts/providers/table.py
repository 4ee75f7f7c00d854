"""One provider as its operator describes it, and what the presets fill in. Speaks to nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from backend.kit.setting_values import is_loopback

ANYBODY: Final = "*"
TENANT: Final = "{tenantid}"  # as Entra writes it in the metadata of all its tenants
_SHARED_TENANTS: Final = frozenset({"common", "organizations"})
_TENANT_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_LONGEST_TEAM: Final = 80  # the column's
GITHUB: Final = "https://github.com"


class Kind(StrEnum):
    """The presets. `oidc` is any issuer that has a discovery document."""

    OIDC = "oidc"
    GOOGLE = "google"
    ENTRA = "entra"
    KEYCLOAK = "keycloak"
    GITHUB = "github"


_OPENID: Final = "openid profile email"
_PRESETS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.OIDC: {"scopes": f"{_OPENID} groups", "role_claim": "groups"},
    Kind.GOOGLE: {"title": "Google", "issuer": "https://accounts.google.com", "scopes": _OPENID},
    Kind.ENTRA: {
        "title": "Microsoft",
        "issuer": "https://login.microsoftonline.com",
        "scopes": _OPENID,
        "role_claim": "roles",
    },
    Kind.KEYCLOAK: {"title": "Keycloak", "scopes": _OPENID, "role_claim": "realm_access.roles"},
    # Anybody may found an organisation called "admins", so that its names mean nothing by themselves.
    Kind.GITHUB: {"title": "GitHub", "issuer": GITHUB, "role_claim": "groups", "role_map": {}},
}


def folded(value: str) -> str:
    """Return a group, role or domain as it is compared: small, and without Keycloak's first slash."""
    return value.strip().lower().lstrip("/")


def _fold_keys(given: dict[str, str]) -> dict[str, str]:
    return {folded(value): meaning for value, meaning in given.items()}


def _fold_all(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folded(value) for value in given)


Map = Annotated[dict[str, str], AfterValidator(_fold_keys)]
Folded = Annotated[tuple[str, ...], AfterValidator(_fold_all)]


class ProviderTable(BaseModel):
    """A table of the file. Maps go from a value of the claim to the role, or the team, that it means."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    kind: Kind = Kind.OIDC
    title: str = Field(default="", max_length=40)
    issuer: str = Field(default="", max_length=255)
    tenant: str = ""
    tenants: Folded = ()
    client_id: str = Field(min_length=1)
    client_secret: SecretStr = SecretStr("")
    client_secret_file: str = ""
    scopes: str = ""
    role_claim: str = ""
    role_map: Map | None = None
    team_claim: str = ""
    team_map: Map = Field(default_factory=dict)
    allowed_domains: Folded = ()
    allowed_groups: Folded = ()

    @model_validator(mode="before")
    @classmethod
    def _fill_in_the_preset(cls, given: Any) -> Any:  # noqa: ANN401 - anything TOML can say
        kind = given.get("kind", Kind.OIDC) if isinstance(given, Mapping) else None
        if not isinstance(kind, str) or kind not in set(Kind):
            return given
        return {**_PRESETS[Kind(kind)], **given}

    @field_validator("team_map")
    @classmethod
    def _refuse_long_names(cls, value: dict[str, str]) -> dict[str, str]:
        for name in value.values():
            if not name.isprintable() or not 1 <= len(name) <= _LONGEST_TEAM:
                raise ValueError(
                    f"{name!r} is no name for a team: one line, 1 to {_LONGEST_TEAM} characters"
                )
        return value

    @model_validator(mode="after")
    def _refuse_what_cannot_work(self) -> Self:
        if not _is_safe(self.issuer):
            raise ValueError(
                f"issuer: {self.issuer!r} will not do; write the provider's https address"
            )
        if self.kind is Kind.ENTRA:
            self._check_tenants()
        elif self.tenant or self.tenants:
            raise ValueError('tenant: only a table of kind = "entra" has tenants')
        return self

    def _check_tenants(self) -> None:
        if self.tenant not in _SHARED_TENANTS and not _TENANT_ID.fullmatch(self.tenant):
            raise ValueError(
                f"tenant: {self.tenant!r} is none; write the directory's id, common or organizations"
            )
        if self.tenant in _SHARED_TENANTS and not self.tenants:
            raise ValueError(
                f"tenants: list the ids of the directories that may come in through {self.tenant!r}"
            )
        for tenant in self.tenants:
            if not _TENANT_ID.fullmatch(tenant):
                raise ValueError(f"tenants: {tenant!r} is no directory's id, such as 72f988bf-…")

    @property
    def shown_title(self) -> str:
        """What people know it by."""
        return self.title or urlsplit(self.issuer).hostname or self.issuer

    @property
    def base(self) -> str:
        """Where its discovery document lies under."""
        address = self.issuer.rstrip("/")
        return f"{address}/{self.tenant}/v2.0" if self.kind is Kind.ENTRA else address

    @property
    def metadata_issuer(self) -> str:
        """The issuer that its metadata must name."""
        if self.kind is not Kind.ENTRA:
            return self.issuer
        return self._entra(TENANT if self.tenant in _SHARED_TENANTS else self.tenant)

    @property
    def token_issuers(self) -> tuple[str, ...]:
        """The issuers that its tokens may name."""
        if self.kind is Kind.ENTRA and self.tenant in _SHARED_TENANTS:
            return tuple(self._entra(tenant) for tenant in self.tenants)
        return (self.metadata_issuer,)

    @property
    def knows_everybody(self) -> bool:
        """Whether anybody in the world may have an account there."""
        return self.kind in {Kind.GOOGLE, Kind.GITHUB}

    @property
    def reads_groups(self) -> bool:
        """Whether anything depends on the groups of a person."""
        return bool(self.role_map or self.team_map or self.allowed_groups)

    def _entra(self, tenant: str) -> str:
        return f"{self.issuer.rstrip('/')}/{tenant}/v2.0"


def _is_safe(issuer: str) -> bool:
    """Whether tokens may be fetched there: by https, or by http from this machine."""
    parts = urlsplit(issuer)
    if not parts.hostname or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))
