"""What a particular model can draw: refused here, before it waits in line for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from math import sqrt

from backend.generations.pictures import Size
from backend.generations.schemas import GenerationParameters
from backend.kit.errors import FieldProblem, Unprocessable
from inference.protocol import (
    FACTORS,
    LARGEST_SIDE,
    ModelCard,
    read_prompt,
    refusals_of,
    wrong_control,
    wrong_decoder,
    wrong_lora,
)

_GRID = 8


def within(
    card: ModelCard, parameters: GenerationParameters, over: Size | None = None
) -> GenerationParameters:
    """Return `parameters` unchanged if the model of `card` can draw them; `over` is the size of what is made larger.

    Raises:
        Unprocessable: Too many pixels, a scheduler, decoder, LoRA or ControlNet that the model is not offered with, margins that
            leave nothing of the picture between them, several images or too large a one of an upscale, or wildcards of
            which more can come than is drawn.
    """
    problems = [
        *_too_large(card, parameters),
        *_no_such_scheduler(card, parameters),
        *_no_such_decoder(card, parameters),
        *_no_such_lora(card, parameters),
        *_no_such_control(card, parameters),
        *_too_small_inside(parameters),
        *_several_enlarged(parameters),
        *_too_large_enlarged(parameters, over),
        *_beyond_words("prompt", parameters.prompt, may_be_empty=False),
        *_beyond_words("negative_prompt", parameters.negative_prompt, may_be_empty=True),
    ]
    if problems:
        raise Unprocessable(f"{problems[0].field} {problems[0].message}", fields=problems)
    return parameters


def _too_large(card: ModelCard, asked: GenerationParameters) -> list[FieldProblem]:
    if asked.width * asked.height <= card.max_pixels:
        return []
    shrink = sqrt(card.max_pixels / (asked.width * asked.height))
    limit = f"at most {card.max_pixels} pixels in all with {card.name}"
    return [
        _problem(name, limit, value, int(value * shrink) // _GRID * _GRID)
        for name, value in (("width", asked.width), ("height", asked.height))
    ]


def _no_such_scheduler(card: ModelCard, asked: GenerationParameters) -> list[FieldProblem]:
    if asked.scheduler in card.schedulers:
        return []
    limit = f"one of {', '.join(card.schedulers)} with {card.name}"
    nearest = card.defaults.scheduler.value
    return [_problem("scheduler", limit, asked.scheduler.value, nearest)]


def _no_such_decoder(card: ModelCard, asked: GenerationParameters) -> list[FieldProblem]:
    wrong = wrong_decoder(card.name, card.draft, asked.decoder)
    if wrong is None:
        return []
    message, limit, nearest = wrong.message, wrong.limit, wrong.nearest
    return [FieldProblem(field="decoder", message=message, limit=limit, nearest=nearest)]


def _no_such_lora(card: ModelCard, asked: GenerationParameters) -> list[FieldProblem]:
    wrong = wrong_lora(card.name, card.loras, asked.loras_used)
    if wrong is None:
        return []
    typed = any(use.name == wrong.name for use in read_prompt(asked.prompt).loras)
    return [
        FieldProblem(
            field="prompt" if typed else "loras",
            message=wrong.message,
            limit=wrong.limit,
            nearest=wrong.nearest,
        )
    ]


def _no_such_control(card: ModelCard, asked: GenerationParameters) -> list[FieldProblem]:
    wrong = wrong_control(card.name, card.controls, asked.control)
    if wrong is None:
        return []
    place = next(place for place, use in enumerate(asked.control) if use.name == wrong.name)
    field = f"control.{place}.name"
    return [
        FieldProblem(field=field, message=wrong.message, limit=wrong.limit, nearest=wrong.nearest)
    ]


def _several_enlarged(asked: GenerationParameters) -> list[FieldProblem]:
    """Refuse several images of an upscale: one of 8K is work and memory enough, and resampled they are all the same."""
    if asked.upscale is None or asked.num_images == 1:
        return []
    return [_problem("num_images", "1 with upscale", asked.num_images, 1)]


def _too_large_enlarged(asked: GenerationParameters, over: Size | None) -> list[FieldProblem]:
    if asked.upscale is None or over is None:
        return []
    factor, longest = asked.upscale.factor, max(over)
    if longest * factor <= LARGEST_SIDE:
        return []
    made = f"{over.width * factor}×{over.height * factor}"
    limit = f"a result of at most {LARGEST_SIDE} pixels a side"
    nearest = max((each for each in FACTORS if longest * each <= LARGEST_SIDE), default=None)
    advice = (
        f"the nearest good value is {nearest}"
        if nearest
        else f"leave upscale out, or take a picture of at most {LARGEST_SIDE // min(FACTORS)} pixels a side"
    )
    message = f"must leave {limit}: {over.width}×{over.height} becomes {made}; {advice}"
    return [FieldProblem(field="upscale.factor", message=message, limit=limit, nearest=nearest)]


def _too_small_inside(asked: GenerationParameters) -> list[FieldProblem]:
    return [
        _problem(
            field, f"at least {least} with these margins of outpaint", getattr(asked, field), least
        )
        for field, least in asked.too_small_inside.items()
    ]


def _beyond_words(field: str, prompt: str, *, may_be_empty: bool) -> Iterator[FieldProblem]:
    for refusal in refusals_of(prompt, may_be_empty=may_be_empty):
        yield FieldProblem(field=field, message=refusal.message, limit=refusal.limit)


def _problem(field: str, limit: str, given: str | int, nearest: str | int) -> FieldProblem:
    message = f"must be {limit}, not {given}; the nearest good value is {nearest}"
    return FieldProblem(field=field, message=message, limit=limit, nearest=nearest)
