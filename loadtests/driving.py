"""Starts the load generator's process and has it carry out plans; the comparison's end of the pipe."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from loadtests.plans import Answered, Began, Ended, Plan, Told, told

ROOT = Path(__file__).parent.parent
START_WITHIN_S = 60.0
GRACE_S = 30.0
END_WITHIN_S = 5.0


class GeneratorFailed(Exception):
    """The generator ended, or hung, before its plan was over."""


@dataclass
class Traffic:
    """Everything that was sent and what came of it; `until` is when sending stopped."""

    stages: list[Began] = field(default_factory=list)
    answers: list[Answered] = field(default_factory=list)
    until: float = 0.0


class Generator:
    """The generator's process, waiting for plans."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._heard: queue.Queue[str | None] = queue.Queue()
        assert process.stdout is not None  # noqa: S101 - asked for as a pipe
        threading.Thread(target=self._listen, args=[process.stdout], daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def run(self, plan: Plan) -> Traffic:
        """Carry out `plan` and return what happened.

        Raises:
            GeneratorFailed: It did not get to the end of it.
        """
        assert self._process.stdin is not None  # noqa: S101 - asked for as a pipe
        try:
            self._process.stdin.write(plan.model_dump_json() + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise GeneratorFailed(f"the load generator is gone: {error}") from error
        until = time.monotonic() + START_WITHIN_S + plan.seconds + plan.drain_s + GRACE_S
        traffic = Traffic()
        for event in self._events(until):
            match event:
                case Began():
                    traffic.stages.append(event)
                case Answered():
                    traffic.answers.append(event)
                case Ended():
                    traffic.until = event.at
        return traffic

    def close(self) -> None:
        """End it, without patience after `END_WITHIN_S`."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(END_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _events(self, until: float) -> Iterator[Told]:
        while True:
            try:
                line = self._heard.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                raise GeneratorFailed("the load generator did not come to an end") from None
            if line is None:
                raise GeneratorFailed(f"the load generator ended with {self._process.wait()}")
            event = told.validate_json(line)
            yield event
            if isinstance(event, Ended):
                return

    def _listen(self, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                self._heard.put(line)
        self._heard.put(None)


@contextmanager
def running_generator(log: Path) -> Iterator[Generator]:
    """Run a generator for as long as the context lasts; what Locust has to say goes to `log`."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "loadtests.generator"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            text=True, start_new_session=True,
        )  # fmt: skip
    generator = Generator(process)
    try:
        yield generator
    finally:
        generator.close()
