"""The checks of single values: what is refused is told its limit and the nearest good value.

Told briefly, whatever was sent: a refusal is never as long as what it refuses, and has no NaN in it.
"""

from __future__ import annotations

import re
import reprlib
from dataclasses import dataclass, field
from typing import Any, Final

from pydantic import (
    GetJsonSchemaHandler,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)
from pydantic_core import CoreSchema, PydanticCustomError

MAX_PROMPT_CHARACTERS: Final = 2000
# Halves of a pair, which JSON can carry and no tokenizer reads; NUL, which PostgreSQL does not store.
_NO_TEXT: Final = re.compile(r"[\x00\ud800-\udfff]")


@dataclass(frozen=True, eq=False)  # hashed by what it inherits, so that it can stand in a union
class _Stated(WrapValidator):
    """A check that also says in a JSON schema what it lets through."""

    stated: dict[str, int] = field(default_factory=dict)

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(core_schema), **self.stated}


def within(low: int, high: int, step: int = 1, *, kind: str = "an integer") -> WrapValidator:
    """Refuse what is not `kind` from `low` to `high` (on the grid of `step`), naming a good value."""
    limit = f"between {low} and {high}" + (f" in steps of {step}" if step > 1 else "")

    def check(value: object, parse: ValidatorFunctionWrapHandler) -> float:
        try:
            number: float = parse(value)
        except ValidationError:
            raise PydanticCustomError(
                "not_a_number",
                "must be {kind} {limit}, not {given}; a good value is {nearest}",
                {"kind": kind, "limit": limit, "given": reprlib.repr(value), "nearest": low},
            ) from None
        if low <= number <= high and (step == 1 or number % step == 0):
            return number
        clipped = max(low, min(number, high))  # in this order NaN becomes `low`
        nearest = round(clipped / step) * step if step > 1 else clipped
        raise PydanticCustomError(
            "out_of_range",
            "must be {limit}, not {given}; the nearest good value is {nearest}",
            {"limit": limit, "given": reprlib.repr(number), "nearest": nearest},
        )

    stated = {"minimum": low, "maximum": high} | ({"multipleOf": step} if step > 1 else {})
    return _Stated(check, stated=stated)


def written(value: str) -> str:
    """Refuse an empty prompt, or what `prose` refuses, saying what to write instead."""
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
    return prose(text)


def prose(value: str) -> str:
    """Refuse what is longer than `MAX_PROMPT_CHARACTERS`, or no text that can be stored and read."""
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
    if odd := _NO_TEXT.search(value):
        raise PydanticCustomError(
            "not_text",
            "must be Unicode text, which {given} at {place} is not; leave it out",
            {
                "limit": "Unicode text",
                "given": ascii(odd[0]),
                "place": odd.start(),
                "nearest": _NO_TEXT.sub("", value),
            },
        )
    return value
