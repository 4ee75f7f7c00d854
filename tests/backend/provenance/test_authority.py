"""Who signs: an authority of the studio's own, the same for every process; or a company's chain, refused in plain words."""

from __future__ import annotations

import asyncio
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from backend import doctor_keys
from backend.app import create_app
from backend.finding import Level
from backend.kit.settings import Settings
from backend.provenance import local
from backend.provenance.authority import BadAuthority, authority_of
from backend.provenance.chains import pem_of
from backend.provenance.reader import described
from backend.provenance.signing import Signer
from tests.backend.provenance.signed import CLAIM, Issued, company, file_of, issued

PICTURE = file_of("image/webp", 64)
DAY = timedelta(days=1)


def state_of(file: bytes, roots: bytes) -> str:
    return str(described(file, "image/webp", roots.decode())["state"])


def signed_by(settings: Settings) -> bytes:
    return Signer(authority_of(settings)).sign(PICTURE, "image/webp", CLAIM)


class TestLocal:
    def test_is_made_once_and_found_again(self, tmp_path: Path) -> None:
        settings = Settings(data_dir=tmp_path)
        assert authority_of(settings) == authority_of(settings)
        assert authority_of(settings).is_local
        assert state_of(signed_by(settings), authority_of(settings).root) == "trusted"

    def test_is_the_same_for_processes_that_start_together(self, tmp_path: Path) -> None:
        probe = (
            "import sys; from backend.kit.settings import Settings; sys.stdin.readline();"
            "from backend.provenance.authority import authority_of;"
            "print(authority_of(Settings()).key.hex(), authority_of(Settings()).root.hex())"
        )
        started = [
            subprocess.Popen(
                [sys.executable, "-c", probe], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                env={**os.environ, "ATELIER_DATA_DIR": str(tmp_path)},
            )
            for _ in range(4)
        ]  # fmt: skip
        said = {one.communicate("go\n", timeout=120)[0] for one in started}
        assert len(said) == 1
        assert said != {""}
        assert sorted(path.name for path in (tmp_path / "signing").iterdir()) == [
            "leaf-1-1.pem",
            "root-1.pem",
        ]

    def test_is_read_by_its_owner_alone(self, tmp_path: Path) -> None:
        authority_of(Settings(data_dir=tmp_path))
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "signing").iterdir()}
        assert modes == {0o600}

    def test_is_what_c2pa_asks_for(self, tmp_path: Path) -> None:
        authority = authority_of(Settings(data_dir=tmp_path))
        [leaf] = x509.load_pem_x509_certificates(authority.chain)
        [root] = x509.load_pem_x509_certificates(authority.root)
        leaf.verify_directly_issued_by(root)
        usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        assert (usage.digital_signature, usage.key_cert_sign) == (True, False)
        extended = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert list(extended) == [ExtendedKeyUsageOID.EMAIL_PROTECTION]
        assert authority.expires_at == leaf.not_valid_after_utc == root.not_valid_after_utc
        assert authority.expires_at > datetime.now(UTC) + 3649 * DAY

    def test_signs_with_a_new_certificate_after_a_year(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = Settings(data_dir=tmp_path)
        before, file = authority_of(settings), signed_by(settings)
        monkeypatch.setattr(local, "LEAF_SERVES", timedelta(0))
        after = authority_of(settings)
        assert after.chain != before.chain
        assert after.root == before.root
        assert state_of(file, after.root) == "trusted"

    def test_trusts_the_root_that_a_new_one_followed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = Settings(data_dir=tmp_path)
        before, file = authority_of(settings), signed_by(settings)
        monkeypatch.setattr(local, "ROOT_SERVES", timedelta(0))
        later = signed_by(settings)
        roots = authority_of(settings).root
        assert roots.endswith(before.root)
        assert roots.count(b"BEGIN CERTIFICATE") == 3
        assert {state_of(one, roots) for one in (file, later)} == {"trusted"}

    @pytest.mark.parametrize("name", ["root-1.pem", "leaf-1-1.pem"])
    def test_that_is_broken_is_named(self, tmp_path: Path, name: str) -> None:
        settings = Settings(data_dir=tmp_path)
        authority_of(settings)
        (tmp_path / "signing" / name).write_bytes(b"-----BEGIN nothing")
        with pytest.raises(BadAuthority, match=name) as refusal:
            authority_of(settings)
        assert "backup" in refusal.value.advice


class TestOwn:
    @pytest.mark.parametrize(
        ("kind", "algorithm"), [("secp256r1", "es256"), ("secp384r1", "es384"), ("rsa2048", "ps256")]
    )  # fmt: skip
    def test_signs(self, tmp_path: Path, kind: str, algorithm: str) -> None:
        own = company(kind)
        settings = Settings(data_dir=tmp_path / "var", **own.write(tmp_path))
        authority = authority_of(settings)
        assert (authority.algorithm, authority.is_local) == (algorithm, False)
        assert authority.expires_at == own.certificate.not_valid_after_utc
        assert authority.root == pem_of(own.chain[-1].certificate)
        assert authority.chain.count(b"BEGIN CERTIFICATE") == 2  # its readers have the root
        assert state_of(signed_by(settings), authority.root) == "trusted"

    def test_needs_no_root_of_its_own_to_be_trusted_by_its_issuer(self, tmp_path: Path) -> None:
        own = company()
        two = b"".join(pem_of(one.certificate) for one in own.chain[:2])
        settings = Settings(data_dir=tmp_path / "var", **own.write(tmp_path, chain=two))
        assert state_of(signed_by(settings), authority_of(settings).root) == "trusted"

    def test_trusts_what_signed_here_before(self, tmp_path: Path) -> None:
        before = Settings(data_dir=tmp_path / "var")
        first = Settings(data_dir=tmp_path / "var", **company().write(tmp_path / "first"))
        second = Settings(data_dir=tmp_path / "var", **company().write(tmp_path / "second"))
        files = [signed_by(settings) for settings in (before, first, second)]
        root = authority_of(second).root
        assert root.count(b"BEGIN CERTIFICATE") == 3
        assert {state_of(file, root) for file in files} == {"trusted"}

    def test_is_told_of_when_it_ends_soon(self, tmp_path: Path) -> None:
        soon = company(ends=10 * DAY)
        found = doctor_keys.signing(Settings(data_dir=tmp_path / "var", **soon.write(tmp_path)))
        assert found.level is Level.WARNING
        assert f"{soon.certificate.not_valid_after_utc:%Y-%m-%d}" in found.seen


def mixed(folder: Path) -> dict[str, Any]:
    other = company().write(folder / "other")
    return {**company().write(folder), "signing_key": other["signing_key"]}


def encrypted(folder: Path) -> dict[str, Any]:
    own = company()
    named = own.write(folder)
    locked = own.key.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"words")
    )
    Path(named["signing_key"]).write_bytes(locked)
    return named


