"""The servers that are compared, each a command that prints `{"url": …}` and ends with its input.

    study     what the study ran: one request at a time, or all at once on one pipeline
    batched   the same frameworks with request-level batching, which the study did not try
    ours      the step-batched engine, under uvicorn and behind Ray Serve

Starts and stops them as anybody could; imports nothing of them.
"""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

import httpx2

from loadtests.processes import Family

ROOT = Path(__file__).parent.parent
READY_WITHIN_S = 240.0
LEAVE_WITHIN_S = 20.0
POLL_S = 0.1
_SERVER_FLAGS = ("--port=0", "--parent-pipe")


class Camp(StrEnum):
    """Whose server it is."""

    STUDY = "study"
    BATCHED = "batched"
    OURS = "ours"


class ArmFailed(Exception):
    """A server ended, or stayed silent, before it was ready."""


@dataclass(frozen=True)
class Arm:
    """One server: its name, whose it is, how to start it, about how long that takes."""

    name: str
    camp: Camp
    command: tuple[str, ...]
    start_s: float = 13.0

    @classmethod
    def parse(cls, text: str) -> Arm:
        """Return the arm that `NAME=COMMAND` describes; its camp is ours."""
        name, separator, command = text.partition("=")
        if not (name and separator and command):
            raise ValueError(f"an arm is NAME=COMMAND, not {text!r}")
        return cls(name, Camp.OURS, tuple(shlex.split(command)))


def _baseline(name: str, camp: Camp, start_s: float) -> Arm:
    command = (sys.executable, "-m", "inference.baselines", name, *_SERVER_FLAGS)
    return Arm(name, camp, command, start_s)


def _ours(name: str, module: str, start_s: float, *flags: str) -> Arm:
    return Arm(name, Camp.OURS, (sys.executable, "-m", module, *_SERVER_FLAGS, *flags), start_s)


REFERENCE: Final = "fastapi-lock"
FLAGSHIP: Final = "engine-ray"
# The reference first: its capacity decides the open loop's rates. A hundred users must all fit in.
ARMS: Final = {
    arm.name: arm
    for arm in (
        _baseline(REFERENCE, Camp.STUDY, 13),
        _baseline("fastapi", Camp.STUDY, 13),
        _baseline("litserve", Camp.STUDY, 16),
        _baseline("ray", Camp.STUDY, 28),
        _baseline("litserve-batched", Camp.BATCHED, 16),
        _baseline("ray-batched", Camp.BATCHED, 28),
        _ours("engine", "inference", 13, "--waiting-room=64"),
        _ours(FLAGSHIP, "inference.serve_app", 28),
    )
}


@dataclass(frozen=True)
class Server:
    """A running arm: where it is, how long it took to be ready, its processes."""

    url: str
    ready_after_s: float
    family: Family


@contextmanager
def running(arm: Arm, log: Path) -> Iterator[Server]:
    """Run `arm`, model loaded, for as long as the context lasts; then nothing of it is left.

    Raises:
        ArmFailed: It ended, or was not ready in time.
    """
    since = time.monotonic()
    with log.open("ab") as said:
        process = subprocess.Popen(  # noqa: S603 - our own command
            arm.command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
            start_new_session=True,
        )  # fmt: skip
    family = Family(process.pid)
    try:
        url = _address_of(process, log, since + READY_WITHIN_S)
        _wait_until_ready(url, process, since + READY_WITHIN_S)
        family.cpu_seconds()  # sees everybody while their parents live
        yield Server(url, time.monotonic() - since, family)
    finally:
        _stop(process, family)


def _address_of(process: subprocess.Popen[bytes], log: Path, until: float) -> str:
    """Return the URL it prints; everything else it prints goes to `log`."""
    found: list[str] = []
    assert process.stdout is not None  # noqa: S101 - asked for as a pipe
    listening = threading.Thread(
        target=_listen, args=[process.stdout, log, found], name="arm-output", daemon=True
    )
    listening.start()
    while not found:
        _check(process, until)
        time.sleep(POLL_S)
    return found[0]


def _listen(lines: IO[bytes], log: Path, found: list[str]) -> None:
    with lines, log.open("ab") as kept:
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                found.append(str(json.loads(line)["url"]))
            kept.write(line)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], until: float) -> None:
    with httpx2.Client(base_url=url, timeout=5) as client:
        while True:
            _check(process, until)
            with suppress(httpx2.TransportError):
                if client.get("/readyz").status_code == httpx2.codes.OK:
                    return
            time.sleep(POLL_S)


def _check(process: subprocess.Popen[bytes], until: float) -> None:
    if process.poll() is not None:
        raise ArmFailed(f"it ended with {process.returncode} before it was ready; see its log")
    if time.monotonic() > until:
        raise ArmFailed(f"it was not ready after {READY_WITHIN_S:.0f} s; see its log")


def _stop(process: subprocess.Popen[bytes], family: Family) -> None:
    """Close its input, then ask, then make it; then the same for whoever it left behind."""
    family.cpu_seconds()
    if process.stdin is not None:
        with suppress(OSError):
            process.stdin.close()
    for insist in (None, signal.SIGTERM, signal.SIGKILL):
        if insist is not None:
            process.send_signal(insist)
        with suppress(subprocess.TimeoutExpired):
            process.wait(LEAVE_WITHIN_S)
            break
    family.end()
