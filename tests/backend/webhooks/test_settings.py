"""What an operator may turn, and what they read when it is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from backend.kit.settings import Settings
from backend.webhooks.service import rules_of

PUBLIC: dict[str, Any] = {
    "public_url": "https://atelier.example.com",
    "oidc_issuer": "https://issuer.example.com",
}


def test_a_fresh_machine_sends_to_port_443_and_never_to_itself() -> None:
    rules = rules_of(Settings())
    assert rules.ports == {443}
    assert not rules.loopback


def test_ports_are_written_with_commas_between() -> None:
    assert rules_of(Settings(webhook_ports="443, 8443")).ports == {443, 8443}


@pytest.mark.parametrize("wrong", ["", "https", "443,", "0", "65536", "443;8443", "-1"])
def test_what_is_no_port_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(ValidationError, match="such as 443,8443"):
        Settings(webhook_ports=wrong)


def test_webhooks_to_this_machine_are_refused_in_public() -> None:
    with pytest.raises(ValidationError, match="ATELIER_WEBHOOK_ALLOW_LOOPBACK"):
        Settings(webhook_allow_loopback=True, **PUBLIC)
    assert Settings(webhook_allow_loopback=True).webhook_allow_loopback
