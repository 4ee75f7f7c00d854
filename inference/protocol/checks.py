"""The checks of single values: what is refused is told its limit and the nearest good value."""

from __future__ import annotations

from typing import Final

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

MAX_PROMPT_CHARACTERS: Final = 2000


def within(low: float, high: float, step: int = 1) -> AfterValidator:
    """Refuse a number outside `low`..`high` (or off the grid of `step`), naming the nearest good one."""
    limit = f"between {low} and {high}" + (f" in steps of {step}" if step > 1 else "")

    def check(value: float) -> float:
        if low <= value <= high and (step == 1 or value % step == 0):
            return value
        clipped = min(max(value, low), high)
        nearest = round(clipped / step) * step if step > 1 else clipped
        raise PydanticCustomError(
            "out_of_range",
            "must be {limit}, not {given}; the nearest good value is {nearest}",
            {"limit": limit, "given": str(value), "nearest": nearest},
        )

    return AfterValidator(check)


def written(value: str) -> str:
    """Refuse an empty or overlong prompt, saying what to write instead."""
    text = value.strip()
    if not text:
        raise PydanticCustomError(
            "empty_prompt",
            "describe an image in a few words, for example “{nearest}”",
            {
                "limit": "at least 1 character",
                "nearest": "a red striped dress on a cream background",
            },
        )
    return short_enough(text)


def short_enough(value: str) -> str:
    """Refuse an overlong prompt, naming the limit."""
    if len(value) > MAX_PROMPT_CHARACTERS:
        raise PydanticCustomError(
            "prompt_too_long",
            "must be at most {limit} characters, not {given}; shorten it to {nearest}",
            {
                "limit": str(MAX_PROMPT_CHARACTERS),
                "given": str(len(value)),
                "nearest": MAX_PROMPT_CHARACTERS,
            },
        )
    return value
