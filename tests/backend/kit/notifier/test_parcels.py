"""Messages of any length come out as they went in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.kit.notifier.parcels import (
    LONGEST_BYTES,
    PART_BYTES,
    Cutter,
    Joiner,
    TooLong,
    sender_of,
)

NOTIFY_TAKES = 7999
LENGTHS = [0, PART_BYTES - 60, PART_BYTES, 20_000, LONGEST_BYTES - 100]


def joined(joiner: Joiner, payloads: list[str]) -> list[Any]:
    return [whole for payload in payloads if (whole := joiner.join(payload))]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_message_of_any_length_travels_in_payloads_that_notify_takes(length: int) -> None:
    payloads = Cutter("us").cut("queue", {"text": "x" * length})
    assert all(len(payload.encode()) <= NOTIFY_TAKES for payload in payloads)
    assert {sender_of(payload) for payload in payloads} == {"us"}
    assert joined(Joiner(), payloads) == [("queue", {"text": "x" * length})]


@given(st.dictionaries(st.text(), st.text() | st.none() | st.integers() | st.booleans()))
def test_whatever_is_said_is_heard(message: dict[str, Any]) -> None:
    assert joined(Joiner(), Cutter("us").cut("queue", message)) == [("queue", message)]


def test_equal_messages_make_different_payloads() -> None:
    cutter = Cutter("us")
    assert cutter.cut("queue", {}) != cutter.cut("queue", {})


def test_who_begins_to_listen_in_the_middle_hears_the_next_one() -> None:
    cutter, joiner = Cutter("us"), Joiner()
    first, second = (cutter.cut("queue", {"text": "x" * 20_000, "n": n}) for n in (1, 2))
    assert [message["n"] for _, message in joined(joiner, [*first[1:], *second])] == [2]
    assert [message["n"] for _, message in joined(joiner, [*first[:1], *second])] == [2]


def test_what_is_too_long_is_refused() -> None:
    with pytest.raises(TooLong, match="queue"):
        Cutter("us").cut("queue", {"text": "x" * LONGEST_BYTES})


@pytest.mark.parametrize(
    "payload", ["", "hello", "a b c d e", "us 1 3 2 x", "us 1 0 999999 x", "us 1 0 1 {}", "us 1 0 1 ["]
)  # fmt: skip
def test_what_nobody_of_us_said_is_an_error(payload: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Joiner().join(payload)
