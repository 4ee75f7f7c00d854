"""In which order a voter sees the pairs, and which model stands left: random for each voter and pair, and the same again.

Nobody can work it out: it hangs on a secret of the comparison, which is in no answer, no export and no log.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from hashlib import sha256
from typing import TypeVar

from backend.comparisons.models import Comparison, ComparisonPair
from backend.comparisons.schemas import Preference, Side

P = TypeVar("P", bound=ComparisonPair)


def shuffled(comparison: Comparison, voter_id: str, pairs: Iterable[P]) -> list[P]:
    """Return `pairs` in the order in which this voter sees them."""
    return sorted(pairs, key=lambda pair: _lot(comparison, "order", voter_id, pair.id))


def generation_on(comparison: Comparison, voter_id: str, pair: ComparisonPair, side: Side) -> str:
    """Return the id of the generation that this voter sees on that side."""
    first = (side is Side.LEFT) is first_is_left(comparison, voter_id, pair.id)
    return pair.first_id if first else pair.second_id


def first_is_left(comparison: Comparison, voter_id: str, pair_id: str) -> bool:
    """Return whether the first model of the comparison stands left for this voter in this pair."""
    return _lot(comparison, "side", voter_id, pair_id)[0] < 128  # noqa: PLR2004


def prefers_first(
    comparison: Comparison, voter_id: str, pair_id: str, choice: Preference
) -> bool | None:
    """Return whether a vote is for the first model; None: for neither."""
    if choice is Preference.NEITHER:
        return None
    return (choice is Preference.LEFT) is first_is_left(comparison, voter_id, pair_id)


def _lot(comparison: Comparison, what: str, voter_id: str, pair_id: str) -> bytes:
    words = f"{what} {voter_id} {pair_id}".encode()
    return hmac.digest(comparison.secret.encode(), words, sha256)
