"""Asks the ControlNets of a step's rows what they add to the UNet, and says nothing to the rows that have none.

Rows of one ControlNet share one call of it, however many people they belong to. What is added to rows without a shape
is zero, which changes no bit of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from inference.adapters.applying import runs_of
from inference.controls.network import ControlNet, Residuals
from inference.devices import to_device


@dataclass(frozen=True, eq=False)
class Shape:
    """One thing that an image is drawn by: what a ControlNet sees, how much that says, and when."""

    net: ControlNet
    hint: torch.Tensor
    scale: float
    start: float = 0.0
    end: float = 1.0

    def at(self, step: int, steps: int) -> bool:
        """Whether it has a say in `step` (from 0) of `steps`: only a step that lies within its part as a whole."""
        return step / steps >= self.start and (step + 1) / steps <= self.end


Shapes = tuple[Shape, ...]
"""What one image is drawn by in one step; what each of them adds is summed up."""


class _Asked(NamedTuple):
    """A ControlNet, and the rows that it is asked about in one call, each with its shape."""

    net: ControlNet
    rows: list[int]
    shapes: list[Shape]


@torch.inference_mode()
def added_by(shapes: Sequence[Shapes], given: Sequence[torch.Tensor]) -> dict[str, Any]:
    """Return what the UNet is handed besides the tensors `given` it, row k being drawn by `shapes[k]`; often nothing."""
    total: Residuals = []
    for asked in _together(shapes):
        runs = runs_of(asked.rows)
        said = _said(asked, [_picked(tensor, runs) for tensor in given])
        if len(asked.rows) == len(shapes):
            total = [one + more for one, more in zip(total, said, strict=True)] if total else said
            continue
        total = total or [one.new_zeros((len(shapes), *one.shape[1:])) for one in said]
        lengths = [run.stop - run.start for run in runs]
        for one, more in zip(total, said, strict=True):
            for run, part in zip(runs, more.split(lengths), strict=True):
                one[run].add_(part)
    if not total:
        return {}
    return {
        "down_block_additional_residuals": tuple(total[:-1]),
        "mid_block_additional_residual": total[-1],
    }


def _together(shapes: Sequence[Shapes]) -> Iterator[_Asked]:
    """Sort the rows by whom they ask; one that asks the same ControlNet twice does so in two calls."""
    calls: dict[tuple[ControlNet, int], _Asked] = {}
    for row, mine in enumerate(shapes):
        for place, shape in enumerate(mine):
            before = sum(other.net is shape.net for other in mine[:place])
            call = calls.setdefault((shape.net, before), _Asked(shape.net, [], []))
            call.rows.append(row)
            call.shapes.append(shape)
    yield from calls.values()


def _picked(tensor: torch.Tensor, runs: Sequence[slice]) -> torch.Tensor:
    return tensor[runs[0]] if len(runs) == 1 else torch.cat([tensor[run] for run in runs])


def _said(asked: _Asked, given: Sequence[torch.Tensor]) -> Residuals:
    """Return what the rows asked for, each as much of it as it wanted."""
    latents, timesteps, embeddings = given[:3]
    said = asked.net(latents, timesteps, embeddings, torch.stack([s.hint for s in asked.shapes]))
    scales = torch.tensor([shape.scale for shape in asked.shapes]).view(-1, 1, 1, 1)
    amount = to_device(scales.to(said[0].dtype), said[0].device)
    return [one * amount for one in said]
