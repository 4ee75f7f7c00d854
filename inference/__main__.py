"""`python -m inference`: the inference app under uvicorn, the studio's embedded server.

Prints `{"url": …}` on one line as soon as it listens, which is before the model is loaded. With
`--parent-pipe` it ends when its standard input closes. SIGTERM lets running work finish first.
"""

from __future__ import annotations

import argparse
import sys

from inference.logs import configure_logging
from inference.offline import stay_offline
from inference.options import DRAIN_SECONDS, EngineOptions, add_room_arguments


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m inference", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8010, help="port to listen on; 0: any free one")
    parser.add_argument("--parent-pipe", action="store_true", help="end when standard input closes")
    parser.add_argument(
        "--drain", type=float, default=DRAIN_SECONDS, help="seconds running work gets after SIGTERM"
    )
    parser.add_argument(
        "--grace", type=float, default=10.0, help="seconds work that nobody follows goes on"
    )
    add_room_arguments(parser)
    asked = parser.parse_args(arguments)
    stay_offline()
    configure_logging()
    from inference.hosting import serve  # noqa: PLC0415 - after the environment is set

    return serve(
        EngineOptions(slots=asked.slots, waiting_room=asked.waiting_room, grace=asked.grace),
        host=asked.host,
        port=asked.port,
        drain_seconds=asked.drain,
        parent_pipe=asked.parent_pipe,
    )


if __name__ == "__main__":
    sys.exit(main())
