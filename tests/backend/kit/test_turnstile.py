"""The turnstile: so many at once, the next is sent away at once, and whoever leaves makes room."""

from __future__ import annotations

import pytest

from backend.kit.errors import Busy
from backend.kit.turnstile import Turnstile


def test_so_many_pass_at_once_and_no_more() -> None:
    turnstile = Turnstile(2)
    with turnstile.passed(), turnstile.passed():
        with pytest.raises(Busy, match="2 requests") as refused, turnstile.passed():
            pytest.fail("a third was let in")
        assert refused.value.retry_after == 1
    with turnstile.passed(), turnstile.passed():
        pass


def test_whoever_fails_inside_makes_room_too() -> None:
    turnstile = Turnstile(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="inside"), turnstile.passed():
            raise ValueError("inside")
