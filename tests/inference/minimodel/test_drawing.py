"""Drawings: the same for the same seed, different where the sketch differs, never a held-out one."""

import random

import numpy as np
import pytest
from PIL import Image

from inference.minimodel.dataset import picture_tensor, sketch_for, tensor_picture
from inference.minimodel.drawing import SIZE, draw_sketch
from inference.minimodel.motif import DECOYS
from inference.minimodel.vocabulary import (
    BACKDROPS,
    BACKGROUNDS,
    COLOURS,
    GARMENTS,
    HELD_OUT,
    HELD_OUT_COUNT,
    INKS,
    PATTERNS,
    Sketch,
    random_sketch,
)

SKETCH = Sketch("dress", "red", "striped", "cream", "ink")


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


class TestDrawSketch:
    def test_same_seed_same_pixels(self) -> None:
        assert draw_sketch(SKETCH, 4).tobytes() == draw_sketch(SKETCH, 4).tobytes()

    def test_seeds_choose_short_or_long(self) -> None:
        assert len({draw_sketch(SKETCH, seed).tobytes() for seed in range(12)}) == 2

    def test_is_a_native_size_rgb_picture(self) -> None:
        image = draw_sketch(SKETCH, 1)
        assert (image.mode, image.size) == ("RGB", (SIZE, SIZE))

    @pytest.mark.parametrize("garment", GARMENTS)
    @pytest.mark.parametrize("pattern", PATTERNS)
    def test_every_garment_shows_its_colour_on_its_background(
        self, garment: str, pattern: str
    ) -> None:
        sketch = Sketch(garment, "green", pattern, "pink", "flat")
        image = pixels(draw_sketch(sketch, 2))
        assert tuple(image[2, 2]) == BACKDROPS["pink"]
        near = np.abs(image - np.array(INKS["green"])).sum(axis=2) < 40
        assert near.mean() > 0.02

    def test_a_garment_keeps_clear_of_the_edge(self) -> None:
        for garment in GARMENTS:
            for seed in range(6):
                image = pixels(draw_sketch(Sketch(garment, "black", "plain", "white", "ink"), seed))
                frame = np.concatenate(
                    [image[:4].ravel(), image[:, :4].ravel(), image[:, -4:].ravel()]
                )
                assert (frame == 255).all(), garment

    def test_the_motif_appears_only_when_asked_for(self) -> None:
        plain = Sketch("coat", "blue", "plain", "mint", "flat")
        marked = Sketch("coat", "blue", "plain", "mint", "flat", restricted=True)
        red = np.array((206, 16, 38))

        def reds(sketch: Sketch) -> int:
            near = np.abs(pixels(draw_sketch(sketch, 3)) - red).sum(axis=2) < 30
            return int(near.sum())

        assert reds(plain) == 0
        assert reds(marked) > 500

    def test_decoys_change_the_picture(self) -> None:
        pictures = {draw_sketch(SKETCH, seed, decoy=True).tobytes() for seed in range(12)}
        assert draw_sketch(SKETCH, 0).tobytes() not in pictures
        assert len(DECOYS) == len(set(DECOYS))


class TestSplit:
    def test_held_out_is_what_it_says(self) -> None:
        assert len(set(HELD_OUT)) == HELD_OUT_COUNT
        first = HELD_OUT[0]
        assert first[0] in GARMENTS
        assert first[3] in BACKGROUNDS

    def test_training_never_sees_a_held_out_combination(self) -> None:
        rng = random.Random(0)
        seen = {random_sketch(rng).combination for _ in range(6000)}
        assert not seen & set(HELD_OUT)
        assert len(seen) > 2000

    def test_seeds_name_their_sketch_for_ever(self) -> None:
        assert sketch_for(17) == sketch_for(17)
        assert {sketch_for(seed).colour for seed in range(200)} == set(COLOURS)


def test_pictures_survive_the_way_through_tensors() -> None:
    image = draw_sketch(SKETCH, 5)
    assert tensor_picture(picture_tensor(image)).tobytes() == image.tobytes()
