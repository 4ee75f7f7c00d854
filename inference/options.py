"""What an operator or a test may turn on an engine, and the same on a command line."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import dataclass, field

from inference.holding import Bounds

DRAIN_SECONDS = 10.0  # what work under way gets after SIGTERM; a spot machine is gone after 15


@dataclass(frozen=True)
class EngineOptions:
    """Seconds where not said otherwise.

    `slots` are the images that share the steps; `waiting_room` are generations that wait for a slot.
    """

    slots: int = 64
    waiting_room: int = 64
    grace: float = 10.0
    stuck_after: float = 300.0
    bounds: Bounds = field(default_factory=Bounds)


def add_room_arguments(parser: ArgumentParser) -> None:
    """Let a command line say how much the engine takes in."""
    parser.add_argument(
        "--slots", type=int, default=EngineOptions.slots, help="images that share the steps"
    )
    parser.add_argument(
        "--waiting-room",
        type=int,
        default=EngineOptions.waiting_room,
        help="generations that may wait for a slot",
    )
