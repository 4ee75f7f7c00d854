"""Marks in the wire shapes: which of their texts are words that others read or that something is drawn from.

A mark changes nothing about a value. Who looks at the words finds them by it (`screening.gate`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel


@dataclass(frozen=True)
class Wording:
    """What a text is for: `prompt` and `negative_prompt` are drawn from, `words` are only read."""

    where: Literal["prompt", "negative_prompt", "words"]


READ: Final = Wording("words")
DRAWN: Final = Wording("prompt")
AVOIDED: Final = Wording("negative_prompt")


class Worded(NamedTuple):
    """A text that was found, and in which field."""

    field: str
    text: str
    where: str


def wordings(annotation: Any, value: object, field: str = "") -> Iterator[Worded]:  # noqa: ANN401
    """Yield the marked texts in `value`, the JSON of something of that type; whatever does not fit is passed over."""
    if get_origin(annotation) is Annotated:
        inner, *marks = get_args(annotation)
        yield from _marked(inner, marks, value, field)
    elif get_origin(annotation) in {Union, UnionType}:
        for one in get_args(annotation):
            yield from wordings(one, value, field)
    elif isinstance(value, list) and get_args(annotation):
        for place, one in enumerate(value):
            yield from wordings(get_args(annotation)[0], one, f"{field}.{place}")
    elif isinstance(value, dict) and _is_model(annotation):
        for name, told in annotation.model_fields.items():
            path = f"{field}.{name}" if field else name
            yield from _marked(told.annotation, told.metadata, value.get(name), path)


def _marked(inner: Any, marks: list[Any], value: object, field: str) -> Iterator[Worded]:  # noqa: ANN401
    mark = next((one for one in marks if isinstance(one, Wording)), None)
    if mark and isinstance(value, str):
        yield Worded(field, value, mark.where)
    yield from wordings(inner, value, field)


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
