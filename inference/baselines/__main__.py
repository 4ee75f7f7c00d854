"""`python -m inference.baselines ARM`: one of the baseline servers, on loopback, until told to stop.

Prints `{"url": …}` on one line when it listens; `GET /readyz` answers 200 once its model is loaded and
warm. Ends with all its processes on SIGTERM, SIGINT or, with `--parent-pipe`, when its standard input
closes; what is being drawn is lost.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import Final, NoReturn

from inference.hosting import when_input_closes
from inference.offline import stay_offline

ARMS: Final[dict[str, tuple[str, dict[str, bool]]]] = {
    "fastapi": ("fastapi_plain", {"one_at_a_time": False}),
    "fastapi-lock": ("fastapi_plain", {"one_at_a_time": True}),
    "litserve": ("litserve_app", {"batched": False}),
    "litserve-batched": ("litserve_app", {"batched": True}),
    "ray": ("ray_app", {"batched": False}),
    "ray-batched": ("ray_app", {"batched": True}),
}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m inference.baselines")
    parser.add_argument("arm", choices=ARMS, help="which server")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0: any free one")
    parser.add_argument("--parent-pipe", action="store_true", help="end when standard input closes")
    asked = parser.parse_args(arguments)
    stay_offline()
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    for number in _SIGNALS:
        signal.signal(number, _leave)
    if asked.parent_pipe:
        when_input_closes(_tell_main_thread)
    module, options = ARMS[asked.arm]
    with suppress(KeyboardInterrupt):
        import_module(f"inference.baselines.{module}").serve(asked.port, **options)
    return 0


def _leave(*_: object) -> NoReturn:
    """Unwind whatever serves, so that it ends its processes; being told again changes nothing."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _tell_main_thread() -> None:
    """Interrupt the main thread even if it waits inside a system call."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
