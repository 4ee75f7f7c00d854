"""A thread of its own for one checker, so that one that hangs holds up nobody for longer than its time.

A computation cannot be broken off from outside. What takes too long is left to itself, and until it has ended whatever
else is asked fails at once: images are held, not queued behind it.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

T = TypeVar("T")
Job = tuple[threading.Event, "Future[Any]", Callable[[], Any]]


class Booth:
    """Runs what it is asked, one after another. Its thread ends when nobody has the booth any more."""

    def __init__(self, name: str, seconds: float) -> None:
        self.seconds = seconds
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._late: Future[Any] | None = None
        # A daemon: a process that wants to leave waits for no checker.
        threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True).start()
        weakref.finalize(self, self._jobs.put, None)  # which ends it

    def ask(self, work: Callable[[], T]) -> T:
        """Return what `work` returns, or raise what it raises.

        Raises:
            TimeoutError: It took longer than `seconds`, could not begin in as many, or somebody was given up for before
                who has not ended yet.
        """
        late = self._late
        if late is not None and not late.done():
            raise TimeoutError("it is still busy with earlier images, which it was given up for")
        begun, answer = threading.Event(), Future[T]()
        self._jobs.put((begun, answer, work))
        if not begun.wait(self.seconds) and answer.cancel():
            raise TimeoutError(f"it was busy with other images for {self.seconds:g} s")
        try:
            return answer.result(self.seconds)
        except TimeoutError as error:
            if answer.done():
                raise error from None
            self._late = answer
            raise TimeoutError(f"it took longer than {self.seconds:g} s") from None


def _work(jobs: SimpleQueue[Job | None]) -> None:
    while (job := jobs.get()) is not None:
        begun, answer, work = job
        if not answer.set_running_or_notify_cancel():
            continue
        begun.set()
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - told to who asked, whatever it is
            answer.set_exception(error)
        del job, answer, work  # while it waits it keeps no images alive
