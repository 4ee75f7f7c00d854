"""The plain shape of the study and the demo: ask with a prompt, get an image back in one answer."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Request, Response

from inference.engine import Engine
from inference.generation import Delivery, Generation
from inference.imaging import PNG, WEBP
from inference.protocol import (
    Canceled,
    Failed,
    GenerationParameters,
    GenerationRequest,
    ImageReady,
    SafetyScores,
    error_of,
    new_generation_id,
)

GONE_CHECK_SECONDS = 1.0


async def predict(
    request: Request,
    parameters: GenerationParameters,
    accept: Annotated[str, Header()] = PNG,
) -> Response:
    """Draw `parameters` and return the (first) image: PNG, or WebP if `Accept` asks for it.

    Headers tell the drawn seed and the highest safety score (above 0: a concept is present). The
    caller leaving stops the drawing.
    """
    engine: Engine = request.app.state.engine
    content_type = WEBP if WEBP in accept else PNG
    generation = engine.submit(
        GenerationRequest(id=new_generation_id(), parameters=parameters),
        Delivery(previews=False, content_type=content_type),
    )
    try:
        ready = await _finished(request, generation)
    finally:
        engine.cancel(generation.id)
    data = engine.image(generation.id, ready.index)
    return Response(data, media_type=content_type, headers=told_of(ready.seed, ready.scores))


async def _finished(request: Request, generation: Generation) -> ImageReady:
    """Follow `generation` to its end and return its first image.

    Raises:
        InferenceError: It failed, or the caller has gone.
    """
    first: ImageReady | None = None
    async for letter in generation.mailbox.follow(heartbeat=GONE_CHECK_SECONDS):
        if await request.is_disconnected():  # at every step, so that leaving costs one at most
            raise Canceled("the caller has gone")
        if letter is None:
            continue
        if isinstance(letter.event, Failed):
            raise error_of(letter.event.code, letter.event.message)
        if isinstance(letter.event, ImageReady):
            first = first or letter.event
    if first is None:
        raise error_of("broken", "it ended without an image")
    return first


def told_of(seed: int, scores: SafetyScores | None) -> dict[str, str]:
    """Return the headers that go with an image: its seed, and its highest score or "unchecked"."""
    highest = "unchecked"
    if scores is not None and scores.is_whole:
        margins = [score or 0.0 for one in scores.every for score in one.concepts.values()]
        highest = f"{max(margins):.4f}"
    return {"X-Seed": str(seed), "X-Safety-Score": highest}
