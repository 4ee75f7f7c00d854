"""Hears that the process was asked to stop, before its server closes its doors.

Load balancers have to read that it is not ready any more, leases are to be given back, and open streams
have to be told, since they never end by themselves and a server closes its application only after its
last connection. Only the signal comes early enough for all that.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

LINGER_S: Final = 1.0
"""For how long after SIGTERM the server still answers, so that `/readyz` is seen to say 503."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def heard_before_stopping(tell: Callable[[], None]) -> Iterator[None]:
    """While open, run `tell` on the event loop as soon as the process is asked to stop.

    Whoever handled the signal before still handles it: a first SIGTERM after `LINGER_S`, Ctrl-C and a
    second signal right away. Outside the main thread (a test's client) no signal arrives, and nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    told = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal told
        patient, told = number == signal.SIGTERM and not told, True
        loop.call_soon_threadsafe(tell)
        handler = before[signal.Signals(number)]
        if patient:
            loop.call_soon_threadsafe(loop.call_later, LINGER_S, _pass_on, handler, number, None)
        else:
            _pass_on(handler, number, frame)

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
