"""Which identity providers a studio has: tables of a TOML file, and the one of the `ATELIER_OIDC_*` settings.

What is wrong with a table is said before the studio starts, with the file, the table and the key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr, ValidationError

from backend.accounts.providers.table import ProviderTable
from backend.kit.settings import Registration, Settings

DEVELOPMENT: Final = "development"
SINGLE: Final = "oidc"
_NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,30}")


class BadProvidersError(ValueError):
    """The providers cannot be configured so; the message says where and what would be right."""


def read_providers(settings: Settings) -> dict[str, ProviderTable]:
    """Return every configured provider by its name, in the order of the file; none means development.

    Raises:
        BadProvidersError: A table, or one of the settings, will not do.
    """
    tables = _from_file(Path(settings.providers)) if settings.providers else {}
    if settings.oidc_issuer:
        if SINGLE in tables:
            raise BadProvidersError(
                f"ATELIER_PROVIDERS: [{SINGLE}] is the name of what ATELIER_OIDC_ISSUER configures; "
                "call the table something else, or unset ATELIER_OIDC_ISSUER"
            )
        tables[SINGLE] = _from_settings(settings)
    if settings.registration is Registration.OPEN:
        _refuse_the_whole_world(tables)
    return tables


def _from_file(path: Path) -> dict[str, ProviderTable]:
    try:
        document = tomllib.loads(path.read_text())
    except OSError as error:
        raise BadProvidersError(
            f"ATELIER_PROVIDERS: {path} cannot be read: {error.strerror}"
        ) from error
    except ValueError as error:  # no TOML, or no UTF-8
        raise BadProvidersError(f"ATELIER_PROVIDERS: {path} is no TOML file: {error}") from error
    if not document:
        raise BadProvidersError(
            f"ATELIER_PROVIDERS: {path} has no table; write one, such as [google]"
        )
    return {name: _table(path, name, given) for name, given in document.items()}


def _table(path: Path, name: str, given: object) -> ProviderTable:
    where = f"ATELIER_PROVIDERS: {path}: [{name}]"
    if not isinstance(given, Mapping):
        raise BadProvidersError(f"{where} is no table; every key stands in one, such as [google]")
    if _NAME.fullmatch(name) is None or name == DEVELOPMENT:
        raise BadProvidersError(
            f"{where} is no name for a provider: up to 31 of a-z, 0-9 and -, a letter first, "
            f"and not {DEVELOPMENT!r}; it becomes /auth/{{name}}/callback"
        )
    return _checked(where, {**given, **_secret(where, path, given)})


def _secret(where: str, path: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the secret that a table's `client_secret_file` holds, beside the TOML file unless absolute."""
    file = given.get("client_secret_file")
    if not isinstance(file, str):
        return {}
    if "client_secret" in given:
        raise BadProvidersError(f"{where} has both client_secret and client_secret_file; keep one")
    try:
        return {"client_secret": (path.parent / file).read_text().strip()}
    except (OSError, ValueError) as error:
        raise BadProvidersError(f"{where} client_secret_file: {file} cannot be read") from error


def _from_settings(settings: Settings) -> ProviderTable:
    given = {
        "issuer": settings.oidc_issuer,
        "client_id": settings.oidc_client_id,
        "client_secret": settings.oidc_client_secret,
        "scopes": settings.oidc_scopes,
        "role_claim": settings.oidc_role_claim,
        "title": "Single sign-on",
    }
    return _checked("ATELIER_OIDC_ISSUER and the settings beside it:", given)


def development_table(
    issuer: str, client_id: str, secret: str, settings: Settings
) -> ProviderTable:
    """Return the embedded provider, as if it were somebody else's."""
    return ProviderTable(
        title="Development sign-in",
        issuer=issuer,
        client_id=client_id,
        client_secret=SecretStr(secret),
        scopes=settings.oidc_scopes,
        role_claim=settings.oidc_role_claim,
    )


def _checked(where: str, given: Mapping[str, Any]) -> ProviderTable:
    try:
        return ProviderTable.model_validate(given)
    except ValidationError as error:
        said = "; ".join(_sentence(problem) for problem in error.errors(include_input=False))
        raise BadProvidersError(f"{where} {said}") from None  # the cause would print the secret


def _sentence(problem: Any) -> str:  # noqa: ANN401 - pydantic's dict
    key = ".".join(str(part) for part in problem["loc"])
    match problem["type"]:
        case "missing":
            said = "is missing"
        case "extra_forbidden":
            said = f"is no key; the keys are {', '.join(sorted(ProviderTable.model_fields))}"
        case _:
            said = str(problem["msg"]).removeprefix("Value error, ")
    return f"{key}: {said}" if key else said


def _refuse_the_whole_world(tables: Mapping[str, ProviderTable]) -> None:
    for name, table in tables.items():
        if table.knows_everybody and not (table.allowed_domains or table.allowed_groups):
            raise BadProvidersError(
                f"ATELIER_PROVIDERS: [{name}] would let in everybody who has an account at "
                f"{table.shown_title}; set allowed_domains or allowed_groups in the table, or "
                'ATELIER_REGISTRATION to approval or invite (allowed_domains = ["*"] if that is meant)'
            )
