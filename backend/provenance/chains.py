"""Reads a company's own certificates and key, and says in plain words why they cannot sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
CHAIN_SETTING: Final = "ATELIER_SIGNING_CHAIN"
KEY_SETTING: Final = "ATELIER_SIGNING_KEY"
_C2PA_SIGNING: Final = "1.3.6.1.4.1.62558.2.1"
_DOCUMENT_SIGNING: Final = "1.3.6.1.5.5.7.3.36"
_PURPOSES: Final = {ExtendedKeyUsageOID.EMAIL_PROTECTION.dotted_string, _DOCUMENT_SIGNING, _C2PA_SIGNING}  # fmt: skip
_LEAST_RSA_BITS: Final = 2048
_CURVES: Final = {"secp256r1": "es256", "secp384r1": "es384"}
_PEM: Final = b"-----BEGIN"


class BadAuthority(Exception):
    """What the settings name cannot sign. `seen` says why and of which file, `advice` what to do."""

    def __init__(self, seen: str, advice: str) -> None:
        super().__init__(f"{seen}. {advice}")
        self.seen = seen
        self.advice = advice


@dataclass(frozen=True)
class Own:
    """A chain, the signing certificate first and what readers trust last, and the key to the first."""

    certificates: list[x509.Certificate]
    key: Key
    algorithm: str

    @property
    def sent(self) -> list[x509.Certificate]:
        """What goes into a file: all but a root, which its readers have."""
        last = self.certificates[-1]
        return self.certificates[:-1] if last.issuer == last.subject else self.certificates


def read(chain: Path, key: Path) -> Own:
    """Return the certificates in `chain` and the key in `key`.

    Raises:
        BadAuthority: One cannot be read, they do not belong together, or C2PA takes no such thing.
    """
    certificates = _certificates(chain)
    private = _key(key)
    if _public(private.public_key()) != _public(certificates[0].public_key()):
        raise BadAuthority(
            f"{key} is not the key to the first certificate in {chain}",
            "Put the signing certificate first, and name the key that it was issued for.",
        )
    _check_links(certificates, chain)
    _check_time(certificates, chain)
    _check_purpose(certificates[0], chain)
    return Own(certificates, private, _algorithm(private, key))


def pem_of(certificate: x509.Certificate) -> bytes:
    """Return `certificate` as PEM."""
    return certificate.public_bytes(Encoding.PEM)


def pem_of_key(key: Key) -> bytes:
    """Return `key` as PEM, PKCS #8, not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _text(path: Path, setting: str) -> bytes:
    if str(path).startswith(_PEM.decode()):
        raise BadAuthority(f"{setting} holds PEM itself", f"Set {setting} to the path of the file.")
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadAuthority(
            f"{path} can't be read: {error.strerror}", f"Correct {setting}, or give this user read access to it."
        ) from error  # fmt: skip


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_text(path, CHAIN_SETTING))
    except ValueError as error:
        raise BadAuthority(
            f"{path} holds no certificates",
            f"{CHAIN_SETTING} names a PEM file: the signing certificate, then its issuers up to the root.",
        ) from error


def _key(path: Path) -> Key:
    advice = f"{KEY_SETTING} names a PEM file with one private key: P-256, P-384, or RSA of 2048 bits or more, not encrypted."
    try:
        found = load_pem_private_key(_text(path, KEY_SETTING), None)
    except TypeError as error:
        raise BadAuthority(f"the key in {path} is encrypted", advice) from error
    except ValueError as error:
        raise BadAuthority(f"{path} holds no private key", advice) from error
    if not isinstance(found, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise BadAuthority(f"the key in {path} is of a kind that does not sign here", advice)
    return found


def _algorithm(key: Key, path: Path) -> str:
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= _LEAST_RSA_BITS:
        return "ps256"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    kind = f"RSA of {key.key_size} bits" if isinstance(key, rsa.RSAPrivateKey) else key.curve.name
    raise BadAuthority(
        f"the key in {path} is {kind}", "Use a key on P-256 or P-384, or RSA of 2048 bits or more."
    )


def _check_links(certificates: list[x509.Certificate], path: Path) -> None:
    for place, (one, issuer) in enumerate(pairwise(certificates), start=1):
        try:
            one.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise BadAuthority(
                f"certificate {place} in {path} was not issued by the one after it",
                "Order them: the signing certificate, then each one's issuer.",
            ) from error
    if len(certificates) == 1:
        raise BadAuthority(
            f"{path} holds one certificate alone, and C2PA takes none that signed itself",
            "Put its issuer after it, and that one's, up to what readers are to trust.",
        )


def _check_time(certificates: list[x509.Certificate], path: Path) -> None:
    now = datetime.now(UTC)
    for place, one in enumerate(certificates, start=1):
        if one.not_valid_after_utc <= now:
            ended = f"{one.not_valid_after_utc:%Y-%m-%d}"
            raise BadAuthority(
                f"certificate {place} in {path} expired on {ended}", "Have it renewed, and restart every process."
            )  # fmt: skip
        if one.not_valid_before_utc > now:
            begins = f"{one.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
            raise BadAuthority(
                f"certificate {place} in {path} is not valid before {begins}", "Wait, or set this machine's clock."
            )  # fmt: skip


def _check_purpose(leaf: x509.Certificate, path: Path) -> None:
    """Look for what C2PA demands of a certificate that signs."""
    advice = "Have one issued with keyUsage digitalSignature and extendedKeyUsage emailProtection."
    try:
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        named = "keyUsage" if error.oid == ExtensionOID.KEY_USAGE else "extendedKeyUsage"
        raise BadAuthority(f"the first certificate in {path} has no {named}", advice) from error
    if not usage.digital_signature or usage.key_cert_sign:
        raise BadAuthority(f"the first certificate in {path} is not one that signs data", advice)
    if not _PURPOSES & {one.dotted_string for one in extended}:
        raise BadAuthority(f"the first certificate in {path} has no purpose of C2PA's", advice)


def _public(key: object) -> bytes:
    """Return a public key's own bytes, to compare it by."""
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined] # every kind has it
    return found
