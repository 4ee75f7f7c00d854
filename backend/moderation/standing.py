"""How a case stands for one reviewer: who has it open, what waits for a second person, what may be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from backend.accounts.actor import Actor
from backend.images.schemas import Moderation
from backend.kit import clock
from backend.kit.errors import Conflict
from backend.moderation.models import ImageDecision
from backend.moderation.repository import Case
from backend.moderation.schemas import Claim, Deed
from backend.policies.schemas import Severity

UNDO_WITHIN: Final = timedelta(minutes=15)
DECIDING: Final = frozenset({Deed.RELEASE, Deed.REJECT})


def claim_of(case: Case, actor: Actor) -> Claim | None:
    """Return who has the case open now."""
    until = case.flag.claimed_until
    if case.claimant is None or until is None or until <= clock.utc_now():
        return None
    return Claim(name=case.claimant.name, mine=case.claimant.id == actor.id, until=until)


def must_be_free(case: Case, actor: Actor) -> None:
    """Return if nobody but `actor` has the case open.

    Raises:
        Conflict: Somebody has.
    """
    found = claim_of(case, actor)
    if found and not found.mine:
        raise Conflict(
            f"{found.name} has this case open until {found.until:%H:%M} UTC; take another one, or wait."
        )


def in_force(rows: list[ImageDecision]) -> list[ImageDecision]:
    """Return the decisions that nobody took back, oldest first."""
    undone = {row.undoes for row in rows}
    return [row for row in rows if row.deed in DECIDING and row.id not in undone]


def undo_until(rows: list[ImageDecision], actor: Actor) -> datetime | None:
    """Return until when `actor` may take back what was decided last; None: they may not."""
    if not rows or rows[-1].deed not in DECIDING or rows[-1].by != actor.id:
        return None
    until = rows[-1].at + UNDO_WITHIN
    return until if until > clock.utc_now() else None


def is_sealed(case: Case) -> bool:
    """Return whether not even a blurred picture of it is shown before somebody asks for it."""
    shown = case.image.moderation is Moderation.RELEASED
    return case.flag.severity is Severity.SEVERE and not shown
