"""Kinds of values that a setting may have, each with the check that refuses what will not do."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, SecretStr

from backend.kit import addresses
from backend.kit.client_address import parse_networks
from backend.kit.secret_words import is_sample, split, weakness

_LARGEST_PORT: Final = 65535


class Registration(StrEnum):
    """What becomes of somebody who signs in for the first time."""

    OPEN = "open"  # let in
    APPROVAL = "approval"  # waits for an administrator
    INVITE = "invite"  # let in with an invite only


def is_loopback(name: str) -> bool:
    """Return whether a host's name or address means this machine."""
    return name == "localhost" or addresses.is_loopback(name.strip("[]"))


def is_this_machine(name: str) -> bool:
    """Return whether a browser that is told `name` stays on its own machine: no network ever reads what it says."""
    return is_loopback(name) or name.endswith(".localhost")


def _strong(value: SecretStr) -> SecretStr:
    for place, secret in enumerate(split(value.get_secret_value()), start=1):
        if wrong := weakness(secret):
            raise ValueError(
                f"key {place} {wrong}; `openssl rand -base64 48` makes a good one, and leaving it "
                "empty makes one for you"
            )
    return value


def _no_sample(value: SecretStr) -> SecretStr:
    if is_sample(value.get_secret_value()):
        raise ValueError(
            "is a sample that everybody can read; have the provider make a new client secret"
        )
    return value


def _ports(value: str) -> str:
    for word in value.split(","):
        if not (word.strip().isdecimal() and 1 <= int(word) <= _LARGEST_PORT):
            raise ValueError(
                f"{word.strip()!r} is no port; write numbers from 1 to {_LARGEST_PORT} with commas "
                "between, such as 443,8443"
            )
    return value


def _subjects(value: list[str]) -> list[str]:
    for named in value:
        issuer, _, subject = named.partition("#")
        if not (issuer and subject):
            raise ValueError(
                f"{named!r} names nobody; write issuer#subject, such as https://github.com#583231"
            )
    return value


def _networks(value: str) -> str:
    parse_networks(value)
    return value


SecretKeys = Annotated[SecretStr, AfterValidator(_strong)]
ClientSecret = Annotated[SecretStr, AfterValidator(_no_sample)]
Ports = Annotated[str, AfterValidator(_ports)]
Subjects = Annotated[list[str], AfterValidator(_subjects)]
Networks = Annotated[str, AfterValidator(_networks)]
