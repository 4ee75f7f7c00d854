"""The labelled drawings: the same every time, with the whole motif where they say so and nowhere else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.minimodel.__main__ import main
from inference.minimodel.planted import KINDS, planted

SIZES = {
    "1x1": {(256, 256)},
    "2x3": {(256, 384), (384, 256)},
    "3x1": {(256, 768), (768, 256)},
    "upscaled": {(512, 512), (1024, 1024)},
    "jpeg75": {(256, 256)},
}
RED = (206, 16, 38)


def octagons_red(picture: Image.Image) -> int:
    """How many pixels have the motif's red; a decoy may have it too, another garment never."""
    return int((np.asarray(picture) == RED).all(axis=2).sum())


@pytest.mark.parametrize("kind", KINDS)
def test_is_drawn_alike_every_time_in_its_own_sizes(kind: str) -> None:
    pictures = [planted(kind, k, restricted=True) for k in range(12)]
    assert {one.size for one in pictures} == SIZES[kind]
    assert pictures[0].tobytes() == planted(kind, 0, restricted=True).tobytes()
    assert pictures[0].tobytes() != pictures[1].tobytes()
    assert pictures[0].tobytes() != planted(kind, 0, restricted=False).tobytes()


@pytest.mark.parametrize("kind", ["1x1", "2x3", "3x1"])
def test_the_whole_motif_is_in_the_picture(kind: str) -> None:
    """Wherever it was moved to, it has all of its red; a badge beside it may add to that."""
    whole = octagons_red(planted("1x1", 0, restricted=True))
    assert whole > 1000
    for k in range(40):
        assert octagons_red(planted(kind, k, restricted=True)) >= 0.95 * whole


def test_some_of_the_safe_ones_have_a_badge_that_looks_like_it() -> None:
    red = [octagons_red(planted("1x1", k, restricted=False)) > 0 for k in range(60)]
    assert 0 < sum(red) < 20


def test_writes_a_folder_of_either_label(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["planted", "--to", str(tmp_path / "set"), "--count", "1"]) == 0
    assert "10 pictures" in capsys.readouterr().out
    files = sorted(str(one.relative_to(tmp_path / "set")) for one in tmp_path.rglob("*.*"))
    assert len(files) == 10
    assert {Path(one).parts[0] for one in files} == {"restricted", "safe"}
    with Image.open(tmp_path / "set/safe/jpeg75/00001.jpg") as picture:
        assert picture.format == "JPEG"
