from __future__ import annotations

import struct
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from backend.images import webp


def encoded(mode: str = "RGB", size: tuple[int, int] = (20, 13), **options: object) -> bytes:
    image = Image.effect_noise(size, 60).convert(mode)
    out = BytesIO()
    image.save(out, "WEBP", **{"lossless": True, **options})
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


class TestParse:
    def test_reads_the_size(self) -> None:
        picture = webp.parse(encoded(size=(321, 77)))
        assert (picture.width, picture.height) == (321, 77)

    @pytest.mark.parametrize("size", [(1, 1), (20, 13), (1024, 1024)])
    def test_gives_the_same_pixels_back(self, size: tuple[int, int]) -> None:
        data = encoded(size=size)
        again = webp.parse(data).with_metadata(exif=b"MM\0*\0\0\0\x08\0\0", xmp=b"<x/>").to_bytes()
        assert opened(again).tobytes() == opened(data).tobytes()

    def test_keeps_transparency(self) -> None:
        image = Image.new("RGBA", (8, 8), (200, 10, 10, 90))
        out = BytesIO()
        image.save(out, "WEBP", lossless=True, exact=True)
        again = opened(webp.parse(out.getvalue()).with_metadata(exif=None, xmp=b"<x/>").to_bytes())
        assert again.mode == "RGBA"
        assert again.getpixel((3, 3)) == (200, 10, 10, 90)

    def test_reads_metadata_that_somebody_else_wrote(self) -> None:
        picture = webp.parse(encoded(exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0", xmp=b"<xmp/>"))
        assert picture.xmp == b"<xmp/>"
        assert picture.exif is not None

    def test_takes_metadata_out_again(self) -> None:
        marked = webp.parse(encoded()).with_metadata(exif=b"II", xmp=b"<secret/>").to_bytes()
        bare = webp.parse(marked).with_metadata(exif=None, xmp=None).to_bytes()
        assert b"secret" not in bare
        assert b"EXIF" not in bare
        assert opened(bare).info.get("xmp") is None

    def test_other_metadata_drop_a_manifest_which_was_about_the_former(self) -> None:
        signed = replace(webp.parse(encoded()), xmp=b"<x/>", manifest=b"jumbf").to_bytes()
        assert webp.is_signed(signed)
        assert webp.parse(signed).manifest == b"jumbf"
        assert webp.parse(signed).to_bytes() == signed
        assert not webp.is_signed(webp.parse(signed).with_metadata(exif=None, xmp=b"").to_bytes())
        assert opened(signed).info["xmp"] == b"<x/>"

    @pytest.mark.parametrize("lossless", [True, False])
    def test_sees_whether_there_is_one_in_any_kind_of_webp(self, lossless: bool) -> None:
        plain = encoded(lossless=lossless)
        chunk = b"C2PA" + struct.pack("<I", 3) + b"abc\0"
        longer = plain[:4] + struct.pack("<I", len(plain) - 8 + len(chunk)) + plain[8:] + chunk
        assert (webp.is_signed(plain), webp.is_signed(longer)) == (False, True)

    @pytest.mark.parametrize(
        ("data", "says"),
        [
            (b"", "not a WebP"),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "not a WebP"),
            (encoded()[:-9], "cut short"),
            (encoded(lossless=False), "no VP8L"),
        ],
    )
    def test_refuses_what_is_not_a_whole_lossless_webp(self, data: bytes, says: str) -> None:
        with pytest.raises(ValueError, match=says):
            webp.parse(data)

    def test_refuses_a_chunk_that_claims_more_than_there_is(self) -> None:
        data = bytearray(encoded())
        data[16:20] = (10**6).to_bytes(4, "little")
        with pytest.raises(ValueError, match="cut short"):
            webp.parse(bytes(data))
