"""Signs files: a C2PA manifest around a WebP, PNG or JPEG.

A parent's own manifest goes along only where it has no parents itself, so that files do not grow with what was drawn over what:
of another the digest of its file is named. Signing is not verified each time, which would take two thirds of the time;
that these keys sign what readers take is tried once, when the signer is made.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

import c2pa

from backend.provenance import manifests
from backend.provenance.authority import Authority, BadAuthority
from backend.provenance.claims import Claim, Parent
from backend.provenance.manifests import C2PA, Ingredient, Looking
from backend.provenance.reader import context_of

WEBP = "image/webp"
_ALGORITHMS = {
    "es256": c2pa.C2paSigningAlg.ES256,
    "es384": c2pa.C2paSigningAlg.ES384,
    "ps256": c2pa.C2paSigningAlg.PS256,
}
_TRIED_ON = bytes.fromhex(
    "89504e470d0a1a0a0000000d494844520000000100000001080000000"
    "03a7e9b550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)
"""A PNG of one grey pixel."""

_log = logging.getLogger("atelier.provenance")


class CannotSign(Exception):
    """A file could not be signed; the message says why."""


class Signer:
    """Signs with the keys of one authority; any number of threads may."""

    def __init__(self, authority: Authority) -> None:
        """Try the keys once.

        Raises:
            BadAuthority: They cannot sign, or what they sign is not trusted by who trusts their root.
        """
        self.authority = authority
        roots = authority.root.decode()
        self._looking = Looking(context_of(roots), context_of(roots, verify=False))
        try:
            self._signing = context_of(roots, signer=_keys_of(authority))
            self._try()
        except (c2pa.C2paError, CannotSign) as error:
            raise BadAuthority(
                f"C2PA does not take these certificates: {error}",
                "docs/operate/signing.md says what a chain must be like.",
            ) from error

    def sign(
        self, file: bytes, content_type: str, claim: Claim, *, parent: Parent | None = None
    ) -> bytes:
        """Return `file` with a manifest that says `claim`.

        Raises:
            CannotSign: It could not be.
        """
        with _refusing():
            return self._signed(file, content_type, claim, self._taken_in(parent))

    def sign_again(self, file: bytes, content_type: str, *, like: bytes) -> bytes:
        """Return `file`, another form of our signed WebP `like`, with a manifest that claims the same.

        Raises:
            CannotSign: `like` is not signed by us or was changed since, or it could not be.
        """
        with _refusing():
            said = manifests.said_by(like, WEBP, self._looking.verifying)
            if not said.is_whole:
                raise CannotSign("what it is like was changed after it was signed")
            return self._signed(file, content_type, said.claim, said.parent)

    def _signed(
        self, file: bytes, content_type: str, claim: Claim, parent: Ingredient | None
    ) -> bytes:
        builder = manifests.builder_of(claim, parent, self._signing)
        out = BytesIO()
        builder.sign(content_type, BytesIO(file), out)
        return out.getvalue()

    def _taken_in(self, parent: Parent | None) -> Ingredient | None:
        if parent is None:
            return None
        data, content_type = parent.data, parent.content_type
        try:
            if content_type == C2PA:
                found = manifests.kept_in(data, self._looking.verifying)
            else:
                found = manifests.parent_of(data, content_type, self._looking)
        except (c2pa.C2paError, KeyError, TypeError, ValueError) as error:
            _log.info("a parent goes in without a manifest: %s", error)
            found = None
        return found or manifests.bare(data, content_type)

    def _try(self) -> None:
        claim = Claim(0, False, "http://c2pa.org/digitalsourcetype/empty", "", "", "Atelier 0")
        with _refusing():
            signed = self._signed(_TRIED_ON, "image/png", claim, None)
            with c2pa.Reader(
                "image/png", BytesIO(signed), context=self._looking.verifying
            ) as reader:
                store = json.loads(reader.json())
        if store["validation_state"] != "Trusted":
            codes = [one["code"] for one in store.get("validation_status") or []]
            raise CannotSign(", ".join(codes) or store["validation_state"])


def _keys_of(authority: Authority) -> c2pa.Signer:
    kind = _ALGORITHMS[authority.algorithm]
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(kind, authority.chain, authority.key, None))


@contextmanager
def _refusing() -> Iterator[None]:
    """Say in our words that something could not be signed."""
    try:
        yield
    except c2pa.C2paError as error:
        raise CannotSign(str(error)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise CannotSign(f"its manifest is not one of ours: {error!r}") from error
