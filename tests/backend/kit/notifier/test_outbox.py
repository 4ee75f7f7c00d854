"""The way out is bounded, in order, and forgets nothing before it was sent."""

from __future__ import annotations

import threading

from backend.kit.notifier.outbox import BATCH_BYTES, Outbox


def test_many_messages_go_in_one_round_trip_in_order() -> None:
    outbox = Outbox()
    for number in range(100):
        outbox.put([str(number)])
    assert outbox.batch() == [str(number) for number in range(100)]


def test_a_batch_comes_again_until_it_was_sent() -> None:
    outbox = Outbox()
    outbox.put(["a"])
    assert outbox.batch() == ["a"]
    outbox.put(["b"])
    assert outbox.batch() == ["a"]
    outbox.sent()
    assert outbox.batch() == ["b"]


def test_a_batch_is_bounded_and_never_splits_a_message() -> None:
    outbox = Outbox()
    half = "x" * (BATCH_BYTES // 2)
    for _ in range(3):
        outbox.put([half, half])
    assert len(outbox.batch()) == 2


def test_the_oldest_are_lost_when_it_is_full() -> None:
    outbox = Outbox(capacity=3)
    assert [outbox.put([letter]) for letter in "abcd"] == [0, 0, 0, 1]
    assert outbox.batch() == ["b", "c", "d"]


def test_ends_once_closed_and_empty() -> None:
    outbox = Outbox()
    threading.Timer(0.05, outbox.close).start()
    assert outbox.batch() == []
    outbox.put(["late"])
    assert outbox.batch() == ["late"]
    outbox.sent()
    assert outbox.batch() == []
