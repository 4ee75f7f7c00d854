"""What a studio that others can reach must not do; it does not start so."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from backend.kit.setting_values import is_this_machine

if TYPE_CHECKING:
    from backend.kit.settings import Settings


def check(settings: Settings) -> None:
    """Return if what `settings` say is safe where they say that it may be reached.

    Raises:
        ValueError: It is not; the message says which setting would do.
    """
    if not settings.on_loopback:
        _refuse_webhooks_to_this_machine(settings)
        _refuse_the_development_provider(settings)
    _refuse_plain_http(settings.base_url)


def _refuse_webhooks_to_this_machine(settings: Settings) -> None:
    if settings.webhook_allow_loopback:
        raise ValueError(
            "ATELIER_WEBHOOK_ALLOW_LOOPBACK is for a studio that only this machine can reach, not "
            f"for one on {settings.host!r} ({settings.base_url}): anybody who draws there could reach what "
            "runs on this machine; unset it"
        )


def _refuse_the_development_provider(settings: Settings) -> None:
    if settings.development_sign_in:
        raise ValueError(
            f"the embedded development sign-in works on loopback only, not on {settings.host!r} "
            f"({settings.base_url}); set ATELIER_OIDC_ISSUER or ATELIER_PROVIDERS, or "
            "ATELIER_HOST=127.0.0.1"
        )


def _refuse_plain_http(base_url: str) -> None:
    if not _is_private(base_url):
        raise ValueError(
            f"ATELIER_PUBLIC_URL: browsers would reach the studio at {base_url!r}, where whoever is on the "
            "way can read session cookies and API keys; let a proxy in front of it end TLS and write the "
            "address that browsers then use, such as ATELIER_PUBLIC_URL=https://studio.example.com (http: is "
            "for this machine alone: 127.0.0.1, [::1], localhost and names that end in .localhost)"
        )


def _is_private(base_url: str) -> bool:
    """Return whether nobody can read along there: TLS, or no network at all."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if base_url.startswith("https://"):
        return bool(host)
    return parts.scheme == "http" and is_this_machine(host)
