"""Files are signed: what the manifest says, that it is small, that it is found when anything changes, and what it keeps quiet about."""

from __future__ import annotations

import getpass
import io
import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import c2pa
import pytest
from PIL import Image

from backend.images import metadata
from backend.kit.settings import Settings
from backend.provenance.authority import Authority, authority_of
from backend.provenance.claims import Parent
from backend.provenance.reader import context_of, described, kept
from backend.provenance.signing import CannotSign, Signer
from tests.backend.provenance.signed import (
    CLAIM,
    DRAWN,
    KINDS,
    OVER,
    SIZES,
    company,
    file_of,
    flipped,
    many,
    xmp_in,
)

MOST_BYTES = 8000
FILES = 200
WEBP = "image/webp"
PROMPT = "a quite particular scarlet dress"
LONG = replace(OVER, model="m" * 60)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority_of(Settings(data_dir=tmp_path_factory.mktemp("studio")))


@pytest.fixture(scope="module")
def signer(authority: Authority) -> Signer:
    return Signer(authority)


@pytest.fixture
def told(authority: Authority) -> Callable[..., dict[str, Any]]:
    """Return what a reader who trusts our root says of a file: c2pa's own words."""

    def ask(file: bytes, kind: str = WEBP) -> dict[str, Any]:
        trusting = context_of(authority.root.decode())
        found: dict[str, Any] = json.loads(
            c2pa.Reader(kind, io.BytesIO(file), context=trusting).json()
        )
        return found

    return ask


