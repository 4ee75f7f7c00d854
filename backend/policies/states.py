"""The states of a policy version and which moves there are between them. Pure: knows no row.

draft ⇄ proposed ──► active ──► retired     A draft is edited, a proposal is not: what a second person activates is
                        ▲           │       what they read. The active version is left in one way: another becomes
                        └───────────┘       active. What was active once comes back by a rollback.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

ALONE_WAITS: Final = timedelta(hours=24)
"""How long the proposal of a studio's only administrator stands before that same person may activate it."""


class PolicyState(StrEnum):
    """What a version of the policy is."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    ACTIVE = "active"
    RETIRED = "retired"


class Act(StrEnum):
    """What can be done with a version."""

    EDIT = "edit"
    DISCARD = "discard"
    PROPOSE = "propose"
    WITHDRAW = "withdraw"
    ACTIVATE = "activate"
    ROLLBACK = "rollback"


ACTS: Final[Mapping[PolicyState, tuple[Act, ...]]] = {
    PolicyState.DRAFT: (Act.EDIT, Act.PROPOSE, Act.DISCARD),
    PolicyState.PROPOSED: (Act.ACTIVATE, Act.WITHDRAW),
    PolicyState.ACTIVE: (),
    PolicyState.RETIRED: (Act.ROLLBACK,),
}
"""What can be done with a version of each state."""
