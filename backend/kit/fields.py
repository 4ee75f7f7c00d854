"""From what pydantic found wrong to advice: which field, which limit, which value would be good.

The contract's own checks bring limit and nearest value with them (`inference.protocol`); for
pydantic's usual checks they are told from the check's context here.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel

from backend.kit.errors import FieldProblem

Found = Mapping[str, Any]  # one entry of pydantic's `errors()`
_QUOTED_AT_MOST = 60

_BOUNDS = {
    "ge": "at least {}",
    "gt": "more than {}",
    "le": "at most {}",
    "lt": "less than {}",
    "max_length": "at most {} characters",
    "min_length": "at least {} characters",
    "pattern": "of the form {}",
    "expected": "one of {}",
}


def field_problems(request: Request, error: RequestValidationError) -> list[FieldProblem]:
    """Return one problem for each thing wrong in `request`.

    A body that both an endpoint and a dependency take is found wrong twice; it is told once.
    """
    known = _known_fields(request)
    problems = [_problem(found, known) for found in error.errors()]
    return list({(each.field, each.message): each for each in problems}.values())


def _problem(found: Found, known: list[str]) -> FieldProblem:
    kind, context = str(found["type"]), found.get("ctx") or {}
    field = _name(found["loc"])
    if kind == "extra_forbidden":
        return _unknown(field, known)
    if kind == "missing":
        return FieldProblem(field=field, message="is required", limit="required")
    if kind == "json_invalid":
        return FieldProblem(field="body", message=f"is not valid JSON: {context.get('error')}")
    return value_problem(field, found)


def value_problem(field: str, found: Found) -> FieldProblem:
    """Return what is wrong with the value of `field`, as one entry of pydantic's `errors()` tells it."""
    context = found.get("ctx") or {}
    if "nearest" in context:
        return FieldProblem(
            field=field,
            message=str(found["msg"]),
            limit=context.get("limit"),
            nearest=context["nearest"],
        )
    return _usual(field, found, context)


def _usual(field: str, found: Found, context: Mapping[str, Any]) -> FieldProblem:
    """Say what pydantic's own check wanted."""
    for name, phrase in _BOUNDS.items():
        if name in context:
            limit = phrase.format(context[name])
            return FieldProblem(
                field=field,
                message=f"must be {limit}, not {_quoted(found.get('input'))}",
                limit=limit,
                nearest=_nearest(name, context[name], found.get("input")),
            )
    message = str(found["msg"]).removeprefix("Input ").removeprefix("Value error, ")
    return FieldProblem(field=field, message=f"{message}, not {_quoted(found.get('input'))}")


def _nearest(bound: str, limit: object, given: object) -> str | int | float | None:
    if bound in {"ge", "le", "max_length"} and isinstance(limit, int | float):
        return limit
    if bound == "expected":
        choices = [word.strip("' ") for word in str(limit).replace(" or ", ",").split(",")]
        # Who writes a part of a name means that one, however many letters it has besides.
        named = [choice for choice in choices if str(given).strip() and str(given) in choice]
        return next(iter(named or get_close_matches(str(given), choices, n=1, cutoff=0.0)), None)
    return None


def _unknown(field: str, known: list[str]) -> FieldProblem:
    near = get_close_matches(field.rpartition(".")[2], known, n=1, cutoff=0.5)
    advice = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}"
    return FieldProblem(
        field=field,
        message=f"is not a field here{advice}",
        limit=f"one of {', '.join(known)}",
        nearest=near[0] if near else None,
    )


def _known_fields(request: Request) -> list[str]:
    """Return the fields of the body that the matched route takes."""
    body = getattr(request.scope.get("route"), "body_field", None)
    model = getattr(getattr(body, "field_info", None), "annotation", None)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return list(model.model_fields)
    return []


def _name(loc: tuple[int | str, ...]) -> str:
    """Return `width` for ("body", "width"), and `body` for the body as a whole."""
    return ".".join(str(part) for part in (loc[1:] or loc))


def _quoted(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= _QUOTED_AT_MOST else shown[:_QUOTED_AT_MOST] + "…"
