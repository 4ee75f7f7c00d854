"""The watcher: a process whose engine has stopped moving ends, so that its keeper starts another."""

from __future__ import annotations

import threading

from inference.hosting import Watcher
from inference.protocol import Broken

SOON_S = 10.0


def test_leaves_once_the_engine_is_stuck() -> None:
    checked, left = [], threading.Event()

    def check() -> None:
        checked.append(1)
        if len(checked) == 3:
            raise Broken("no denoising step has ended for 300 s")

    watcher = Watcher(check, left.set, period_s=0.01)
    assert left.wait(SOON_S)
    assert watcher.stop() == 1
    assert len(checked) == 3


def test_otherwise_ends_well() -> None:
    checked = threading.Event()
    watcher = Watcher(checked.set, lambda: None, period_s=0.01)
    assert checked.wait(SOON_S)
    assert watcher.stop() == 0
