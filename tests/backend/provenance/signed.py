"""Pictures that the bundled model drew, in every kind of file, with the AI mark; claims, and certificates to sign them with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image, PngImagePlugin

from backend.images import metadata
from backend.provenance.authority import Authority
from backend.provenance.chains import Key, pem_of, pem_of_key
from backend.provenance.claims import Claim

ROOT: Final = Path(__file__).parents[3]
KINDS: Final = ("image/webp", "image/png", "image/jpeg")
SIZES: Final = (64, 128, 256, 384, 512)
DRAWN: Final = metadata.TRAINED_ALGORITHMIC_MEDIA
CLAIM: Final = Claim(
    lookup=0x00C0FFEE,
    hidden=True,
    source_type=DRAWN,
    model="atelier-mini",
    weights_sha256="5e" * 32,
    software="Atelier 0.1.0",
)
OVER: Final = replace(CLAIM, lookup=0x12345678, source_type=metadata.COMPOSITE)


@cache
def _sheet() -> Image.Image:
    return Image.open(ROOT / "assets/models/atelier-mini/contact_sheet.jpg").convert("RGB")


def picture(size: int, number: int = 0) -> Image.Image:
    """Return a square part of what the bundled model drew."""
    sheet = _sheet()
    left = number * 97 % max(1, sheet.width - size)
    top = number * 61 % max(1, sheet.height - size)
    return sheet.crop((left, top, left + size, top + size))


def file_of(kind: str, size: int = 128, number: int = 0, xmp: bytes | None = None) -> bytes:
    """Return such a picture as a file with XMP: the AI mark, if no other is given."""
    mark, out = xmp or metadata.ai_mark(), io.BytesIO()
    if kind == "image/png":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("XML:com.adobe.xmp", mark.decode())
        picture(size, number).save(out, "PNG", pnginfo=texts)
    elif kind == "image/jpeg":
        picture(size, number).save(out, "JPEG", quality=92, xmp=mark)
    else:
        picture(size, number).save(out, "WEBP", lossless=True, quality=0, method=0, xmp=mark)
    return out.getvalue()


def xmp_in(file: bytes) -> bytes:
    """Return the XMP packet of a file, as Pillow finds it."""
    info = Image.open(io.BytesIO(file)).info
    found = info.get("xmp") or info["XML:com.adobe.xmp"]
    return found if isinstance(found, bytes) else str(found).encode()


def many(count: int) -> Iterator[tuple[str, bytes]]:
    """Yield so many files of all kinds and sizes, no two alike."""
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        yield kind, file_of(kind, SIZES[number // len(KINDS) % len(SIZES)], number)


def flipped(file: bytes, at: int) -> bytes:
    """Return `file` with all bits of one byte turned."""
    return file[:at] + bytes([file[at] ^ 0xFF]) + file[at + 1 :]


@dataclass(frozen=True)
class Issued:
    """A certificate, the key to it, and who issued it."""

    certificate: x509.Certificate
    key: Key
    issuer: Issued | None = None

    @property
    def chain(self) -> list[Issued]:
        return [self, *(self.issuer.chain if self.issuer else [])]

    @property
    def pem(self) -> bytes:
        return b"".join(pem_of(one.certificate) for one in self.chain)

    def write(self, folder: Path, *, chain: bytes | None = None) -> dict[str, Any]:
        """Write what an operator would, and return the settings that name it."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "chain.pem").write_bytes(self.pem if chain is None else chain)
        (folder / "key.pem").write_bytes(pem_of_key(self.key))
        return {
            "signing_chain": str(folder / "chain.pem"),
            "signing_key": str(folder / "key.pem"),
        }

    def authority(self, algorithm: str = "es256") -> Authority:
        """Return it as the authority of somebody else's studio."""
        return Authority(
            chain=self.pem,
            key=pem_of_key(self.key),
            root=pem_of(self.chain[-1].certificate),
            is_local=False,
            expires_at=self.certificate.not_valid_after_utc,
            algorithm=algorithm,
        )


def key_of(kind: str = "secp256r1") -> Key:
    if kind.startswith("rsa"):
        return rsa.generate_private_key(65537, int(kind.removeprefix("rsa")))
    curves = {"secp256r1": ec.SECP256R1(), "secp384r1": ec.SECP384R1(), "secp521r1": ec.SECP521R1()}
    return ec.generate_private_key(curves[kind])


def issued(  # noqa: PLR0913 - all that certificates differ in
    name: str,
    issuer: Issued | None = None,
    *,
    ca: bool = False,
    kind: str = "secp256r1",
    begins: timedelta = timedelta(days=-30),
    ends: timedelta = timedelta(days=300),
    purposes: tuple[Any, ...] = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
) -> Issued:
    """Issue a certificate as a company would: a root where there is no `issuer`."""
    key, now = key_of(kind), datetime.now(UTC)
    parent = issuer.certificate.subject if issuer else _name(name)
    usage = dict.fromkeys(
        (
            "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
            "decipher_only",
        ),
        False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(parent)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **usage), True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if purposes and not ca:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), False)
    if issuer:
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(by, False)
    signer = issuer.key if issuer else key
    return Issued(builder.sign(signer, hashes.SHA256()), key, issuer)


def company(kind: str = "secp256r1", **leaf: Any) -> Issued:
    """Return a company's signing certificate, issued by an intermediate of its root."""
    root = issued("Example root", ca=True, kind=kind, ends=timedelta(days=3000))
    middle = issued("Example issuing", root, ca=True, kind=kind, ends=timedelta(days=1000))
    return issued("Example studio", middle, kind=kind, **leaf)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )
