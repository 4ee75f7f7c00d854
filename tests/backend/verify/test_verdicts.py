"""What is said of a picture, over HTTP and of real files: marked, changed in every ordinary way, others', nobody's."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from tests.backend.verify.files import (
    AI,
    CAMERA,
    IPTC,
    Drawn,
    ask,
    photo,
    saved,
    signed_elsewhere,
    xmp,
)
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio


@pytest.fixture
def stranger(shared_studio: Studio) -> Client:
    return shared_studio.actors.anonymous()


class TestMadeHere:
    @pytest.mark.parametrize(
        "query",
        [
            {"variant": "full"},
            {"variant": "clean"},
            {"variant": "preview"},
            {"variant": "clean", "format": "png"},
            {"variant": "clean", "format": "jpeg"},
        ],
        ids=lambda query: " ".join(query.values()),
    )
    def test_every_file_that_is_handed_out(
        self, drawn: Drawn, stranger: Client, query: dict[str, str]
    ) -> None:
        said = ask(stranger, drawn.content(**query))
        assert said["verdict"] == "made_here"
        assert said["signature"]["state"] == "trusted"
        assert said["signature"]["source_type"] == AI
        assert said["signature"]["changed"] is False
        assert said["says_ai"] is True
        assert said["mark"]["known"] is True
        assert said["image"] is None
        assert "An AI model drew it." in said["sentence"]

    def test_a_picture_too_small_for_a_mark_is_known_by_its_signature(
        self, shared_studio: Studio, stranger: Client
    ) -> None:
        small = Drawn.by(shared_studio, shared_studio.actors.browser("designer"), side=64)
        said = ask(stranger, small.file)
        assert (said["verdict"], said["mark"]["found"]) == ("made_here", False)
        assert said["mark"]["known"] is True


class TestMadeHereAndChanged:
    @pytest.mark.parametrize(
        "change",
        [
            lambda picture: saved(picture, "JPEG", quality=75),
            lambda picture: saved(picture, "WEBP", quality=80),
            lambda picture: saved(picture.resize((256, 256), Image.Resampling.LANCZOS)),
            lambda picture: saved(picture.crop((51, 51, 461, 461))),
        ],
        ids=["saved as JPEG 75", "saved as WebP 80", "half as large", "a tenth cut off each side"],
    )
    def test_its_mark_outlasts(
        self, drawn: Drawn, stranger: Client, change: Callable[[Image.Image], bytes]
    ) -> None:
        said = ask(stranger, change(drawn.picture))
        assert said["verdict"] == "made_here_changed"
        assert said["mark"]["found"] is True
        assert said["mark"]["confidence"] > 0.5
        assert said["mark"]["known"] is True
        assert said["signature"] == {
            "state": "none", "signer": None, "signed_at": None, "source_type": None, "changed": None,
        }  # fmt: skip

    def test_another_word_in_its_file(self, drawn: Drawn, stranger: Client) -> None:
        forged = drawn.file.replace(b"red dress", b"rad dress")
        assert forged != drawn.file
        said = ask(stranger, forged)
        assert said["verdict"] == "made_here_changed"
        assert (said["signature"]["state"], said["signature"]["changed"]) == ("changed", True)

    def test_a_small_one_is_known_by_a_signature_that_no_longer_fits(
        self, shared_studio: Studio, stranger: Client
    ) -> None:
        small = Drawn.by(shared_studio, shared_studio.actors.browser("designer"), side=64)
        said = ask(stranger, small.file.replace(b"red dress", b"rad dress"))
        assert said["verdict"] == "made_here_changed"
        assert "signature in this file is this studio" in said["sentence"]
        assert said["mark"] == {"found": False, "confidence": 0.0, "known": False}

    def test_and_signed_by_somebody_else_since(
        self, drawn: Drawn, stranger: Client, tmp_path: Path
    ) -> None:
        bare = saved(drawn.picture, "WEBP", lossless=True)
        said = ask(stranger, signed_elsewhere(tmp_path, bare))
        assert said["verdict"] == "made_here_changed"
        assert said["signature"]["state"] == "unknown_signer"


class TestMadeElsewhere:
    def test_says_whose_signature_it_is(self, stranger: Client, tmp_path: Path) -> None:
        said = ask(stranger, signed_elsewhere(tmp_path, saved(photo(), "WEBP")))
        assert said["verdict"] == "made_elsewhere_by_ai"
        assert said["signature"]["state"] == "unknown_signer"
        assert said["signature"]["changed"] is False
        assert said["signature"]["signer"] in said["sentence"]
        assert said["mark"] == {"found": False, "confidence": 0.0, "known": False}

    @pytest.mark.parametrize(
        "word", ["trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"]
    )
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
    def test_by_what_its_file_says(self, stranger: Client, kind: str, word: str) -> None:
        said = ask(stranger, _saying(kind, xmp(f"{IPTC}{word}")))
        assert (said["verdict"], said["says_ai"]) == ("made_elsewhere_by_ai", True)
        assert said["signature"]["state"] == "none"

    def test_changed_since_somebody_else_signed_it(self, stranger: Client, tmp_path: Path) -> None:
        bare = saved(photo(), "WEBP", xmp=xmp(AI))
        forged = signed_elsewhere(tmp_path, bare).replace(b"ext:Digital", b"axt:Digital")
        said = ask(stranger, forged)
        assert said["verdict"] == "made_elsewhere_by_ai", "another studio's signature is never ours"
        assert said["signature"]["state"] == "changed"


def test_a_file_that_is_too_large_for_memory_is_read_from_its_beginning(
    stranger: Client, tmp_path: Path
) -> None:
    noise = Image.effect_noise((1400, 1000), 90).convert("RGB")
    file = signed_elsewhere(tmp_path, saved(noise, "WEBP", lossless=True))
    assert len(file) > 1024 * 1024
    assert ask(stranger, file)["signature"]["state"] == "unknown_signer"


class TestUnknown:
    def test_a_photo(self, stranger: Client) -> None:
        said = ask(stranger, saved(photo(), "JPEG", quality=90))
        assert said["verdict"] == "unknown"
        assert "proves nothing" in said["sentence"]
        assert "too small" not in said["sentence"]
        assert said["mark"] == {"found": False, "confidence": 0.0, "known": False}
        assert said["says_ai"] is False

    def test_a_small_one_says_so(self, stranger: Client) -> None:
        assert "too small" in ask(stranger, saved(photo(128)))["sentence"]

    def test_a_photo_that_a_camera_has_signed(self, stranger: Client, tmp_path: Path) -> None:
        said = ask(stranger, signed_elsewhere(tmp_path, saved(photo(), "WEBP"), CAMERA))
        assert (said["verdict"], said["signature"]["state"]) == ("unknown", "unknown_signer")

    def test_a_photo_whose_file_says_that_a_camera_took_it(self, stranger: Client) -> None:
        assert ask(stranger, _saying("JPEG", xmp(CAMERA)))["verdict"] == "unknown"


def test_a_word_for_ai_that_is_none(stranger: Client) -> None:
    other = _saying("PNG", xmp("http://example.com/trainedAlgorithmicMedia"))
    assert ask(stranger, other)["says_ai"] is False


def _saying(kind: str, packet: bytes) -> bytes:
    if kind != "PNG":
        return saved(photo(256), kind, xmp=packet)
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("XML:com.adobe.xmp", packet.decode())
    out = BytesIO()
    photo(256).save(out, "PNG", pnginfo=info)
    return out.getvalue()
