"""The 60 bits that are hidden: 32 that say something and 28 that show it was read right, cut into symbols."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from backend.provenance.patterns import PLACES, SYMBOLS

LOOKUP_BITS: Final = 32
_EACH: Final = (PLACES * PLACES).bit_length() - 1
_CHECK_BITS: Final = SYMBOLS * _EACH - LOOKUP_BITS
_FOR: Final = b"atelier watermark check 1"


def symbols_of(lookup: int, key: bytes) -> tuple[int, ...]:
    """Return the symbols of `lookup`, 0 to 2³² - 1, first bits first.

    Raises:
        ValueError: It is not one of those.
    """
    if not 0 <= lookup < 1 << LOOKUP_BITS:
        raise ValueError(
            f"lookup must be 0 to {(1 << LOOKUP_BITS) - 1}, for example 7; not {lookup}"
        )
    bits = lookup << _CHECK_BITS | _check(lookup, key)
    return tuple(bits >> _EACH * k & (1 << _EACH) - 1 for k in reversed(range(SYMBOLS)))


def lookup_in(symbols: Sequence[int], key: bytes) -> int | None:
    """Return what `symbols` say; None: no `lookup` has these."""
    bits = 0
    for symbol in symbols:
        bits = bits << _EACH | symbol
    lookup, check = divmod(bits, 1 << _CHECK_BITS)
    return lookup if check == _check(lookup, key) else None


def _check(lookup: int, key: bytes) -> int:
    # Keyed, where a CRC is not: 28 bits agree by luck once in 268 million readings.
    said = _FOR + lookup.to_bytes(LOOKUP_BITS // 8, "big")
    digest = hmac.digest(key, said, hashlib.sha256)
    return int.from_bytes(digest[:4], "big") >> 32 - _CHECK_BITS
