"""Ids sort in the order they were made in, whatever the clock does."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.kit.ids import new_id


def test_ids_of_one_moment_sort_as_they_were_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(set(made))
    assert {len(each) for each in made} == {26}


def test_a_clock_that_goes_back_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    before, now = new_id(), time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    assert before < new_id() < new_id()


def test_threads_never_make_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: new_id(), range(5_000)))
    assert len(set(made)) == 5_000
