"""The 32 bits that lead from a picture to its row: the same for every try to store it, and to others a random number.

And the keys that hide them in pixels, one for each of the ring: what an older one hid is found for as long as it is there.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from backend.kit.keyring import KeyRing, derived

_BITS: Final = 32
_FOR: Final = b"atelier lookup 1"
_HIDING: Final = b"atelier hiding 1"


def lookup_of(ring: KeyRing, generation_id: str, index: int) -> int:
    """Return the lookup id of image `index` of a generation, 0 to 2³² - 1.

    Of a million images some hundred share theirs with another: it finds rows, it does not prove one.
    """
    digest = hmac.digest(
        ring.keys[0].encode(), _FOR + f"{generation_id}:{index}".encode(), hashlib.sha256
    )
    return int.from_bytes(digest[: _BITS // 8], "big")


def hiding_keys(ring: KeyRing) -> tuple[bytes, ...]:
    """Return what `watermark.hide` and `find` take, 32 bytes each; the first one hides."""
    return tuple(derived(key, _HIDING) for key in ring.keys)
