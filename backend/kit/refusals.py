"""What is known of a refusal, left with its request for whoever writes it down (`accounts.witness`).

Whoever refuses says why, whoever recognises says whom; where nobody listens, both say it to nobody. No word of
what was sent belongs here: neither credentials nor queries nor anything that a person wrote.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any, Final

_KEY: Final = "atelier.refusal"


@dataclass
class Refusal:
    """Why a request was refused and whose it was, as far as that is known; `code` is empty if it was not."""

    code: str = ""
    reason: str = ""
    provider: str = ""
    person: str = ""


def listen(scope: MutableMapping[str, Any]) -> Refusal:
    """Return what will be said of the request of `scope`; copies of the scope share it."""
    heard: Refusal = scope.setdefault(_KEY, Refusal())
    return heard


def say_why(
    scope: MutableMapping[str, Any], code: str, *, reason: str = "", provider: str = ""
) -> None:
    """Say that the request is refused, by a stable word, and what more an operator should know."""
    if (heard := _heard(scope)) is not None:
        heard.code, heard.reason, heard.provider = code, reason, provider


def say_who(scope: MutableMapping[str, Any], person: str) -> None:
    """Say by the id of a person whose request it is."""
    if (heard := _heard(scope)) is not None:
        heard.person = person


def _heard(scope: MutableMapping[str, Any]) -> Refusal | None:
    found = scope.get(_KEY)
    return found if isinstance(found, Refusal) else None
