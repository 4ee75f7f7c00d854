"""The VAE on pictures of any size: at once where that fits its memory, else tile by tile, put together smoothly.

diffusers has tiles of its own (`enable_tiling`). They begin at the top left and go on until nothing is left, so that the
last ones may be a strip of a few pixels, whose group norms see next to nothing; they mix by straight ramps, and hold the
whole picture in float32 several times. These are all of one size, flush with the edges, mix without a corner, and hold
one row of tiles; so 8K takes about as much as its own 8 bits. `between` is called after each tile, and may raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch

from inference.faults import let_go, out_of_memory
from inference.stages.blending import weights
from inference.stages.memory import budget, smaller, tile_for
from inference.tiles import OVERLAP, spans

T = TypeVar("T")
Between = Callable[[], None]


def encoded(
    vae: Any,  # noqa: ANN401
    pixels: torch.Tensor,
    between: Between = lambda: None,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return mean and spread, float32 [c, h, w], of the latents of `pixels` [3, H, W], uint8 or from -1 to 1.

    Where there are several tiles both are in host memory.
    """

    def moments(part: torch.Tensor) -> torch.Tensor:
        scaled = part.float() / 127.5 - 1 if part.dtype == torch.uint8 else part
        told = vae.encode(scaled.unsqueeze(0).to(vae.device, vae.dtype), return_dict=False)[0]
        return torch.stack([told.mean[0].float(), told.std[0].float()])

    def coded(side: int | None) -> torch.Tensor:
        if side is None:
            return moments(pixels)
        factor = 2 ** (len(vae.config.block_out_channels) - 1)
        strips = list(_strips(pixels, side, moments, between, divided=factor))
        return torch.cat(strips, dim=-2)

    mean, spread = _within_memory(vae, pixels.shape[1], pixels.shape[2], coded)
    return mean, spread


def decoded(
    vae: Any,  # noqa: ANN401
    latents: torch.Tensor,
    check: Callable[[torch.Tensor], None],
    between: Between = lambda: None,
) -> torch.Tensor:
    """Return pixels uint8 [3, H, W] of scaled `latents` [c, h, w]; `check` sees each part before it is rounded.

    Where there are several tiles they are in host memory.
    """
    factor = 2 ** (len(vae.config.block_out_channels) - 1)

    def pixels(part: torch.Tensor) -> torch.Tensor:
        made = vae.decode(part.unsqueeze(0).to(vae.device, vae.dtype), return_dict=False)[0][0]
        check(made)
        return (made.float() / 2 + 0.5).clamp(0, 1) * 255

    def coded(side: int | None) -> torch.Tensor:
        if side is None:
            return pixels(latents).round().to(torch.uint8)
        strips = _strips(latents, side // factor, pixels, between, times=factor)
        height, width = (factor * extent for extent in latents.shape[1:])
        whole = torch.empty(3, height, width, dtype=torch.uint8)
        top = 0
        for strip in strips:
            whole[:, top : top + strip.shape[-2]] = strip.round().to(torch.uint8)
            top += strip.shape[-2]
        return whole

    return _within_memory(vae, factor * latents.shape[1], factor * latents.shape[2], coded)


def _within_memory(
    vae: Any,  # noqa: ANN401
    height: int,
    width: int,
    coded: Callable[[int | None], T],
) -> T:
    """Return `coded` by tiles that fit, by smaller ones where memory ran out all the same."""
    side = tile_for(vae, height, width, budget(vae.device))
    while True:
        try:
            return coded(side)
        except Exception as error:
            side = smaller(side)
            if not out_of_memory(error) or side is None:
                raise
            let_go(error)
            if vae.device.type == "cuda":
                torch.cuda.empty_cache()


def _strips(  # noqa: PLR0913 - what goes in, what comes out, and how much larger that is
    whole: torch.Tensor,
    side: int,
    code: Callable[[torch.Tensor], torch.Tensor],
    between: Between,
    *,
    times: int = 1,
    divided: int = 1,
) -> Iterator[torch.Tensor]:
    """Yield what `code` makes of tiles of `side` of `whole` [c, h, w], mixed, from the top down, each row once.

    What comes out is `times` as large, or `divided` by so much. Places where tiles begin are multiples of `divided`.
    """
    height, width = (extent // divided for extent in whole.shape[1:])
    tall, wide = min(side // divided, height), min(side // divided, width)
    tops, lefts = spans(height, tall, OVERLAP), spans(width, wide, OVERLAP)
    share = weights(tall * times, wide * times, OVERLAP)
    made = torch.zeros(0)
    total = torch.zeros(0)
    for row, top in enumerate(tops):
        for left in lefts:
            part = whole[
                :,
                top * divided : (top + tall) * divided,
                left * divided : (left + wide) * divided,
            ]
            said = code(part).cpu()
            if not total.numel():
                made = torch.zeros(*said.shape[:-1], width * times)
                total = torch.zeros(tall * times, width * times)
            across = slice(left * times, (left + wide) * times)
            made[..., across] += said * share
            total[..., across] += share[0]
            between()
        # What the next row of tiles does not reach is ready; the rest moves up.
        ready = ((tops[row + 1] - top) if row + 1 < len(tops) else tall) * times
        yield made[..., :ready, :] / total[:ready]
        made, total = _moved_up(made, ready), _moved_up(total, ready)


def _moved_up(tensor: torch.Tensor, rows: int) -> torch.Tensor:
    moved = torch.zeros_like(tensor)
    moved[..., : tensor.shape[-2] - rows, :] = tensor[..., rows:, :]
    return moved
