"""The marker: what it hides where, what it signs, and that no file is lost for it."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from backend.images import webp
from backend.kit import turns
from backend.kit.keyring import KeyRing
from backend.kit.settings import Settings
from backend.kit.telemetry import REGISTRY
from backend.provenance import watermark
from backend.provenance.authority import Authority, authority_of
from backend.provenance.claims import Claim, Parent
from backend.provenance.lookup import hiding_keys
from backend.provenance.marker import Marker, marker_of
from backend.provenance.reading import State
from tests.fixtures.marks import marks_of

WEBP = "image/webp"
LOOKUP = 0xC0FFEE42
CLAIM = Claim(
    lookup=LOOKUP,
    hidden=True,
    source_type="http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
    model="scripted",
    weights_sha256="5c" * 32,
    software="Atelier 1",
)
KEY = "k" * 48


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def marker(settings: Settings) -> Marker:
    return marker_of(settings)


def sketch(width: int = 512, height: int = 512, mode: str = "RGB") -> bytes:
    """Return a drawing on white as the lossless WebP that an engine hands over."""
    picture = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(picture)
    draw.ellipse((width // 4, height // 8, width // 2, height // 2), fill="#c04a2b")
    draw.rectangle((width // 4, height // 2, width * 3 // 4, height * 7 // 8), fill="#24386b")
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    out = BytesIO()
    picture.save(out, "WEBP", lossless=True, quality=0, method=0, exact=True)
    return out.getvalue()


def pixels_of(file: bytes, mode: str = "RGB") -> np.ndarray:
    with Image.open(BytesIO(file)) as picture:
        return np.asarray(picture.convert(mode))


class TestHiding:
    def test_what_is_hidden_is_found_by_the_studios_keys(self, marker: Marker) -> None:
        hidden = marker.hide(sketch(), LOOKUP)
        found = watermark.find(pixels_of(hidden), marker.keys)
        assert found
        assert found.lookup == LOOKUP
        assert webp.parse(hidden).width == 512

    def test_is_what_the_craft_made_of_the_pixels_without_loss(self, marker: Marker) -> None:
        wanted = watermark.hide(pixels_of(sketch()), LOOKUP, marker.keys[0])
        assert np.array_equal(pixels_of(marker.hide(sketch(), LOOKUP)), wanted)

    def test_the_same_again_is_the_same_file(self, marker: Marker) -> None:
        assert marker.hide(sketch(), LOOKUP) == marker.hide(sketch(), LOOKUP)

    def test_what_is_too_small_stays_byte_for_byte(self, marker: Marker) -> None:
        small = sketch(255, 512)
        assert marker.hide(small, LOOKUP) is small
        assert not marker.hides_in(255, 512)
        assert marker.hides_in(256, 512)

    def test_transparency_stays_as_it_is(self, marker: Marker) -> None:
        given = sketch(mode="RGBA")
        hidden = marker.hide(given, LOOKUP)
        assert np.array_equal(pixels_of(hidden, "RGBA")[..., 3], pixels_of(given, "RGBA")[..., 3])
        assert not np.array_equal(pixels_of(hidden, "RGBA"), pixels_of(given, "RGBA"))

    def test_is_turned_off_by_a_setting(self, tmp_path: Path) -> None:
        marker = marker_of(Settings(data_dir=tmp_path, watermark=False))
        assert not marker.hides_in(512, 512)
        assert marker.hide(sketch(), LOOKUP) == sketch()

    def test_what_an_older_key_hid_is_found_as_long_as_it_is_in_the_ring(
        self, settings: Settings
    ) -> None:
        def with_keys(*keys: str) -> Marker:
            return Marker(KeyRing(keys), lambda: authority_of(settings))

        hidden = pixels_of(with_keys("old" * 16).hide(sketch(), LOOKUP))
        found = watermark.find(hidden, with_keys("new" * 16, "old" * 16).keys)
        assert found
        assert found.lookup == LOOKUP
        assert watermark.find(hidden, with_keys("new" * 16).keys) is None

    def test_large_ones_wait_for_each_other_and_small_ones_for_none(self, marker: Marker) -> None:
        large = sketch(2049, 2049)
        with ThreadPoolExecutor(1) as threads:
            with turns.large:
                waiting = threads.submit(marker.hide, large, LOOKUP)
                assert marker.hide(sketch(256, 256), LOOKUP)
                with pytest.raises(TimeoutError):
                    waiting.result(timeout=0.2)
            assert waiting.result()


class TestLookup:
    def test_is_the_same_for_every_try_and_another_for_every_image(self, marker: Marker) -> None:
        assert marker.lookup_of("01abc", 0) == marker.lookup_of("01abc", 0)
        ids = {marker.lookup_of(f"01{n}", k) for n in range(250) for k in range(4)}
        assert len(ids) == 1000
        assert all(0 <= one < 2**32 for one in ids)

    def test_keys_tell_nothing_of_those_they_are_made_of(self) -> None:
        [key] = hiding_keys(KeyRing([KEY]))
        assert len(key) == 32
        assert key != hiding_keys(KeyRing([KEY + "x"]))[0]
        assert KEY.encode() not in key


class TestSigning:
    def test_a_signed_file_is_trusted_and_says_the_claim(
        self, marker: Marker, settings: Settings
    ) -> None:
        signed = marker.sign(marker.hide(sketch(), LOOKUP), WEBP, CLAIM)
        marks = marks_of(signed, settings)
        assert marks.credentials.state is State.TRUSTED
        assert marks.credentials.lookup == marks.hidden == LOOKUP
        assert webp.is_signed(signed)

    def test_another_form_claims_the_same(self, marker: Marker, settings: Settings) -> None:
        signed = marker.sign(sketch(), WEBP, CLAIM)
        out = BytesIO()
        Image.fromarray(pixels_of(sketch())).save(out, "JPEG")
        marks = marks_of(marker.sign_again(out.getvalue(), "image/jpeg", like=signed), settings)
        assert (marks.credentials.state, marks.credentials.lookup) == (State.TRUSTED, LOOKUP)

    def test_names_the_picture_that_was_drawn_over(
        self, marker: Marker, settings: Settings
    ) -> None:
        parent = Parent(marker.sign(sketch(), WEBP, CLAIM), WEBP)
        signed = marker.sign(sketch(300, 300), WEBP, CLAIM, parent=parent)
        assert marks_of(signed, settings).credentials.parents == 1

    @pytest.mark.parametrize("kind", [WEBP, "application/c2pa"])
    def test_a_parent_that_is_none_keeps_no_file_from_being_signed(
        self, marker: Marker, settings: Settings, kind: str
    ) -> None:
        signed = marker.sign(sketch(), WEBP, CLAIM, parent=Parent(b"no such thing", kind))
        assert marks_of(signed, settings).credentials.state is State.TRUSTED


class TestNothingSigns:
    def unsigned(self, cause: str) -> float:
        name = "atelier_images_unsigned_total"
        return REGISTRY.get_sample_value(name, {"cause": cause}) or 0.0

    def broken(self) -> Marker:
        def authority() -> Authority:
            raise PermissionError("the key cannot be read")

        return Marker(KeyRing([KEY]), authority)

    def test_the_file_goes_on_as_it_is_counted_and_logged_once(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        marker, file, before = self.broken(), sketch(), self.unsigned("PermissionError")
        with caplog.at_level(logging.WARNING, "atelier.provenance"):
            assert marker.sign(file, WEBP, CLAIM) is file
            assert marker.sign_again(file, WEBP, like=file) is file
        assert self.unsigned("PermissionError") == before + 2
        assert [one.getMessage() for one in caplog.records] == [
            "a file goes unsigned: PermissionError: the key cannot be read (said once)"
        ]

    def test_another_form_of_what_was_never_signed_is_not_signed(self, marker: Marker) -> None:
        file = sketch(64, 64)
        assert marker.sign_again(file, WEBP, like=file) is file

    def test_signs_as_soon_as_something_can(self, settings: Settings) -> None:
        wrong = [PermissionError("not yet")]

        def authority() -> Authority:
            if wrong:
                raise wrong.pop()
            return authority_of(settings)

        marker = Marker(KeyRing([KEY]), authority)
        signed = [marker.sign(sketch(64, 64), WEBP, CLAIM) for _ in range(2)]
        assert list(map(webp.is_signed, signed)) == [False, True]


def test_the_same_settings_have_the_same_marker(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    assert marker_of(settings) is marker_of(Settings(data_dir=tmp_path))
    assert marker_of(settings) is not marker_of(Settings(data_dir=tmp_path, watermark=False))
    assert settings.on_loopback  # what is looked up once and kept there changes nothing
    assert marker_of(settings) is marker_of(Settings(data_dir=tmp_path))