def manifest_of(store: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = store["manifests"][store["active_manifest"]]
    return found


def child_of(signer: Signer, parent: bytes, content_type: str = WEBP, number: int = 9) -> bytes:
    """Return another picture, drawn over `parent`."""
    file = file_of(WEBP, 64, number)
    return signer.sign(file, WEBP, LONG, parent=Parent(parent, content_type))


def test_two_hundred_files_verify_are_small_and_tell_of_every_change(
    signer: Signer, authority: Authority, told: Callable[..., dict[str, Any]]
) -> None:
    roots = authority.root.decode()
    for kind, file in many(FILES):
        signed = signer.sign(file, kind, CLAIM)
        assert told(signed, kind)["validation_state"] == "Trusted"
        assert len(signed) - len(file) <= MOST_BYTES
        assert xmp_in(signed) == xmp_in(file)
        assert Image.open(io.BytesIO(signed)).tobytes() == Image.open(io.BytesIO(file)).tobytes()
        middle = len(file) * 3 // 4
        pixel = signed.index(file[middle : middle + 16])
        word = signed.index(b"org.atelier.image") + 3
        mark = signed.index(b"<Iptc4xmpExt:DigitalSourceType>") + 70
        states = {
            described(changed, kind, roots)["state"]
            for changed in (flipped(signed, pixel), flipped(signed, mark))
        }
        assert states == {"changed"}
        assert described(flipped(signed, word), kind, roots)["state"] in {"changed", "unreadable"}


def test_the_mark_cannot_be_swapped_for_another_of_the_same_length(
    signer: Signer, authority: Authority
) -> None:
    for kind in KINDS:
        signed = signer.sign(file_of(kind), kind, CLAIM)
        before, after = b"trainedAlgorithmicMedia</", b"digitalCaptureByACamera</"
        assert len(before) == len(after)
        assert (
            described(signed.replace(before, after), kind, authority.root.decode())["state"]
            == "changed"
        )


@pytest.mark.parametrize("kind", KINDS)
def test_saving_again_loses_the_signature(signer: Signer, authority: Authority, kind: str) -> None:
    signed, out = signer.sign(file_of(kind), kind, CLAIM), io.BytesIO()
    Image.open(io.BytesIO(signed)).save(out, kind.removeprefix("image/"))
    assert described(out.getvalue(), kind, authority.root.decode()) == {"state": "none"}


def test_says_what_is_claimed_and_no_more(
    signer: Signer, told: Callable[..., dict[str, Any]]
) -> None:
    manifest = manifest_of(told(signer.sign(file_of(WEBP), WEBP, CLAIM)))
    [info] = manifest["claim_generator_info"]
    assert (info["name"], info["version"]) == ("Atelier", "0.1.0")
    said = {one["label"]: one["data"] for one in manifest["assertions"]}
    assert said == {
        "c2pa.actions.v2": {"actions": [{"action": "c2pa.created", "digitalSourceType": DRAWN}]},
        "org.atelier.image": {
            "lookup": "00c0ffee",
            "hidden": True,
            "model": "atelier-mini",
            "weights_sha256": "5e" * 32,
        },
    }
    assert set(manifest) == {
        "claim_generator_info", "instance_id", "assertions", "signature_info", "label", "claim_version",
    }  # fmt: skip


def test_no_prompt_and_no_name_goes_from_a_parent_into_what_is_drawn_over_it(
    signer: Signer, told: Callable[..., dict[str, Any]]
) -> None:
    mark = metadata.ai_mark().replace(
        b"</rdf:Description>",
        b"<dc:title xmlns:dc='d'>%s</dc:title></rdf:Description>" % PROMPT.encode(),
    )
    parent = signer.sign(file_of(WEBP, xmp=mark), WEBP, CLAIM)
    assert PROMPT.encode() in parent
    child = child_of(signer, parent)
    assert told(child)["validation_state"] == "Trusted"
    for word in (PROMPT, getpass.getuser() + "@", socket.gethostname()):
        assert word.encode() not in child


class TestParents:
    def test_go_along_one_deep(self, signer: Signer, told: Callable[..., dict[str, Any]]) -> None:
        """A child has its parent's manifest in it; a grandchild names the child by its digest, as all that follow do."""
        file = signer.sign(file_of(WEBP), WEBP, CLAIM)
        for generation in range(1, 6):
            file = child_of(signer, file)
            store = told(file)
            assert store["validation_state"] == "Trusted"
            assert len(store["manifests"]) == (2 if generation == 1 else 1)
            [parent] = manifest_of(store)["ingredients"]
            assert parent["relationship"] == "parentOf"
            assert ("active_manifest" in parent) == (generation == 1)
            assert len(file) - len(file_of(WEBP, 64, 9)) <= MOST_BYTES

    def test_are_opened_and_edited(
        self, signer: Signer, told: Callable[..., dict[str, Any]]
    ) -> None:
        store = told(child_of(signer, signer.sign(file_of(WEBP), WEBP, CLAIM)))
        [actions] = [
            one["data"]["actions"]
            for one in manifest_of(store)["assertions"]
            if one["label"] == "c2pa.actions.v2"
        ]
        assert [one["action"] for one in actions] == ["c2pa.opened", "c2pa.edited"]
        assert actions[0]["parameters"]["ingredients"][0]["url"].endswith("c2pa.ingredient.v3")
        assert actions[1]["digitalSourceType"] == metadata.COMPOSITE

    @pytest.mark.parametrize("number", range(len(SIZES)))
    def test_add_no_more_than_a_file_may(self, signer: Signer, number: int) -> None:
        for kind in KINDS:
            parent = signer.sign(file_of(WEBP, SIZES[number], number), WEBP, LONG)
            file = file_of(kind, SIZES[number])
            child = signer.sign(file, kind, LONG, parent=Parent(parent, WEBP))
            assert len(child) - len(file) <= MOST_BYTES

    def test_without_a_manifest_are_known_by_their_digest(
        self, signer: Signer, told: Callable[..., dict[str, Any]]
    ) -> None:
        old = file_of(WEBP)
        [parent] = manifest_of(told(child_of(signer, old)))["ingredients"]
        assert parent["instance_id"] == f"sha256:{sha256(old).hexdigest()}"

    def test_of_other_signers_go_along_as_they_were_kept(
        self, signer: Signer, told: Callable[..., dict[str, Any]]
    ) -> None:
        theirs = Signer(company().authority()).sign(file_of("image/jpeg"), "image/jpeg", CLAIM)
        archive = kept(theirs, "image/jpeg")
        assert archive is not None
        store = told(child_of(signer, archive, "application/c2pa"))
        assert store["validation_state"] == "Trusted"
        [parent] = manifest_of(store)["ingredients"]
        assert parent["format"] == "image/jpeg"
        assert (
            store["manifests"][parent["active_manifest"]]["signature_info"]["common_name"]
            == "Example studio"
        )
        failures = parent["validation_results"]["activeManifest"]["failure"]
        assert [one["code"] for one in failures] == ["signingCredential.untrusted"]

    def test_that_were_changed_are_said_to_be(
        self, signer: Signer, told: Callable[..., dict[str, Any]]
    ) -> None:
        theirs = Signer(company().authority()).sign(file_of(WEBP), WEBP, CLAIM)
        archive = kept(flipped(theirs, 2000), WEBP)
        assert archive is not None
        store = told(child_of(signer, archive, "application/c2pa"))
        assert store["validation_state"] == "Trusted"
        [parent] = manifest_of(store)["ingredients"]
        failures = parent["validation_results"]["activeManifest"]["failure"]
        assert "assertion.dataHash.mismatch" in {one["code"] for one in failures}

    def test_kept_and_broken_since_cost_no_signature(
        self, signer: Signer, told: Callable[..., dict[str, Any]]
    ) -> None:
        archive = kept(signer.sign(file_of(WEBP), WEBP, CLAIM), WEBP)
        assert archive is not None
        broken = [
            b"",
            archive[:1000],
            *(flipped(archive, at) for at in range(40, len(archive), 199)),
        ]
        for one in broken:
            assert told(child_of(signer, one, "application/c2pa"))["validation_state"] == "Trusted"


class TestAgain:
    @pytest.mark.parametrize("kind", KINDS)
    def test_claims_the_same_of_another_form(
        self, signer: Signer, told: Callable[..., dict[str, Any]], kind: str
    ) -> None:
        like = signer.sign(file_of(WEBP), WEBP, CLAIM)
        again = signer.sign_again(file_of(kind), kind, like=like)
        one, other = manifest_of(told(like)), manifest_of(told(again, kind))
        assert other["assertions"] == one["assertions"]
        assert other["claim_generator_info"] == one["claim_generator_info"]
        assert told(again, kind)["validation_state"] == "Trusted"
        assert len(told(again, kind)["manifests"]) == 1

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("generation", [1, 2])
    def test_has_the_same_parent_and_not_what_it_is_like(
        self, signer: Signer, told: Callable[..., dict[str, Any]], kind: str, generation: int
    ) -> None:
        like = signer.sign(file_of(WEBP), WEBP, CLAIM)
        for _ in range(generation):
            like = child_of(signer, like)
        file = file_of(kind)
        again = signer.sign_again(file, kind, like=like)
        [parent], [same] = (
            manifest_of(told(like))["ingredients"],
            manifest_of(told(again, kind))["ingredients"],
        )
        assert same == parent
        assert told(again, kind)["validation_state"] == "Trusted"
        assert set(told(again, kind)["manifests"]).isdisjoint({told(like)["active_manifest"]})
        assert len(again) - len(file) <= MOST_BYTES

    def test_is_refused_for_what_is_not_signed_or_was_changed(self, signer: Signer) -> None:
        plain = file_of(WEBP)
        signed = signer.sign(plain, WEBP, CLAIM)
        for like, why in (
            (plain, "ManifestNotFound"),
            (flipped(signed, 2000), "was changed"),
            (b"", "Io"),
        ):
            with pytest.raises(CannotSign, match=why):
                signer.sign_again(plain, WEBP, like=like)


def test_many_threads_may_sign(signer: Signer, told: Callable[..., dict[str, Any]]) -> None:
    parent = signer.sign(file_of(WEBP), WEBP, CLAIM)

    def work(number: int) -> str:
        file = file_of(KINDS[number % 3], 64, number)
        over = Parent(parent, WEBP) if number % 2 else None
        signed = signer.sign(file, KINDS[number % 3], CLAIM, parent=over)
        return str(told(signed, KINDS[number % 3])["validation_state"])

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(work, range(96))) == {"Trusted"}


@pytest.mark.parametrize(
    ("file", "kind"),
    [(b"", WEBP), (b"RIFF", WEBP), (file_of("image/png"), WEBP), (file_of(WEBP), "text/plain")],
)  # fmt: skip
def test_what_cannot_be_signed_is_said(signer: Signer, file: bytes, kind: str) -> None:
    with pytest.raises(CannotSign):
        signer.sign(file, kind, CLAIM)


def test_a_certificate_that_ended_is_not_trusted() -> None:
    """Nothing stamps the time: what an expired certificate signed is worth no more than what a stranger did."""
    short = company(ends=timedelta(seconds=3)).authority()
    signed = Signer(short).sign(file_of(WEBP), WEBP, CLAIM)
    assert described(signed, WEBP, short.root.decode())["state"] == "trusted"
    while datetime.now(UTC) <= short.expires_at + timedelta(seconds=1):
        told = described(signed, WEBP, short.root.decode())
    told = described(signed, WEBP, short.root.decode())
    assert told["state"] == "unknown_signer"
    assert told["problems"]
