"""Hostile and broken files: whatever they hold, reading ends, stays small and raises nothing."""

from __future__ import annotations

import json
import struct
import tracemalloc
import zlib
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.restorations import dialects
from backend.restorations.files import MOST_TEXTS, texts_in
from backend.restorations.found import Found
from tests.backend.restorations import pictures
from tests.backend.uploads.corpus import chunk, inserted, segments, zeros
from tests.backend.uploads.corpus import png as png_with

MADE = [
    make()
    for make in (
        pictures.a1111, pictures.a1111_jpeg, pictures.a1111_webp, pictures.swarmui, pictures.fooocus,
        pictures.fooocus_webp, pictures.invokeai, pictures.comfyui, pictures.comfyui_webp,
    )
]  # fmt: skip


def read(data: bytes) -> Found | None:
    return dialects.read(texts_in(BytesIO(data)) or {})


def infotext(kind: bytes, data: bytes) -> bytes:
    return png_with(extra=chunk(kind, data))


class TestText:
    def test_packed_text_is_unpacked(self) -> None:
        packed = zlib.compress(pictures.INFOTEXT.encode())
        for data in (
            infotext(b"zTXt", b"parameters\0\0" + packed),
            infotext(b"iTXt", b"parameters\0\1\0en\0name\0" + packed),
            infotext(b"iTXt", b"parameters\0\0\0\0\0" + pictures.INFOTEXT.encode()),
            infotext(b"tEXt", b"parameters\0" + pictures.INFOTEXT.encode()),
        ):
            found = read(data)
            assert found
            assert found.prompt == pictures.PROMPT

    def test_text_behind_the_pixels_counts(self) -> None:
        data = png_with()[:-12] + chunk(b"tEXt", b"parameters\0" + pictures.INFOTEXT.encode())
        assert read(data)

    @pytest.mark.parametrize("head", [b"parameters\0\0", b"parameters\0\1\0\0\0"])
    def test_a_bomb_is_stepped_over_and_what_follows_is_read(self, head: bytes) -> None:
        kind = b"zTXt" if head.endswith(b"s\0\0") else b"iTXt"
        bomb = chunk(kind, head + zeros(200))
        honest = chunk(b"tEXt", b"parameters\0" + pictures.INFOTEXT.encode())
        data = png_with(extra=bomb + honest)
        tracemalloc.start()
        try:
            assert read(data)
            assert tracemalloc.get_traced_memory()[1] < 20_000_000
        finally:
            tracemalloc.stop()

    def test_a_bomb_in_every_chunk_stays_small(self) -> None:
        almost = zlib.compress(b" " * 999_999)
        data = png_with(extra=b"".join(chunk(b"zTXt", b"k%d\0\0" % n + almost) for n in range(500)))
        found = texts_in(BytesIO(data))
        assert found is not None
        assert sum(map(len, found.values())) <= 4_000_000

    def test_no_more_texts_than_so_many(self) -> None:
        data = png_with(extra=b"".join(chunk(b"tEXt", b"k%d\0x" % n) for n in range(5000)))
        assert len(texts_in(BytesIO(data)) or {}) == MOST_TEXTS

    def test_the_first_of_a_name_counts(self) -> None:
        two = chunk(b"tEXt", b"a\0first") + chunk(b"tEXt", b"a\0second")
        assert texts_in(BytesIO(png_with(extra=two))) == {"a": "first"}

    @pytest.mark.parametrize(
        "data",
        [
            b"", b"GIF89a", b"<svg/>", b"RIFF\0\0\0\0WAVE", b"%PDF-1.7", b"\x89PNG\r\n", b"\xff\xd8",
        ],
    )  # fmt: skip
    def test_what_is_no_picture_of_ours_is_none(self, data: bytes) -> None:
        assert texts_in(BytesIO(data)) is None


class TestBroken:
    @pytest.mark.parametrize("number", range(len(MADE)))
    def test_a_file_cut_anywhere_says_what_it_said_until_then(self, number: int) -> None:
        data = MADE[number]
        for end in range(12, len(data), max(1, len(data) // 200)):
            read(data[:end])

    def test_exif_that_points_at_itself_or_nowhere(self) -> None:
        for offset in (0, 8, 20, 2**32 - 1):
            tag = struct.pack("<HHII", 0x8769, 4, 1, offset) + struct.pack(
                "<HHII", 0x9286, 7, 2**31, offset
            )
            block = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + tag
            read(hostile := inserted(MADE[1], segments(0xE1, block, 1)))
            assert texts_in(BytesIO(hostile)) is not None

    def test_a_jpeg_of_empty_segments(self) -> None:
        assert texts_in(BytesIO(b"\xff\xd8" + b"\xff\xe1\0\0" * 100_000)) == {}


class TestHostileJson:
    @pytest.mark.parametrize(
        "text",
        [
            '{"a":' * 100_000,
            '{"sui_image_params":' + "[" * 100_000 + "]" * 100_000 + "}",
            '{"sui_image_params": {"steps": ' + "9" * 5000 + "}}",
            "{" + '"a":1,' * 200_000,
        ],
        ids=["open", "deep", "long number", "never closed"],
    )
    def test_is_nothing(self, text: str) -> None:
        assert dialects.read_pasted(text) is None

    def test_values_of_another_shape_are_as_if_they_were_not_there(self) -> None:
        for wrong in (
            None,
            True,
            [],
            {},
            [1],
            {"a": 1},
            "x",
            -1e999,
            10**30,
            "\0",
            "\ud800",
            [["1", 0]],
        ):
            said = dict.fromkeys(pictures.SWARMUI["sui_image_params"], wrong)
            found = dialects.read_pasted(json.dumps({"sui_image_params": said}))
            assert found
            assert found.steps is None
            graph = {"1": {"class_type": wrong, "inputs": wrong}, "2": wrong,
                     "3": {"class_type": "KSampler", "inputs": dict.fromkeys(pictures.COMFYUI["3"]["inputs"], wrong)}}  # fmt: skip
            assert dialects.read_pasted(json.dumps(graph))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(range(len(MADE))), st.data())
def test_a_picture_with_bytes_changed_never_raises(number: int, data: st.DataObject) -> None:
    hostile = bytearray(MADE[number])
    for at in data.draw(st.lists(st.integers(12, len(hostile) - 1), min_size=1, max_size=30)):
        hostile[at] = data.draw(st.integers(0, 255))
    read(bytes(hostile))


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["sui_image_params", "base_model", "positive_prompt", "3"]),
    st.dictionaries(
        st.sampled_from(
            [*pictures.SWARMUI["sui_image_params"], *pictures.FOOOCUS, *pictures.INVOKEAI,
             "class_type", "inputs"]
        ),
        ANY_JSON,
        max_size=8,
    ),
)  # fmt: skip
def test_json_of_any_shape_never_raises(key: str, said: dict[str, Any]) -> None:
    dialects.read_pasted(json.dumps({**said, key: said}))
    dialects.read_pasted(json.dumps({"1": {"class_type": "KSampler", "inputs": said}, key: said}))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=400))
def test_text_of_any_shape_never_raises(text: str) -> None:
    dialects.read_pasted(text)
    dialects.read_pasted(f"{text}\nSteps: {text}, Size: {text}, Seed: {text}, Sampler: {text}")
