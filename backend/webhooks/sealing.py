"""Webhooks' signing secrets as the database keeps them: sealed with the studio's keys.

A row whose secret was written before there was sealing holds it as it is, until `reseal` at the next start.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlmodel import Session

from backend.kit.keyring import CannotOpen, KeyRing
from backend.webhooks import repository
from backend.webhooks.models import Webhook
from backend.webhooks.signatures import PREFIX, new_secret

_AT_ONCE: Final = 500  # ids in one statement


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

    What no key opens is left as it is: the key may come back. Only rows to be changed are locked, and at most
    starts there are none: another process may be sending to the rest.
    """
    stale = [
        key
        for key, *kept in repository.every_secret(session)
        if not all(ring.is_fresh(each) for each in kept if each)
    ]
    some = (stale[start : start + _AT_ONCE] for start in range(0, len(stale), _AT_ONCE))
    rows = (row for ids in some for row in repository.lock_some(session, ids))
    return sum(_reseal(session, ring, row) for row in rows)


def _reseal(session: Session, ring: KeyRing, row: Webhook) -> bool:
    secret = _fresh(ring, row.secret)
    previous = row.previous_secret and _fresh(ring, row.previous_secret)
    if (secret, previous) == (row.secret, row.previous_secret):
        return False
    row.secret, row.previous_secret = secret, previous
    session.add(row)
    return True


def _fresh(ring: KeyRing, kept: str) -> str:
    if ring.is_fresh(kept):
        return kept
    try:
        return ring.seal(opened(ring, kept))
    except CannotOpen:
        return kept
