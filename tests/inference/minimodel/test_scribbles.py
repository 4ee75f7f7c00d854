"""Scribbles: the same for the same seed, white on black, of the garment's shape; and shapes are read off rightly."""

import random
import statistics

import numpy as np
import pytest
from PIL import Image

from inference.minimodel.control_evaluate import asked
from inference.minimodel.drawing import SIZE, draw_sketch, enlarged
from inference.minimodel.garments import CUTTERS, Cut
from inference.minimodel.poses import bounds, posed
from inference.minimodel.scribbles import (
    Hand,
    Mask,
    as_condition,
    draw_scribble,
    enclosed,
    example_for,
    random_hand,
    silhouette,
)
from inference.minimodel.silhouettes import overlap, read_silhouette
from inference.minimodel.vocabulary import GARMENTS, Sketch

STEADY = Hand(width=2)


def cut_of(garment: str, seed: int) -> Cut:
    rng = random.Random(seed)
    return posed(enlarged(CUTTERS[garment](rng)), rng)


def scribble_of(cut: Cut, hand: Hand) -> Image.Image:
    return draw_scribble(cut, hand, random.Random(1))


class TestScribbles:
    @pytest.mark.parametrize("garment", GARMENTS)
    def test_same_seed_same_pixels_and_other_seeds_others(self, garment: str) -> None:
        sketch = Sketch(garment, "red", "dotted", "mint", "ink")
        one, same, other = (example_for(sketch, seed) for seed in (7, 7, 8))
        assert one.scribble.tobytes() == same.scribble.tobytes()
        assert one.picture.tobytes() == same.picture.tobytes()
        assert one.scribble.tobytes() != other.scribble.tobytes()

    @pytest.mark.parametrize("seed", range(12))
    def test_white_on_black(self, seed: int) -> None:
        rng = random.Random(seed)
        scribble = draw_scribble(cut_of("tee", seed), random_hand(rng), rng)
        pixels = np.asarray(scribble)
        assert (scribble.mode, scribble.size) == ("L", (SIZE, SIZE))
        assert pixels[0].max() == pixels[-1].max() == 0
        assert pixels.max() > 200
        assert (pixels == 0).mean() > 0.4

    @pytest.mark.parametrize("garment", GARMENTS)
    def test_the_filled_outline_is_the_silhouette(self, garment: str) -> None:
        for seed in range(4):
            cut = cut_of(garment, seed)
            inside = enclosed(np.asarray(scribble_of(cut, STEADY)) > 127)
            assert overlap(inside, silhouette(cut)) > 0.93

    @pytest.mark.parametrize("garment", GARMENTS)
    def test_a_filled_scribble_is_the_silhouette(self, garment: str) -> None:
        cut = cut_of(garment, 3)
        inside = enclosed(np.asarray(scribble_of(cut, Hand(filled=True))) > 127)
        assert overlap(inside, silhouette(cut)) > 0.99

    def test_wider_lines_gaps_and_inner_lines_show(self) -> None:
        cut = cut_of("dress", 5)

        def white(hand: Hand) -> float:
            return float(np.asarray(scribble_of(cut, hand)).mean())

        assert white(Hand(width=5)) > 1.5 * white(Hand(width=2))
        assert white(Hand(width=3, gaps=4)) < white(Hand(width=3))
        assert white(Hand(width=3, inner=True)) > white(Hand(width=3))

    def test_an_unsteady_hand_stays_near(self) -> None:
        cut = cut_of("coat", 2)
        inside = enclosed(np.asarray(scribble_of(cut, Hand(width=2, reach=3.5))) > 127)
        assert 0.85 < overlap(inside, silhouette(cut)) < 0.995

    def test_as_the_network_takes_it(self) -> None:
        condition = as_condition(scribble_of(cut_of("hat", 1), STEADY))
        assert condition.shape == (3, SIZE, SIZE)
        assert (condition.min(), condition.max()) == (0.0, 1.0)
        assert (condition[0] == condition[2]).all()


class TestPoses:
    @pytest.mark.parametrize("garment", GARMENTS)
    def test_whole_inside_the_picture(self, garment: str) -> None:
        for seed in range(30):
            left, top, right, bottom = bounds(cut_of(garment, seed))
            assert 0 < left < right < 2 * SIZE
            assert 0 < top < bottom < 2 * SIZE

    def test_far_from_where_plain_pictures_have_it(self) -> None:
        """What a scribble says and the prompt does not: without it the shape would hardly be hit."""
        fits = [
            overlap(silhouette(cut_of(garment, seed)), plain_silhouette(garment, seed))
            for garment in GARMENTS
            for seed in range(8)
        ]
        assert statistics.mean(fits) < 0.6


def plain_silhouette(garment: str, seed: int) -> Mask:
    return silhouette(enlarged(CUTTERS[garment](random.Random(seed))))


class TestReading:
    def test_holes_are_filled_and_bays_are_not(self) -> None:
        mask: Mask = np.zeros((8, 8), np.bool_)
        mask[1:7, 1:7] = True
        mask[3:5, 3:5] = False
        mask[5:8, 5] = False
        expected = mask.copy()
        expected[3:5, 3:5] = True
        assert (enclosed(mask) == expected).all()

    def test_silhouettes_are_read_rightly_off_drawings(self) -> None:
        examples = [one.example for one in asked(30, "control-tested")]
        fits = [overlap(read_silhouette(one.picture), one.silhouette) for one in examples]
        assert statistics.mean(fits) >= 0.95
        assert min(fits) >= 0.9

    def test_another_garment_is_not_taken_for_the_shape(self) -> None:
        shape = silhouette(cut_of("trousers", 4))
        picture = draw_sketch(Sketch("hat", "red", "plain", "white", "ink"), 1)
        assert overlap(read_silhouette(picture), shape) < 0.5

    def test_an_empty_picture_has_no_silhouette(self) -> None:
        nothing = read_silhouette(Image.new("RGB", (SIZE, SIZE), (200, 224, 247)))
        assert not nothing.any()
        assert overlap(nothing, nothing) == 0.0
