"""The identity providers, seen from the studio: how each is configured, asked and believed.

`backend.accounts.claims` makes a person of what they say; who of them may come in is `admission`'s to decide.
"""

from backend.accounts.providers.github import GitHubProvider
from backend.accounts.providers.openid import OpenIdProvider
from backend.accounts.providers.provider import (
    Answer,
    Carried,
    Claims,
    Provider,
    UntrustedAnswerError,
)
from backend.accounts.providers.table import Kind, ProviderTable

__all__ = [
    "Answer",
    "Carried",
    "Claims",
    "GitHubProvider",
    "Kind",
    "OpenIdProvider",
    "Provider",
    "ProviderTable",
    "UntrustedAnswerError",
    "provider_of",
]


def provider_of(name: str, table: ProviderTable, base_url: str) -> Provider:
    """Return the provider that `table` describes."""
    kind = GitHubProvider if table.kind is Kind.GITHUB else OpenIdProvider
    return kind(name, table, base_url)
