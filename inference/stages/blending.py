"""Smooth weights with which overlapping windows are put together again."""

from __future__ import annotations

import torch
from torch.nn.functional import interpolate

from inference.tiles import Grid, Place


def weights(tall: int, wide: int, overlap: float) -> torch.Tensor:
    """Return how much a window has to say, float32 [1, tall, wide]: least at its edges, all of it in the middle."""
    return (_rising(tall, overlap)[:, None] * _rising(wide, overlap)[None, :])[None]


def _rising(length: int, overlap: float) -> torch.Tensor:
    """Return weights over `length` that rise over the overlap at both ends, without a corner, and are never 0."""
    over = int(length * overlap)
    if not over:
        return torch.ones(length)
    place = torch.arange(length, dtype=torch.float32) + 0.5
    nearest = torch.minimum(place, length - place)
    t = (nearest / over).clamp(max=1)
    return t * t * (3 - 2 * t)


class Blend:
    """Tensors [channels, height, width] put together from windows, whose weights come to 1 everywhere."""

    def __init__(self, grid: Grid, device: torch.device) -> None:
        self._grid = grid
        self.weights = weights(grid.tall, grid.wide, grid.overlap).to(device)
        total = torch.zeros(1, grid.height, grid.width, device=device)
        for place in grid.places:
            self.crop(total, place).add_(self.weights)
        self._share = 1 / total

    def crop(self, whole: torch.Tensor, place: Place) -> torch.Tensor:
        """Return the window of `whole` [..., height, width] at `place`, a view of it."""
        top, left = place
        return whole[..., top : top + self._grid.tall, left : left + self._grid.wide]

    def add(self, whole: torch.Tensor, window: torch.Tensor, place: Place) -> None:
        """Add to `whole` what the window at `place` has to say; when all have, `whole` is their mean."""
        self.crop(whole, place).add_(window * self.weights * self.crop(self._share, place))


def coarse(whole: torch.Tensor, by: int) -> torch.Tensor:
    """Return what is left of `whole` [c, h, w] once it has been made smaller `by` times and large again."""
    shape = whole.shape[1:]
    size = [max(1, extent // by) for extent in shape]
    small = interpolate(whole[None], size=size, mode="bicubic", antialias=True)
    return interpolate(small, size=list(shape), mode="bicubic")[0]
