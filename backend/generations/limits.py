"""What a particular model can draw: refused here, before it waits in line for nothing."""

from __future__ import annotations

from math import sqrt

from backend.generations.schemas import GenerationParameters
from backend.kit.errors import FieldProblem, Unprocessable
from inference.protocol import ModelCard, read_prompt, wrong_lora

_GRID = 8


def within(card: ModelCard, parameters: GenerationParameters) -> GenerationParameters:
    """Return `parameters` unchanged if the model of `card` can draw them.

    Raises:
        Unprocessable: Too many pixels, or a scheduler or LoRA that the model is not offered with.
    """
    problems = [
        *_too_large(card, parameters),
        *_no_such_scheduler(card, parameters),
        *_no_such_lora(card, parameters),
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


def _problem(field: str, limit: str, given: str | int, nearest: str | int) -> FieldProblem:
    message = f"must be {limit}, not {given}; the nearest good value is {nearest}"
    return FieldProblem(field=field, message=message, limit=limit, nearest=nearest)
