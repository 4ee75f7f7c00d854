"""Reads what a provider says about a person. Claims are strangers' text: every type is checked here."""

from __future__ import annotations

from collections.abc import Mapping

from backend.accounts import permissions
from backend.accounts.service import Identity
from backend.kit.settings import Settings

# Groups are plural more often than not; each means the role beside it.
_ROLE_OF_VALUE = {
    "designer": permissions.DESIGNER,
    "designers": permissions.DESIGNER,
    "marketing": permissions.MARKETING,
    "marketers": permissions.MARKETING,
    "admin": permissions.ADMIN,
    "admins": permissions.ADMIN,
    "administrators": permissions.ADMIN,
}

Claims = Mapping[str, object]


def identity_of(
    claims: Claims, settings: Settings, *, issuer: str, provider: str, adopts_local: bool
) -> Identity:
    """Return the person `claims` describe; `issuer` is the name their identity is kept under."""
    email = _text(claims, "email")
    return Identity(
        issuer=issuer,
        subject=_text(claims, "sub"),
        email=email,
        name=_text(claims, "name") or _text(claims, "preferred_username") or email or "Somebody",
        roles=roles_of(claims, settings),
        provider=provider,
        adopts_local=adopts_local,
    )


def roles_of(claims: Claims, settings: Settings) -> tuple[str, ...]:
    """Return the roles that claims and settings give; the default one where they give none.

    The claim may be a path with dots (`realm_access.roles`). Addresses in `admin_emails` count only
    where the provider says it has verified them.
    """
    values = _values(_at(claims, settings.oidc_role_claim))
    roles = [_ROLE_OF_VALUE[value] for value in values if value in _ROLE_OF_VALUE]
    if _is_named_admin(claims, settings):
        roles.append(permissions.ADMIN)
    return tuple(roles) or (settings.default_role,)


def _is_named_admin(claims: Claims, settings: Settings) -> bool:
    named = {email.lower() for email in settings.admin_emails}
    return claims.get("email_verified") is True and _text(claims, "email").lower() in named


def _at(claims: Claims, path: str) -> object:
    """Return the claim named `path`; a dot reaches into it, unless the claim itself has dots."""
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _values(claim: object) -> list[str]:
    """Return a claim's values in lower case, without the slash Keycloak puts before groups."""
    listed = claim if isinstance(claim, list | tuple) else [claim]
    return [value.lower().lstrip("/") for value in listed if isinstance(value, str)]


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    return value.strip() if isinstance(value, str) else ""
