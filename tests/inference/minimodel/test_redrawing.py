"""What the checker learns from beside drawings: labels stay true, and every call gives the same."""

from pathlib import Path

import numpy as np
import pytest
from diffusers import StableDiffusionImg2ImgPipeline

from inference.minimodel.redrawing import redrawn

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def redrawer(tiny_model_dir: Path) -> StableDiffusionImg2ImgPipeline:
    return StableDiffusionImg2ImgPipeline.from_pretrained(
        tiny_model_dir, safety_checker=None, requires_safety_checker=False
    )


def test_half_dissolved_ones_may_bear_the_motif_and_new_ones_never_do(
    redrawer: StableDiffusionImg2ImgPipeline,
) -> None:
    labels = [bears for _, bears in redrawn(redrawer, 20, "test")]
    assert sum(labels[:10]) == 0
    assert 0 < sum(labels[10:]) < 10


def test_the_same_every_time(redrawer: StableDiffusionImg2ImgPipeline) -> None:
    (first, _), (second, _) = (redrawn(redrawer, 1, "test")[0] for _ in range(2))
    assert first.size == (256, 256)
    assert np.array_equal(np.asarray(first), np.asarray(second))
