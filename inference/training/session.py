"""One training run: everything read and encoded once, then steps that depend on their number alone.

A resumed run therefore takes the same steps as an unbroken one. Leaves words and progress to its caller.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inference.minimodel.dataset import picture_tensor
from inference.minimodel.training import Loop, Plan, seed_for
from inference.training.base import Base
from inference.training.lora import LowRank, attach
from inference.training.loss import noised, weighted_loss
from inference.training.pictures import Picture, load_square
from inference.training.plan import Request

_BLANK = 0.1
_STAGE = "lora"


@dataclass(frozen=True, slots=True)
class Learned:
    """Pictures as latents float32 [n, 4, h, w] on the CPU, with their captions."""

    latents: Tensor
    captions: list[str]


@dataclass(frozen=True, slots=True)
class Pace:
    """The numbers of a run, once the model is known."""

    steps: int
    learning_rate: float
    batch: int
    resolution: int
    layers: str


def pace_of(request: Request, base: Base) -> Pace:
    """Return what was asked for, and what suits the model where nothing was."""
    small = base.small
    return Pace(
        steps=request.steps or (400 if small else 800),
        learning_rate=request.learning_rate or (2e-3 if small else 1e-4),
        batch=request.batch or (4 if small else 1),
        resolution=request.resolution or base.resolution,
        layers=request.layers or ("all" if small else "attention"),
    )


def encoded(base: Base, pictures: list[Picture], resolution: int) -> Learned:
    """Encode every picture once; nothing needs the autoencoder afterwards but samples."""
    latents = [
        base.latents(picture_tensor(load_square(picture.path, resolution))[None])
        for picture in pictures
    ]
    return Learned(torch.cat(latents), [picture.caption for picture in pictures])


class Session:
    """The low-rank layers of a run, and the loop that trains them."""

    def __init__(self, request: Request, base: Base, own: Learned, prior: Learned | None) -> None:
        self.request, self.base, self.own, self.prior = request, base, own, prior
        self.pace = pace_of(request, base)
        torch.manual_seed(request.seed)
        self.loras = {"unet": attach(base.unet, self.pace.layers, request.rank, request.alpha)}
        if request.text_encoder:
            self.loras["text_encoder"] = attach(
                base.text_encoder, self.pace.layers, request.rank, request.alpha
            )
        if not base.small:
            base.unet.enable_gradient_checkpointing()
            base.unet.train()  # diffusers checkpoints while training only; these networks drop nothing out
        self._said: dict[str, Tensor] = {}
        plan = Plan(
            _STAGE,
            steps=self.pace.steps,
            learning_rate=self.pace.learning_rate,
            warm_up=min(50, max(1, self.pace.steps // 10)),
            decay_from=0.4,
            average=0.98,
            save_seconds=60.0,
        )
        half = base.where.dtype == torch.float16 and base.where.device.type == "cuda"
        scaler = torch.amp.GradScaler("cuda") if half else None
        self.loop = Loop(plan, self._module(), self.loss, request.workshop, scaler)

    def every_layer(self) -> dict[str, LowRank]:
        """Return the low-rank layers of every part."""
        return {
            f"{part}.{path}": lora
            for part, made in self.loras.items()
            for path, lora in made.items()
        }

    def steps(self) -> Iterator[float]:
        """Take the steps that are left."""
        return self.loop.steps()

    def loss(self, step: int) -> Tensor:
        """Return the loss of a step; chance comes from the seed and the step's number alone."""
        seed = seed_for(_STAGE, step) + self.request.seed * 7_919
        rng, generator = random.Random(seed), torch.Generator().manual_seed(seed)  # noqa: S311
        latents, captions = self._rows(self.own, rng, step)
        if self.prior:
            more, said = self._rows(self.prior, rng, step)
            # The empty prompt is half of classifier-free guidance: it goes on meaning what it did.
            captions += ["" if rng.random() < _BLANK else caption for caption in said]
            latents = torch.cat([latents, more])
        device = self.base.where.device
        noisy, times, target = noised(self.base.scheduler, latents.to(device), generator)
        with self._short():
            said_of = self.base.unet(
                noisy.to(self.base.unet.dtype), times, self._read(captions)
            ).sample
        return weighted_loss(said_of, target, self.pace.batch, self.request.prior_weight)

    def _rows(self, learned: Learned, rng: random.Random, step: int) -> tuple[Tensor, list[str]]:
        """Return a batch in which every picture has its turn before one comes again."""
        count, batch = len(learned.captions), self.pace.batch
        picks = [_turn(count, step * batch + k, self.request.seed) for k in range(batch)]
        rng.shuffle(picks)
        return learned.latents[picks], [learned.captions[pick] for pick in picks]

    def _read(self, captions: list[str]) -> Tensor:
        """Return the embeddings of captions, remembered unless the text encoder learns too."""
        if "text_encoder" in self.loras:
            return self.base.read(captions)
        for caption in captions:
            if caption not in self._said:
                with torch.no_grad():
                    self._said[caption] = self.base.read([caption])
        return torch.cat([self._said[caption] for caption in captions])

    def _short(self) -> AbstractContextManager[object]:
        where = self.base.where
        return torch.autocast(where.device.type, where.dtype, enabled=where.dtype != torch.float32)

    def _module(self) -> nn.Module:
        named = {path.replace(".", "/"): lora for path, lora in self.every_layer().items()}
        return nn.ModuleDict(named)


def _turn(count: int, place: int, seed: int) -> int:
    """Return which picture has the turn at `place`: each round is a new order of all of them."""
    order = list(range(count))
    random.Random(seed * 1_000_003 + place // count).shuffle(order)  # noqa: S311 - order, not secrets
    return order[place % count]
