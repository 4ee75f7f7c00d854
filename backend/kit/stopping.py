"""Hears that the process was asked to stop, before its server begins to wait for open streams.

An event stream never ends by itself, and a server closes its application only after its last
connection; so the streams must be told first, and only the signal comes early enough for that.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard_before_stopping(tell: Callable[[], None]) -> Iterator[None]:
    """While open, run `tell` on the event loop as soon as the process is asked to stop.

    Whoever handled the signal before still handles it, right after. Outside the main thread (a test's
    client) no signal arrives, and nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(tell)
        _pass_on(before[signal.Signals(number)], number, frame)

    for number in _SIGNALS:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, handler)


def _pass_on(handler: Any, number: int, frame: FrameType | None) -> None:  # noqa: ANN401
    if callable(handler):
        handler(number, frame)
    elif handler is signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)
