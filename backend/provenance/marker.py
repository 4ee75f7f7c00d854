"""Marks what is stored and what is handed out: hides the lookup id, signs the file.

What cannot be signed goes on unsigned: logged once per cause, counted, and `atelier sign` signs it later.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import partial
from io import BytesIO
from typing import Final

import numpy as np
from PIL import Image as Pillow
from prometheus_client import Counter

from backend.kit.keyring import KeyRing, ring_of
from backend.kit.settings import Settings
from backend.kit.telemetry import REGISTRY
from backend.kit.turns import turn_of
from backend.provenance import lookup as lookups
from backend.provenance import watermark
from backend.provenance.authority import Authority, authority_of
from backend.provenance.claims import Claim, Parent
from backend.provenance.signing import Signer

UNSIGNED: Final = Counter(
    "atelier_images_unsigned_total",
    "Files that could not be signed, by the kind of error.",
    ["cause"],
    registry=REGISTRY,
)
FRESH_S: Final = 3600.0
"""How often the authority is asked again: its certificate is renewed before it ends."""
_MOST_MARKERS: Final = 8
_MOST_CAUSES: Final = 100
_LONGEST_CAUSE: Final = 300

_log = logging.getLogger("atelier.provenance")
_markers: OrderedDict[Hashable, Marker] = OrderedDict()
_making = threading.Lock()


class Marker:
    """The one who marks, built once for a studio; any number of threads may use it.

    `authority` returns what signs now; with `hides` off, pixels stay as they were drawn.
    """

    def __init__(
        self, ring: KeyRing, authority: Callable[[], Authority], *, hides: bool = True
    ) -> None:
        self.keys = lookups.hiding_keys(ring)
        self._ring = ring
        self._authority = authority
        self._hides = hides
        self._signing: tuple[float, Authority, Signer] | None = None
        self._choosing = threading.Lock()
        self._causes: set[str] = set()

    def lookup_of(self, generation_id: str, index: int) -> int:
        """Return the lookup id of an image, 0 to 2³² - 1."""
        return lookups.lookup_of(self._ring, generation_id, index)

    def hides_in(self, width: int, height: int) -> bool:
        """Return whether `hide` changes a picture of this size, in pixels."""
        return self._hides and watermark.fits(width, height)

    def hide(self, picture: bytes, lookup: int) -> bytes:
        """Return the lossless WebP `picture` with `lookup` in its pixels; one too small, byte for byte as it is."""
        with Pillow.open(BytesIO(picture), formats=["WEBP"]) as drawn:
            if not self.hides_in(*drawn.size):
                return picture
            with turn_of(*drawn.size):
                return _hidden(drawn, lookup, self.keys[0])

    def sign(
        self, file: bytes, content_type: str, claim: Claim, *, parent: Parent | None = None
    ) -> bytes:
        """Return `file` signed. One that cannot be signed is returned as it is, logged and counted: no image is lost for it.

        A parent that cannot be named, for what somebody brought may be anything, is left out.
        """
        if parent:
            try:
                return self._signer().sign(file, content_type, claim, parent=parent)
            except Exception as error:  # noqa: BLE001 - what somebody brought does not keep a file from being signed
                self._say("the picture it was drawn over could not be named", error)
        return self._or_unsigned(file, lambda one: one.sign(file, content_type, claim))

    def sign_again(self, file: bytes, content_type: str, *, like: bytes) -> bytes:
        """Return `file`, another form of our `like`, signed with the same claim; likewise."""
        return self._or_unsigned(file, lambda one: one.sign_again(file, content_type, like=like))

    def _or_unsigned(self, file: bytes, signed: Callable[[Signer], bytes]) -> bytes:
        try:
            return signed(self._signer())
        except Exception as error:  # noqa: BLE001 - an image is worth more than its signature
            UNSIGNED.labels(type(error).__name__).inc()
            self._say("a file goes unsigned", error)
            return file

    def _signer(self) -> Signer:
        """Return who signs: the same one for as long as the authority is the same."""
        with self._choosing:
            now = time.monotonic()
            if self._signing is None or now - self._signing[0] > FRESH_S:
                authority = self._authority()
                is_known = self._signing is not None and self._signing[1] == authority
                signer = self._signing[2] if self._signing and is_known else Signer(authority)
                self._signing = now, authority, signer
            return self._signing[2]

    def _say(self, what: str, error: Exception) -> None:
        cause = f"{what}: {_cause(error)}"
        if cause not in self._causes and len(self._causes) < _MOST_CAUSES:
            self._causes.add(cause)
            _log.warning("%s (said once)", cause)


def marker_of(settings: Settings) -> Marker:
    """Return the marker of a studio, the same one for the same settings."""
    same = tuple(_hashable(getattr(settings, name)) for name in Settings.model_fields)
    with _making:
        if same not in _markers:
            authority = partial(authority_of, settings)
            _markers[same] = Marker(ring_of(settings), authority, hides=settings.watermark)
        _markers.move_to_end(same)
        while len(_markers) > _MOST_MARKERS:
            _markers.popitem(last=False)
        return _markers[same]


def _hidden(drawn: Pillow.Image, lookup: int, key: bytes) -> bytes:
    """Return `drawn` as a lossless WebP with `lookup` in its colours; its transparency stays as it is."""
    plain = drawn.convert("RGB")
    marked = Pillow.fromarray(watermark.hide(np.asarray(plain), lookup, key))
    if drawn.has_transparency_data:
        marked.putalpha(drawn.convert("RGBA").getchannel("A"))
    out = BytesIO()
    marked.save(out, "WEBP", lossless=True, quality=0, method=0, exact=True)
    return out.getvalue()


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _cause(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:_LONGEST_CAUSE]
