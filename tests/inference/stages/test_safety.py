"""Our scores against the verdicts of the stock checker, and the holes that it has and ours has not."""

from __future__ import annotations

import dataclasses
from base64 import b64decode
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from inference.bundles import load_bundle
from inference.devices import Placement
from inference.stages import safety
from inference.stages.safety import SafetyChecker, squares


@pytest.fixture
def checker(tiny_model_dir: Path) -> SafetyChecker:
    loaded = load_bundle(tiny_model_dir, Placement(torch.device("cpu"), torch.float32)).safety
    assert loaded is not None
    return loaded


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def picture(seed: int, height: int = 32, width: int = 32) -> torch.Tensor:
    source = torch.Generator().manual_seed(seed)
    coarse = torch.randint(0, 256, (1, 3, height // 8, width // 8), generator=source)
    return coarse.repeat_interleave(8, 2).repeat_interleave(8, 3).to(torch.uint8)


def seen(checker: SafetyChecker, pixels: torch.Tensor) -> torch.Tensor:
    """The embedding of a square picture, as the checker's own model sees it."""
    (crop,) = safety._crops(pixels, checker.preprocessing).split(1)
    return checker.model.visual_projection(checker.model.vision_model(crop)[1])[0]


def plant(
    checker: SafetyChecker, pixels: torch.Tensor, index: int, *, special: bool = False
) -> None:
    """Make `pixels` the very thing that concept `index` stands for."""
    kind = "special_care_embeds" if special else "concept_embeds"
    getattr(checker.model, kind)[index] = seen(checker, pixels)


def highest_of(checker: SafetyChecker, pixels: torch.Tensor) -> float:
    (scores,) = safety.score(checker, pixels)
    assert scores is not None
    return max(score for score in scores.concepts.values() if score is not None)


class TestScore:
    def test_is_cosine_minus_threshold_for_every_concept(self, checker: SafetyChecker) -> None:
        pixels = picture(1)
        plant(checker, pixels, 4)
        (scores,) = safety.score(checker, pixels)
        assert scores is not None
        assert scores.concepts["concept_4"] == pytest.approx(1 - 0.9, abs=1e-5)
        assert len(scores.concepts) == 17
        assert len(scores.special_care) == 3
        assert (scores.checker, len(scores.weights_sha256)) == (
            "stable-diffusion-safety-checker",
            64,
        )

    def test_agrees_with_the_stock_verdict(self, checker: SafetyChecker) -> None:
        pictures = [picture(seed) for seed in range(24)]
        checker.model.concept_embeds_weights.fill_(0)
        highest = sorted(highest_of(checker, pixels) for pixels in pictures)
        checker.model.concept_embeds_weights.fill_(highest[12])
        verdicts = []
        for pixels in pictures:
            crops = safety._crops(pixels, checker.preprocessing)
            _, (theirs,) = checker.model(clip_input=crops, images=torch.zeros(1, 3, 32, 32))
            assert (round(highest_of(checker, pixels), 3) > 0) == theirs
            verdicts.append(theirs)
        assert {True, False} == set(verdicts)

    def test_a_special_care_concept_raises_everything_after_it(
        self, checker: SafetyChecker
    ) -> None:
        pixels = picture(2)
        (before,) = safety.score(checker, pixels)
        plant(checker, pixels, 1, special=True)
        (after,) = safety.score(checker, pixels)
        assert before
        assert after
        for name, score in before.concepts.items():
            assert score is not None
            assert after.concepts[name] == pytest.approx(score + 0.01, abs=1e-5)
        assert after.special_care["special_care_0"] == before.special_care["special_care_0"]
        third = before.special_care["special_care_2"]
        assert third is not None
        assert after.special_care["special_care_2"] == pytest.approx(third + 0.01, abs=1e-5)

    @pytest.mark.parametrize(("height", "width"), [(32, 32), (96, 32), (32, 200)])
    def test_many_at_once_are_scored_as_each_is(
        self, checker: SafetyChecker, height: int, width: int
    ) -> None:
        pictures = [picture(seed, height, width) for seed in range(5)]
        calls: list[int] = []
        checker.model.vision_model.register_forward_pre_hook(
            lambda _, given: calls.append(len(given[0]))
        )
        together = safety.score(checker, torch.cat(pictures))
        assert calls == [5 * len(squares(height, width))]
        for pixels, scores in zip(pictures, together, strict=True):
            (alone,) = safety.score(checker, pixels)
            assert alone
            assert scores
            assert scores.concepts == pytest.approx(alone.concepts, abs=1e-5)
            assert scores.special_care == pytest.approx(alone.special_care, abs=1e-5)

    def test_leaves_the_pixels_alone(self, checker: SafetyChecker) -> None:
        pixels = picture(3, 64, 32)
        plant(checker, pixels[:, :, :32], 0)
        before = pixels.clone()
        (scores,) = safety.score(checker, pixels)
        assert scores
        assert max(score for score in scores.concepts.values() if score is not None) > 0
        assert torch.equal(pixels, before)

    @pytest.mark.parametrize(("height", "width"), [(96, 32), (32, 96)])
    @pytest.mark.parametrize("at", [0, 64])
    def test_sees_the_ends_of_a_long_picture(
        self, checker: SafetyChecker, height: int, width: int, at: int
    ) -> None:
        motif = picture(5)
        plant(checker, motif, 7)
        pixels = picture(6, height, width)
        top, left = (at, 0) if height > width else (0, at)
        pixels[:, :, top : top + 32, left : left + 32] = motif
        (scores,) = safety.score(checker, pixels)
        assert scores
        assert scores.concepts["concept_7"] == pytest.approx(0.1, abs=1e-5)

    def test_a_score_that_is_no_number_is_not_a_pass(self, checker: SafetyChecker) -> None:
        checker.model.concept_embeds[3] = float("nan")
        (scores,) = safety.score(checker, picture(1))
        assert scores
        assert scores.concepts["concept_3"] is None
        assert scores.concepts["concept_4"] is not None

    def test_without_a_checker_nothing_is_checked(self) -> None:
        assert safety.score(None, torch.cat([picture(1), picture(2)])) == [None, None]

    def test_a_checker_that_fails_checks_nothing(
        self, checker: SafetyChecker, caplog: pytest.LogCaptureFixture
    ) -> None:
        failing = dataclasses.replace(checker, model=None)
        assert safety.score(failing, picture(1)) == [None]
        assert "count as not checked" in caplog.text


class TestSquares:
    def test_a_square_is_seen_whole(self) -> None:
        assert squares(64, 64) == [(0, 0, 64)]

    @pytest.mark.parametrize("size", [(512, 768), (768, 512), (64, 1024), (1024, 72), (64, 72)])
    def test_every_pixel_and_the_middle_are_seen(self, size: tuple[int, int]) -> None:
        height, width = size
        crops = squares(height, width)
        unseen = torch.ones(size)
        for top, left, side in crops:
            unseen[top : top + side, left : left + side] = 0
        assert unseen.sum() == 0
        side = min(size)
        assert ((height - side) // 2, (width - side) // 2, side) in crops
        starts = [top + left for top, left, _ in crops]
        assert max(b - a for a, b in pairwise(starts)) <= side / 2 + 1


class TestEmbedding:
    def embedding_of(self, checker: SafetyChecker, pixels: torch.Tensor) -> np.ndarray:
        *_, scores = safety.score(checker, pixels)
        assert scores is not None
        assert scores.embedding is not None
        return np.frombuffer(b64decode(scores.embedding), "<f2").astype(np.float32)

    def test_is_where_the_checker_itself_puts_the_picture(self, checker: SafetyChecker) -> None:
        pixels = picture(1)
        told = self.embedding_of(checker, pixels)
        assert np.linalg.norm(told) == pytest.approx(1, abs=1e-3)
        own = seen(checker, pixels).numpy()
        assert told @ own / np.linalg.norm(own) == pytest.approx(1, abs=1e-3)

    def test_is_the_same_alone_and_beside_others(self, checker: SafetyChecker) -> None:
        alone = self.embedding_of(checker, picture(1))
        beside = self.embedding_of(checker, torch.cat([picture(2), picture(1)]))
        assert alone @ beside == pytest.approx(1, abs=1e-3)

    def test_is_that_of_the_middle_of_a_tall_picture(self, checker: SafetyChecker) -> None:
        tall = picture(3, height=64)
        middle = self.embedding_of(checker, tall[:, :, 16:48])
        assert self.embedding_of(checker, tall) @ middle == pytest.approx(1, abs=1e-3)

    def test_is_left_out_where_it_is_not_finite(self, checker: SafetyChecker) -> None:
        checker.model.visual_projection.weight.fill_(float("nan"))
        (scores,) = safety.score(checker, picture(1))
        assert scores is not None
        assert scores.embedding is None
