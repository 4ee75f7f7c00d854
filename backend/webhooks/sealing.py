"""Webhooks' signing secrets as the database keeps them: sealed with the studio's keys.

A row whose secret was written before there was sealing holds it as it is, until `reseal` at the next start.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session

from backend.kit.keyring import CannotOpen, KeyRing
from backend.webhooks import repository
from backend.webhooks.signatures import PREFIX, new_secret


def new_sealed_secret(ring: KeyRing) -> str:
    """Return a fresh secret, sealed."""
    return ring.seal(new_secret())


def opened(ring: KeyRing, kept: str) -> str:
    """Return a secret as its receiver has it.

    Raises:
        CannotOpen: The key that sealed it is no longer in ATELIER_SECRET_KEY.
    """
    return kept if kept.startswith(PREFIX) else ring.open(kept)


def opened_all(ring: KeyRing, kept: Sequence[str]) -> list[str]:
    """Return what can be opened of `kept`, in its order.

    Raises:
        CannotOpen: Not even the first one.
    """
    first, *former = kept
    found = [opened(ring, first)]
    for each in former:
        try:
            found.append(opened(ring, each))
        except CannotOpen:
            continue  # its day passes; the receiver may know the first one already
    return found


def reseal(session: Session, ring: KeyRing) -> int:
    """Seal with the newest key what another one has sealed, or none; return how many webhooks that concerned.

    What no key opens is left as it is: the key may come back.
    """
    changed = 0
    for row in repository.every_secret(session):
        secret = _fresh(ring, row.secret)
        previous = row.previous_secret and _fresh(ring, row.previous_secret)
        if (secret, previous) != (row.secret, row.previous_secret):
            row.secret, row.previous_secret = secret, previous
            session.add(row)
            changed += 1
    return changed


def _fresh(ring: KeyRing, kept: str) -> str:
    if ring.is_fresh(kept):
        return kept
    try:
        return ring.seal(opened(ring, kept))
    except CannotOpen:
        return kept
