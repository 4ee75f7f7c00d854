"""The time limit: who is late is given up for, and whoever asks meanwhile does not wait."""

from __future__ import annotations

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from inference.checkers.booth import Booth

SOON, LATE = 0.05, 60.0


def test_returns_what_was_asked_for_on_one_thread_of_its_own() -> None:
    booth = Booth("checks", LATE)
    names = {booth.ask(lambda: threading.current_thread().name) for _ in range(3)}
    assert names == {"checks"}


def test_raises_what_is_raised_there_and_goes_on() -> None:
    booth = Booth("checks", LATE)
    with pytest.raises(ZeroDivisionError):
        booth.ask(lambda: 1 / 0)
    assert booth.ask(lambda: 5) == 5


def test_a_time_out_of_the_work_itself_is_told_as_such() -> None:
    def refused() -> None:
        raise TimeoutError("the other side is slow")

    booth = Booth("checks", LATE)
    with pytest.raises(TimeoutError, match="the other side"):
        booth.ask(refused)
    assert booth.ask(lambda: 5) == 5


def test_who_is_late_is_given_up_for_and_nobody_queues_behind() -> None:
    booth, let_go, ran = Booth("checks", SOON), threading.Event(), threading.Event()
    with pytest.raises(TimeoutError, match=r"longer than 0\.05 s"):
        booth.ask(let_go.wait)
    booth.seconds = LATE
    with pytest.raises(TimeoutError, match="still busy"):
        booth.ask(ran.set)
    assert not ran.is_set()
    let_go.set()
    deadline = time.monotonic() + LATE
    while True:  # as soon as what was late has ended, it works again
        try:
            assert booth.ask(lambda: 5) == 5
        except TimeoutError:
            assert time.monotonic() < deadline
        else:
            break


def test_several_who_ask_at_once_take_turns() -> None:
    booth, inside = Booth("checks", LATE), threading.Lock()

    def alone() -> bool:
        with_me = inside.acquire(blocking=False)
        inside.release()
        return with_me

    with ThreadPoolExecutor(4) as several:
        assert all(several.map(lambda _: booth.ask(alone), range(40)))


def test_its_thread_ends_with_it() -> None:
    booth = Booth("short-lived", LATE)
    booth.ask(lambda: None)
    [thread] = [one for one in threading.enumerate() if one.name == "short-lived"]
    del booth
    gc.collect()
    thread.join(LATE)
    assert not thread.is_alive()
