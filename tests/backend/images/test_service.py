from __future__ import annotations

import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import pytest
from PIL import Image

from backend.images import metadata, storing
from backend.images.service import PreparedImage, stack_of
from backend.kit.storage import Storage, open_storage
from backend.provenance.marker import Marker
from inference.protocol import GenerationParameters
from tests.fixtures.colours import picture
from tests.fixtures.marks import marker_in
from tests.fixtures.scripted import CARD


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return open_storage(f"file:{tmp_path / 'images'}")


@pytest.fixture
def marker(tmp_path: Path) -> Marker:
    return marker_in(tmp_path / "var")


def prepare(
    storage: Storage, marker: Marker, width: int = 64, height: int = 64, index: int = 0
) -> PreparedImage:
    parameters = GenerationParameters(
        prompt="a red dress", width=width, height=height, num_images=3, seed=40
    )
    return storing.prepare(
        storage,
        marker,
        picture(40 + index, parameters),
        parameters=parameters,
        seed=40 + index,
        index=index,
        generation_id="01abc",
        card=CARD,
    )


def size_of(data: bytes) -> tuple[int, int]:
    return Image.open(BytesIO(data)).size


class TestPrepare:
    def test_the_digest_is_that_of_the_stored_file(self, storage: Storage, marker: Marker) -> None:
        prepared = prepare(storage, marker)
        master = storage.get(prepared.storage_key)
        assert sha256(master).hexdigest() == prepared.sha256

    def test_the_pixels_stay_as_they_came(self, storage: Storage, marker: Marker) -> None:
        prepared = prepare(storage, marker, 136, 72)
        came = picture(40, prepared.parameters)
        kept = storage.get(prepared.storage_key)
        assert Image.open(BytesIO(kept)).tobytes() == Image.open(BytesIO(came)).tobytes()
        assert (prepared.width, prepared.height) == (136, 72)

    def test_the_parameters_draw_this_one_image_again(
        self, storage: Storage, marker: Marker
    ) -> None:
        own = prepare(storage, marker, index=2).parameters
        assert (own.seed, own.num_images) == (42, 1)

    @pytest.mark.parametrize(
        ("drawn", "preview", "thumb"),
        [
            ((64, 64), (64, 64), (64, 64)),
            ((512, 256), (512, 256), (320, 160)),
            ((800, 1000), (512, 640), (256, 320)),
        ],
    )
    def test_smaller_copies_are_never_larger(
        self,
        storage: Storage,
        marker: Marker,
        drawn: tuple[int, int],
        preview: tuple[int, int],
        thumb: tuple[int, int],
    ) -> None:
        prepared = prepare(storage, marker, *drawn)
        assert size_of(storage.get(prepared.preview_key)) == preview
        assert size_of(storage.get(prepared.thumb_key)) == thumb

    def test_smaller_copies_carry_the_ai_mark_and_no_prompt(
        self, storage: Storage, marker: Marker
    ) -> None:
        prepared = prepare(storage, marker)
        for key in (prepared.preview_key, prepared.thumb_key):
            data = storage.get(key)
            assert metadata.TRAINED_ALGORITHMIC_MEDIA.encode() in data
            assert b"red dress" not in data

    def test_what_is_not_an_image_is_not_kept(
        self, storage: Storage, marker: Marker, tmp_path: Path
    ) -> None:
        with pytest.raises(ValueError, match="not a WebP"):
            storing.prepare(
                storage,
                marker,
                b"<html>",
                parameters=GenerationParameters(prompt="a dress"),
                seed=1,
                index=0,
                generation_id="01abc",
                card=CARD,
            )
        assert list((tmp_path / "images").rglob("*.webp")) == []


class TestStack:
    LOOK: ClassVar[dict[str, Any]] = {
        "prompt": "a dress", "negative_prompt": "", "width": 64, "height": 64, "num_inference_steps": 4,
        "guidance_scale": 4.0, "model": "scripted", "scheduler": "ddim",
    }  # fmt: skip

    def stack(self, **changed: Any) -> str:
        return stack_of(GenerationParameters(**{**self.LOOK, **changed}))

    def test_is_what_it_was_before_there_was_drawing_over(self) -> None:
        former = sha256(json.dumps(self.LOOK, sort_keys=True).encode()).hexdigest()
        assert self.stack(seed=1) == self.stack(seed=2, strength=0.3, mask_blur=9) == former

    @pytest.mark.parametrize(
        "changed",
        [
            {"init_image": "01other"},
            {"strength": 0.3},
            {"mask": "01mask"},
            {"variation_strength": 0.1},
            {"decoder": "tiny"},
        ],
    )
    def test_is_another_one_for_what_decides_the_look(self, changed: dict[str, Any]) -> None:
        assert self.stack(**{"init_image": "01over", **changed}) != self.stack(init_image="01over")

    def test_variations_by_other_seeds_share_one(self) -> None:
        one, other = (self.stack(variation_strength=0.2, variation_seed=seed) for seed in (1, 2))
        assert one == other != self.stack()
