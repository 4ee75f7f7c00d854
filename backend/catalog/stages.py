"""The stages of a model, which moves there are between them, and who is drawn by a canary. Pure: knows no row.

staging ──► canary ──► default      The default is left in one way: another model becomes it. Whatever is not
   ▲  ╲       │▲          │         retired may be retired; what is retired comes back through staging, or as
   │   ╲      ▼│          ▼         available.
retired ◄── available ◄───┘
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from typing import Final

LEAST_SHARE: Final = 1
LARGEST_SHARE: Final = 50


class Stage(StrEnum):
    """What a model is to those who draw."""

    STAGING = "staging"
    CANARY = "canary"
    AVAILABLE = "available"
    DEFAULT = "default"
    RETIRED = "retired"


MOVES: Final[Mapping[Stage, frozenset[Stage]]] = {
    Stage.STAGING: frozenset({Stage.CANARY, Stage.AVAILABLE, Stage.RETIRED}),
    Stage.CANARY: frozenset({Stage.STAGING, Stage.AVAILABLE, Stage.DEFAULT, Stage.RETIRED}),
    Stage.AVAILABLE: frozenset({Stage.STAGING, Stage.CANARY, Stage.DEFAULT, Stage.RETIRED}),
    Stage.DEFAULT: frozenset(),
    Stage.RETIRED: frozenset({Stage.STAGING, Stage.AVAILABLE}),
}
"""Where an administrator may move a model from each stage. To stay is always allowed: it approves the weights anew."""

DRAWS_UNNAMED: Final = frozenset({Stage.DEFAULT, Stage.AVAILABLE})
"""The stages of the models that can stand for everybody's default."""


def is_allowed(before: Stage, after: Stage) -> bool:
    """Return whether a model of stage `before` may be given `after`."""
    return before is after or after in MOVES[before]


def is_drawn_by_canary(person_id: str, model: str, share: int) -> bool:
    """Return whether `share` percent of the people, this one among them, are drawn by `model` where they name none.

    A person stays on their side; a larger share takes people in and sends nobody back.
    """
    digest = sha256(f"{model} {person_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % 100 < share
