"""Windows on what is too large to be computed at once, and their weights."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from inference.stages.blending import Blend, coarse
from inference.tiles import OVERLAP, Grid, spans
from loadtests.seams import borders, seam


@pytest.mark.parametrize("length", [8, 9, 31, 32, 33, 56, 57, 128, 511, 1024])
@pytest.mark.parametrize("window", [8, 32, 64])
def test_windows_cover_everything_and_share_a_quarter(length: int, window: int) -> None:
    window = min(window, length)
    places = spans(length, window)
    assert (places[0], places[-1]) == (0, length - window)
    steps = [after - before for before, after in itertools.pairwise(places)]
    assert all(0 < step <= window - int(window * OVERLAP) for step in steps)


def test_8k_in_tiles_of_256_takes_as_many_as_are_planned_for() -> None:
    assert Grid(1024, 1024, 32, 32).windows == 1849


@pytest.mark.parametrize("grid", [Grid(20, 45, 8, 8), Grid(8, 8, 8, 8), Grid(33, 9, 32, 8)])
def test_crops_put_together_again_are_the_whole(grid: Grid) -> None:
    blend = Blend(grid, torch.device("cpu"))
    whole = torch.randn(4, grid.height, grid.width, generator=torch.Generator().manual_seed(1))
    made = torch.zeros_like(whole)
    for place in grid.places:
        blend.add(made, blend.crop(whole, place), place)
    assert torch.allclose(made, whole, atol=1e-5)


@pytest.mark.parametrize(("overlap", "shows"), [(OVERLAP, False), (0.0, True)])
def test_windows_that_differ_show_at_their_borders_only_where_they_are_not_mixed(
    overlap: float, shows: bool
) -> None:
    """What the figure of seams tells apart: each window somewhat brighter or darker than its neighbours."""
    grid, rng = Grid(1024, 1024, 256, 256, overlap), np.random.default_rng(3)
    blend, made = Blend(grid, torch.device("cpu")), torch.zeros(3, 1024, 1024)
    picture = torch.from_numpy(rng.normal(128, 8, (3, 1024, 1024)).astype(np.float32))
    for place in grid.places:
        blend.add(made, blend.crop(picture, place) + float(rng.normal(0, 20)), place)
    figure = seam([made.permute(1, 2, 0).numpy()], borders(256, overlap))
    assert (figure > 1.05) is shows


def test_what_is_coarse_is_found_again_and_what_is_fine_is_not() -> None:
    across = torch.linspace(0, 1, 32).expand(1, 32, 32)
    fine = torch.tensor([1.0, -1.0]).repeat(16).expand(1, 32, 32)
    assert torch.allclose(coarse(across, 2)[:, :, 2:-2], across[:, :, 2:-2], atol=1e-2)
    assert float(coarse(fine, 2)[:, 4:-4, 4:-4].abs().max()) < 0.1
