"""The authority that a studio makes for itself: a root in its data folder, and a certificate that signs.

    signing/root-1.pem      the key and the certificate of the root      10 years; a new root after 5
    signing/leaf-1-3.pem    the third that root 1 issued, and its key    as long as its root; a new one each year
    signing/own-4b1d….crt   the root of a company's own chain, once it was in use: no key

Without a time stamp a signature is worth as much as its certificate is still valid, so that certificates live long and are
replaced early: a file stays good for at least five years. Names are counted and files are linked into place, so that
processes that start together find the same ones. Nothing is ever overwritten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from backend.kit.keeping import keep_once
from backend.provenance.chains import BadAuthority, pem_of, pem_of_key

ROOT_LIVES: Final = timedelta(days=3650)
ROOT_SERVES: Final = timedelta(days=1826)
LEAF_SERVES: Final = timedelta(days=365)
_BEFORE: Final = timedelta(hours=1)  # for readers whose clock is slow
_DIGITS: Final = 16


@dataclass(frozen=True)
class Pair:
    """A certificate and the key to it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def pair_in(folder: Path) -> tuple[x509.Certificate, Pair]:
    """Return the root in `folder` and what signs for it; make what is missing or has served its time.

    Raises:
        BadAuthority: A file there is broken.
        OSError: It can be neither read nor written.
    """
    number = _newest(folder, r"root-(\d+)\.pem")
    if not number or _served(_pair(folder / f"root-{number}.pem"), ROOT_SERVES):
        number += 1
    root = _kept(folder / f"root-{number}.pem", None)
    count = _newest(folder, rf"leaf-{number}-(\d+)\.pem")
    if not count or _served(_pair(folder / f"leaf-{number}-{count}.pem"), LEAF_SERVES):
        count += 1
    return root.certificate, _kept(folder / f"leaf-{number}-{count}.pem", root)


def roots_in(folder: Path) -> Iterator[x509.Certificate]:
    """Yield every root that was ever used with this folder, the newest local one first."""
    for number in range(_newest(folder, r"root-(\d+)\.pem"), 0, -1):
        if (path := folder / f"root-{number}.pem").exists():
            yield _pair(path).certificate
    for path in sorted(folder.glob("own-*.crt")):
        yield _certificate(path)


def remember(folder: Path, root: x509.Certificate) -> None:
    """Keep the root of a company's own chain, so that what it signed is known when there is another."""
    digest = sha256(root.public_bytes(Encoding.DER)).hexdigest()[:_DIGITS]
    keep_once(folder / f"own-{digest}.crt", lambda: pem_of(root))


def _newest(folder: Path, pattern: str) -> int:
    found = (re.fullmatch(pattern, path.name) for path in folder.glob("*.pem"))
    return max((int(one[1]) for one in found if one), default=0)


def _served(pair: Pair, as_long_as: timedelta) -> bool:
    return datetime.now(UTC) > pair.certificate.not_valid_before_utc + as_long_as


def _kept(path: Path, issuer: Pair | None) -> Pair:
    """Return what `path` holds; make it first, issued by `issuer` or by itself, if it is not there."""
    keep_once(path, lambda: _pem(_root() if issuer is None else _leaf(issuer)))
    return _pair(path)


def _pem(pair: Pair) -> bytes:
    return pem_of_key(pair.key) + pem_of(pair.certificate)


def _pair(path: Path) -> Pair:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise _broken(path) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise _broken(path)
    return Pair(_certificate(path), key)


def _certificate(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except ValueError as error:
        raise _broken(path) from error


def _broken(path: Path) -> BadAuthority:
    return BadAuthority(
        f"{path} is broken",
        "Restore it from a backup; without one move it away: a new one is made, and what it signed is no longer known.",
    )


def _root() -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"Atelier local root {token_hex(4)}")  # no two are called the same
    usage = _usage(signs_certificates=True)
    begun = datetime.now(UTC) - _BEFORE
    unsigned = (
        _builder(name, key, begun, begun + ROOT_LIVES)
        .issuer_name(name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return Pair(unsigned.sign(key, hashes.SHA256()), key)


def _leaf(root: Pair) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    begun, ends = datetime.now(UTC) - _BEFORE, root.certificate.not_valid_after_utc
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key())
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
    unsigned = (
        _builder(_name("Atelier local signer"), key, begun, ends)
        .issuer_name(root.certificate.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(purpose, critical=False)
        .add_extension(issuer, critical=False)
    )
    return Pair(unsigned.sign(root.key, hashes.SHA256()), key)


def _builder(
    name: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str) -> x509.Name:
    """Return a name that says nothing of who runs the studio: it goes wherever a file goes."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Atelier"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
