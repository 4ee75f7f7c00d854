"""Measures an engine through its contract: steps at a few batch sizes, reading prompts, finishing images. For any client.

One generation of n images alone takes its steps together, so that n images with guidance are steps of 2 n rows. The engine tells
how long its steps took (`Done.timings`); the fastest of some tries counts, since others may want the machine meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final, cast

from inference.capacity.engines import CapacityError, EngineModel, Point
from inference.protocol import (
    Done,
    Failed,
    GenerationEvent,
    GenerationParameters,
    GenerationRequest,
    InferenceClient,
    ModelCard,
    Started,
    new_generation_id,
)

IMAGES: Final = (1, 2, 4, 8)
STEPS: Final = 6
TRIES: Final = 3
_NO_GAIN: Final = 1.05
Tell = Callable[[str, int, int], None]
"""What is measured, how many are done, how many there are."""


@dataclass(frozen=True)
class _Took:
    step_s: float
    prepare_s: float
    finish_s: float


async def measure(  # noqa: PLR0913 - what is measured, and how
    client: InferenceClient,
    *,
    model: str | None = None,
    images: Sequence[int] = IMAGES,
    tries: int = TRIES,
    tell: Tell = lambda *_: None,
    cold_start_s: float = 120.0,
) -> EngineModel:
    """Return what the engine behind `client`, otherwise idle, does in which time with `model` (its first without one).

    Raises:
        CapacityError: It has no such model, or a generation failed.
    """
    card = _card(await client.models(), model)
    took: dict[int, _Took] = {}
    for place, count in enumerate(images):
        for attempt in range(tries):
            tell(f"{2 * count} rows a step", place * tries + attempt, len(images) * tries)
            newest = await _timed(client, card, count)
            known = took.get(2 * count)
            if known is None or newest.step_s < known.step_s:
                took[2 * count] = newest
    tell("done", len(images) * tries, len(images) * tries)
    health = await client.health()
    size = card.defaults
    return EngineModel(
        name=f"{card.name}-{health.device.partition(':')[0] or 'here'}"[:40].lower(),
        title=f"{card.title} on {health.device} ({health.dtype})",
        source="measured",
        how=f"atelier capacity --measure, fastest of {tries} at {size.width}×{size.height}",
        points=tuple(Point(rows=rows, seconds=one.step_s) for rows, one in sorted(took.items())),
        pixels=size.width * size.height,
        row_cap=_worth_sharing(took),
        prepare_s=min(one.prepare_s for one in took.values()),
        finish_s=min(one.finish_s for one in took.values()),
        cold_start_s=cold_start_s,
    )


async def _timed(client: InferenceClient, card: ModelCard, images: int) -> _Took:
    asked = GenerationParameters(
        prompt="a plain grey coat",
        model=card.name,
        num_images=images,
        num_inference_steps=STEPS,
        guidance_scale=max(2.0, card.defaults.guidance_scale),
    )
    request = GenerationRequest(id=new_generation_id(), parameters=asked)
    began = time.monotonic()
    events = cast("AsyncGenerator[GenerationEvent]", client.generate(request))
    async with aclosing(events) as heard:
        async for event in heard:
            if isinstance(event, Failed):
                raise CapacityError(f"the engine could not draw: {event.message}")
            if isinstance(event, Started):
                began = time.monotonic()
            if isinstance(event, Done):
                whole, told = time.monotonic() - began, event.timings
                denoise = told.get("denoise", whole)
                finish = max(0.0, whole - denoise) / images
                return _Took(denoise / STEPS, told.get("encode", 0.0), finish)
    raise CapacityError("the engine ended its answer half-way; is something else stopping it?")


def _card(cards: Sequence[ModelCard], name: str | None) -> ModelCard:
    if name is None:
        return cards[0]
    for card in cards:
        if card.name == name:
            return card
    offered = ", ".join(card.name for card in cards)
    raise CapacityError(f"--model is {name!r}; it must be one on offer here: {offered}")


def _worth_sharing(took: dict[int, _Took]) -> int:
    """Return the smallest rows whose share of a step is within 5 % of the best: as the engine chooses at warm-up."""
    share = {rows: one.step_s / rows for rows, one in took.items()}
    return min(rows for rows, each in share.items() if each <= _NO_GAIN * min(share.values()))