def turned(folder: Path) -> dict[str, Any]:
    own = company()
    those = [own.chain[0], own.chain[2], own.chain[1]]
    return own.write(folder, chain=b"".join(pem_of(one.certificate) for one in those))


def without(folder: Path, name: str) -> dict[str, Any]:
    named = company().write(folder)
    Path(named[name]).unlink()
    return named


def garbled(folder: Path, name: str) -> dict[str, Any]:
    named = company().write(folder)
    Path(named[name]).write_text("hello")
    return named


def by_the_root(key: str) -> Issued:
    return issued("Example studio", issued("Example root", ca=True), kind=key)


BAD: list[tuple[str, Callable[[Path], dict[str, Any]], str]] = [
    ("half", lambda to: {"signing_chain": company().write(to)["signing_chain"]}, "ATELIER_SIGNING_KEY is not set"),
    ("other half", lambda to: {"signing_key": company().write(to)["signing_key"]}, "ATELIER_SIGNING_CHAIN is not set"),
    ("no chain", lambda to: without(to, "signing_chain"), "chain.pem can't be read: No such file"),
    ("no key", lambda to: without(to, "signing_key"), "key.pem can't be read: No such file"),
    ("garbled chain", lambda to: garbled(to, "signing_chain"), "chain.pem holds no certificates"),
    ("garbled key", lambda to: garbled(to, "signing_key"), "key.pem holds no private key"),
    ("PEM itself", lambda to: {**company().write(to), "signing_key": "-----BEGIN PRIVATE KEY-----"}, "holds PEM itself"),
    ("another's key", mixed, "key.pem is not the key to the first certificate"),
    ("encrypted", encrypted, "key.pem is encrypted"),
    ("wrong order", turned, "certificate 1 in .*chain.pem was not issued by the one after it"),
    ("alone", lambda to: issued("Alone").write(to), "holds one certificate alone"),
    ("expired", lambda to: company(begins=-9 * DAY, ends=-DAY).write(to), "certificate 1 in .* expired on 20"),
    ("not yet", lambda to: company(begins=DAY).write(to), "certificate 1 in .* is not valid before 20"),
    ("no purpose", lambda to: company(purposes=()).write(to), "has no extendedKeyUsage"),
    ("wrong purpose", lambda to: company(purposes=(ExtendedKeyUsageOID.SERVER_AUTH,)).write(to), "has no purpose of C2PA"),
    ("an issuer", company().chain[1].write, "has no extendedKeyUsage"),
    ("short", lambda to: by_the_root("rsa1024").write(to), "key.pem is RSA of 1024 bits"),
    ("curve", lambda to: by_the_root("secp521r1").write(to), "key.pem is secp521r1"),
    (
        "what only C2PA refuses",
        lambda to: company(
            purposes=(ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
        ).write(to),
        "C2PA does not take these certificates",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("make", "said"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_cannot_sign_is_refused_with_the_file_and_what_to_do(
    tmp_path: Path, make: Callable[[Path], dict[str, Any]], said: str
) -> None:
    settings = Settings(data_dir=tmp_path / "var", **make(tmp_path))
    with pytest.raises(BadAuthority, match=said) as refusal:
        Signer(authority_of(settings))
    assert refusal.value.advice.endswith(".")
    found = doctor_keys.signing(settings)
    assert (found.level, found.seen) == (Level.PROBLEM, refusal.value.seen)


def test_a_key_is_not_repeated(tmp_path: Path) -> None:
    named = {**company().write(tmp_path), "signing_key": "-----BEGIN PRIVATE KEY----- c2VjcmV0"}
    with pytest.raises(BadAuthority) as refusal:
        authority_of(Settings(data_dir=tmp_path / "var", **named))
    assert "c2VjcmV0" not in str(refusal.value)


def test_a_studio_does_not_start_with_what_cannot_sign(tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "var", inference_url="http://127.0.0.1:9", **mixed(tmp_path)
    )
    app = create_app(settings)

    async def start() -> None:
        async with app.router.lifespan_context(app):
            pass

    with pytest.raises(BadAuthority, match="is not the key"):
        asyncio.run(start())


def test_each_folder_of_its_own_is_a_warning_beside_a_shared_database(tmp_path: Path) -> None:
    shared = "postgresql+psycopg://db.example/atelier"
    found = doctor_keys.signing(Settings(data_dir=tmp_path, database_url=shared))
    assert found.level is Level.WARNING
    assert "ATELIER_SIGNING_CHAIN" in found.advice
    assert doctor_keys.signing(Settings(data_dir=tmp_path)).level is Level.OK


def test_keys_that_everybody_can_read_are_a_warning(tmp_path: Path) -> None:
    named = company().write(tmp_path)
    Path(named["signing_key"]).chmod(0o644)
    settings = Settings(data_dir=tmp_path / "var", **named)
    assert named["signing_key"] in doctor_keys.files(settings).advice
    Path(named["signing_key"]).chmod(0o600)
    assert doctor_keys.files(settings).level is Level.OK
