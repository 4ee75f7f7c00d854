"""The keys that sign: a chain of the company's own, or a local authority made at the first start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from backend.kit.settings import Settings
from backend.provenance import chains, local
from backend.provenance.chains import BadAuthority

__all__ = ["Authority", "BadAuthority", "authority_of"]

FOLDER: Final = "signing"
"""Where in the data folder the local authority lies, and the roots of earlier ones."""


@dataclass(frozen=True)
class Authority:
    """Certificates, as PEM: `chain` begins with the one that signs, `root` is what readers trust.

    `root` holds the roots of earlier authorities of this data folder too. `chain` goes into every file and leaves its root
    out where that is known apart. `algorithm` is C2PA's word for what `key` (PEM, PKCS #8) signs with. `is_local` says
    that we made it: nobody else trusts it unless they are given `root`. After `expires_at` it signs nothing, and
    what it signed is no longer trusted: there are no time stamps.
    """

    chain: bytes
    key: bytes
    root: bytes
    is_local: bool
    expires_at: datetime
    algorithm: str


def authority_of(settings: Settings) -> Authority:
    """Return what this studio signs with; the local one is made in the data folder if there is none.

    Raises:
        BadAuthority: What the settings name cannot sign.
    """
    folder = settings.data_dir / FOLDER
    if not (settings.signing_chain or settings.signing_key):
        return _local(folder)
    if not (settings.signing_chain and settings.signing_key):
        missing = "ATELIER_SIGNING_KEY" if settings.signing_chain else "ATELIER_SIGNING_CHAIN"
        raise BadAuthority(
            f"{missing} is not set and its other half is",
            "Set both ATELIER_SIGNING_CHAIN and ATELIER_SIGNING_KEY, or neither for a local authority.",
        )
    return _own(Path(settings.signing_chain), Path(settings.signing_key), folder)


def _local(folder: Path) -> Authority:
    root, leaf = local.pair_in(folder)
    return Authority(
        chain=chains.pem_of(leaf.certificate),
        key=chains.pem_of_key(leaf.key),
        root=_roots(chains.pem_of(root), folder),
        is_local=True,
        expires_at=leaf.certificate.not_valid_after_utc,
        algorithm="es256",
    )


def _own(chain: Path, key: Path, folder: Path) -> Authority:
    own = chains.read(chain, key)
    root = chains.pem_of(own.certificates[-1])
    local.remember(folder, own.certificates[-1])
    return Authority(
        chain=b"".join(map(chains.pem_of, own.sent)),
        key=chains.pem_of_key(own.key),
        root=_roots(root, folder),
        is_local=False,
        expires_at=min(one.not_valid_after_utc for one in own.certificates),
        algorithm=own.algorithm,
    )


def _roots(newest: bytes, folder: Path) -> bytes:
    """Return `newest` and the roots that were trusted before it."""
    earlier = map(chains.pem_of, local.roots_in(folder))
    return b"".join(dict.fromkeys([newest, *earlier]))
