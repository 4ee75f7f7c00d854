"""One step of many images at once: the UNet once, guidance, and every sampler in one update.

Each image brings its own timestep, guidance and row of its sampler's table (`solvers`), so that images
of different samplers, step counts and strengths share a call. Knows no generation and no queue.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from inference.solvers import Column

UNet = Callable[..., torch.Tensor]
"""Latents [r, c, h, w], timesteps [r] and embeddings [r, tokens, width] to a prediction [r, c, h, w].

Those of SDXL are given a fourth: what is said of each picture as a whole [r, v] (`whole`).
"""


@dataclass(frozen=True)
class Kept:
    """What images keep of pictures that they draw over; of those that keep nothing the mask is 1 all over."""

    pictures: torch.Tensor  # [n, c, h, w]
    noise: torch.Tensor  # [n, c, h, w]
    masks: torch.Tensor  # [n, 1, h, w], 1 where drawn anew
    noising: torch.Tensor  # [n, 2], how much of picture and noise the latents after this step hold


@dataclass(frozen=True)
class Batch:
    """The images of one step, n of them; all on one device, latents and tables in float32.

    The first `guided` of them have guidance; `negatives` and `scales` belong to these alone, so that an
    image without guidance costs one row of the UNet and not two. Guided ones come first because slices
    need no index on the device, and making one waits for everything that is queued there.
    """

    latents: torch.Tensor  # [n, c, h, w]
    history: torch.Tensor  # [n, c, h, w]
    noise: torch.Tensor | None  # [n, c, h, w], None if no sampler here draws any
    rows: torch.Tensor  # [n, 10]
    positives: torch.Tensor  # [n, tokens, width]
    guided: int
    negatives: torch.Tensor | None  # [guided, tokens, width]
    scales: torch.Tensor | None  # [guided, 1, 1, 1]
    kept: Kept | None = None
    beside: torch.Tensor | None = (
        None  # [n, 1 + c, h, w], what a UNet made for it sees of what is drawn over
    )
    wholes: torch.Tensor | None = None  # [n + guided, v], what SDXL is told of each row as a whole


@dataclass(frozen=True)
class Stepped:
    """After the step: latents, history, and what the UNet saw and said; float32 [n, c, h, w] each."""

    latents: torch.Tensor
    history: torch.Tensor
    seen: torch.Tensor
    prediction: torch.Tensor


def step(unet: UNet, batch: Batch) -> Stepped:
    """Take one step of every image in `batch`; nothing of the batch is changed."""
    number = _columns(batch.rows)
    seen = number(Column.SCALE) * batch.latents
    prediction = _predict(unet, batch, seen)
    latents = number(Column.A) * batch.latents
    latents.addcmul_(number(Column.B), prediction).addcmul_(number(Column.C), batch.history)
    if batch.noise is not None:
        latents.addcmul_(number(Column.D), batch.noise)
    if batch.kept is not None:
        latents = _keeping(batch.kept, latents)
    history = number(Column.P) * batch.latents
    history.addcmul_(number(Column.Q), prediction)
    return Stepped(latents, history, seen, prediction)


def clean(batch: Batch, stepped: Stepped, places: list[int]) -> torch.Tensor:
    """Return what the images at `places` would look like finished from here, [places, c, h, w]."""

    def at(tensor: torch.Tensor) -> torch.Tensor:
        return torch.stack([tensor[place] for place in places])  # a list of them would be an index

    number = _columns(at(batch.rows))
    return number(Column.U) * at(stepped.seen) + number(Column.V) * at(stepped.prediction)


def _keeping(kept: Kept, latents: torch.Tensor) -> torch.Tensor:
    """Return the latents with what is kept as it would stand after this step: Avrahami et al. 2022, arXiv:2111.14818."""
    signal, amount = (kept.noising[:, place].view(-1, 1, 1, 1) for place in (0, 1))
    return torch.lerp(signal * kept.pictures + amount * kept.noise, latents, kept.masks)


def _predict(unet: UNet, batch: Batch, seen: torch.Tensor) -> torch.Tensor:
    """Return the guided predictions, float32 whatever the UNet computes in."""
    times = batch.rows[:, Column.TIMESTEP]
    if batch.beside is not None:
        seen = torch.cat([seen, batch.beside], dim=1)
    whole = () if batch.wholes is None else (batch.wholes,)
    if batch.negatives is None or batch.scales is None:
        return unet(seen, times, batch.positives, *whole).float()
    said = unet(
        torch.cat([seen, seen[: batch.guided]]),
        torch.cat([times, times[: batch.guided]]),
        torch.cat([batch.positives, batch.negatives]),
        *whole,
    ).float()
    positive, negative = said.split([len(seen), batch.guided])
    guided = negative + batch.scales * (positive[: batch.guided] - negative)
    return torch.cat([guided, positive[batch.guided :]])


def _columns(rows: torch.Tensor) -> Callable[[Column], torch.Tensor]:
    return lambda column: rows[:, column].view(-1, 1, 1, 1)
