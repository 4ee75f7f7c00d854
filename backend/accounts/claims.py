"""Reads what a provider says about a person. Claims are strangers' text: every type is checked here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from backend.accounts import permissions
from backend.accounts.admission import Identity
from backend.accounts.providers import Answer, Claims, Kind, Provider, ProviderTable
from backend.accounts.providers.table import ANYBODY, folded
from backend.kit.errors import Forbidden
from backend.kit.settings import Settings

# Groups are plural more often than not; each means the role beside it where a table has no map.
_ROLE_OF_VALUE: Final = {
    "designer": permissions.DESIGNER,
    "designers": permissions.DESIGNER,
    "marketing": permissions.MARKETING,
    "marketers": permissions.MARKETING,
    "admin": permissions.ADMIN,
    "admins": permissions.ADMIN,
    "administrators": permissions.ADMIN,
}
_EDOV: Final = frozenset({1, "1", "true"})  # Entra writes it in several ways; 1 is also True


def identity_of(answer: Answer, provider: Provider, settings: Settings) -> Identity:
    """Return the person that a provider's answer describes.

    Raises:
        Forbidden: The provider's table does not let them in.
    """
    claims, table = answer.claims, provider.table
    _check_allowed(claims, table)
    email, subject = _text(claims, "email"), str(claims["sub"])
    named = _is_named(answer.issuer, subject, claims, table, settings)
    return Identity(
        issuer=answer.issuer,
        subject=subject,
        email=email,
        name=_text(claims, "name") or _text(claims, "preferred_username") or email or "Somebody",
        roles=roles_of(claims, table, settings.default_role, named=named),
        team=team_of(claims, table),
        provider=provider.name,
        named=named,
        adopts_local=provider.adopts_local,
    )


def roles_of(
    claims: Claims, table: ProviderTable, default: str, *, named: bool = False
) -> tuple[str, ...]:
    """Return the roles that claims and settings give; the default one where they give none.

    `named`: the settings name this person as an administrator.
    """
    map_ = _ROLE_OF_VALUE if table.role_map is None else table.role_map
    roles = [map_[value] for value in _values(claims, table.role_claim) if value in map_]
    if named:
        roles.append(permissions.ADMIN)
    return tuple(roles) or (default,)


def team_of(claims: Claims, table: ProviderTable) -> str | None:
    """Return the team that the table's map gives; of several, the one that stands first in it."""
    values = set(_values(claims, table.team_claim or table.role_claim))
    return next((team for value, team in table.team_map.items() if value in values), None)


def _check_allowed(claims: Claims, table: ProviderTable) -> None:
    domains, groups = table.allowed_domains, table.allowed_groups
    if domains and ANYBODY not in domains and _domain_of(claims, table) not in domains:
        raise Forbidden(f"only accounts of {_listed(domains)} may come in this way")
    if groups and ANYBODY not in groups and not set(_values(claims, table.role_claim)) & {*groups}:
        raise Forbidden("none of the groups that may come in this way is yours")


def _domain_of(claims: Claims, table: ProviderTable) -> str:
    """Return the domain that the provider vouches for, or nothing."""
    if table.kind is Kind.GOOGLE:
        # Anybody may have a Google account with a company's address; only `hd` is the company's own.
        return folded(_text(claims, "hd"))
    _, at, domain = _text(claims, "email").rpartition("@")
    return folded(domain) if at and _is_verified(claims, table) else ""


def _is_verified(claims: Claims, table: ProviderTable) -> bool:
    if table.kind is Kind.ENTRA:
        # `email` there is what an administrator of any directory typed; this optional claim knows better.
        owner = claims.get("xms_edov")
        return isinstance(owner, str | int) and owner in _EDOV
    return claims.get("email_verified") is True


def _is_named(
    issuer: str, subject: str, claims: Claims, table: ProviderTable, settings: Settings
) -> bool:
    if f"{issuer}#{subject}" in settings.admin_subjects:
        return True
    named = {email.lower() for email in settings.admin_emails}
    return _is_verified(claims, table) and _text(claims, "email").lower() in named


def _values(claims: Claims, path: str) -> list[str]:
    """Return a claim's values as they are compared."""
    claim = _at(claims, path)
    listed = claim if isinstance(claim, list | tuple) else [claim]
    return [folded(value) for value in listed if isinstance(value, str)]


def _at(claims: Claims, path: str) -> object:
    """Return the claim named `path`; a dot reaches into it, unless the claim itself has dots."""
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _text(claims: Claims, name: str) -> str:
    """Return a claim's text without what no database, log or page should be given."""
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable()).strip()


def _listed(domains: tuple[str, ...]) -> str:
    return " or ".join(domains)
