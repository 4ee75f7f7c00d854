"""What the values of an axis change in the parameters. Each value is checked as a submission's own field is.

Pure: knows no row and no model card. Problems name the value, such as `x.values.3`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from backend.generations.schemas import GenerationParameters
from backend.grids.schemas import AxisCreate, Setting, Value
from backend.kit.errors import FieldProblem
from backend.kit.fields import value_problem

_SIZE: Final = re.compile(r"\s*(\d{1,5})\s*[x×X]\s*(\d{1,5})\s*")


@dataclass(frozen=True)
class Step:
    """One value of an axis: how it is told, and which parameters it sets. `field` is its place in the request."""

    field: str
    value: Value
    changes: dict[str, Any]


class Wrong(Exception):
    """What is wrong with some values."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__(problems[0].message)
        self.problems = list(problems)


def steps_of(name: str, axis: AxisCreate, base: GenerationParameters) -> list[Step]:
    """Return what each value of the axis called `name` sets.

    Raises:
        Wrong: Some values are outside their limits, or are there twice.
    """
    if axis.setting is Setting.PROMPT:
        _must_stand(f"{name}.values.0", axis.values[0], base.prompt)
    steps: list[Step] = []
    problems: list[FieldProblem] = []
    for place, written in enumerate(axis.values):
        try:
            steps.append(_step(f"{name}.values.{place}", axis, written, base))
        except Wrong as wrong:
            problems += wrong.problems
    if problems := problems or list(_twice(steps)):
        raise Wrong(problems)
    return steps


def replaced(parameters: GenerationParameters, sought: str, step: Step) -> str:
    """Return the prompt of `parameters` with the words of `step` where `sought` stands.

    Raises:
        Wrong: It does not stand there, perhaps no more: another axis has replaced it.
    """
    _must_stand(step.field, sought, parameters.prompt)
    return parameters.prompt.replace(sought, str(step.value))


def _step(field: str, axis: AxisCreate, written: str, base: GenerationParameters) -> Step:
    match axis.setting:
        case Setting.SIZE:
            changes = _size(field, written)
        case Setting.PROMPT:
            changes = {"prompt": base.prompt.replace(axis.values[0], written)}
        case setting:
            changes = {setting.value: written}
    checked = _checked(field, changes)
    taken = {key: getattr(checked, key) for key in changes}
    if axis.setting is Setting.PROMPT:
        return Step(field, written, taken)
    if axis.setting is Setting.SIZE:
        return Step(field, f"{taken['width']}x{taken['height']}", taken)
    return Step(field, _plain(taken[axis.setting.value]), taken)


def _plain(value: Any) -> Value:  # noqa: ANN401
    """Return a value as JSON has it."""
    return str(value) if isinstance(value, str) else value


def _checked(field: str, changes: dict[str, Any]) -> GenerationParameters:
    try:
        return GenerationParameters.model_validate({"prompt": "anything", **changes})
    except ValidationError as error:
        problems = [
            _only(value_problem(field, found), changes, found["loc"]) for found in error.errors()
        ]
        raise Wrong(problems) from None


def _only(
    problem: FieldProblem, changes: dict[str, Any], loc: tuple[int | str, ...]
) -> FieldProblem:
    """Say of a value that sets two fields which of them is meant, and offer nothing for the whole of it."""
    if len(changes) == 1:
        return problem
    message = f"{loc[0]} {problem.message}"
    whole = {**changes, str(loc[0]): problem.nearest}
    nearest = f"{whole['width']}x{whole['height']}" if problem.nearest is not None else None
    return problem.model_copy(update={"message": message, "nearest": nearest})


def _size(field: str, written: str) -> dict[str, Any]:
    found = _SIZE.fullmatch(written)
    if found is None:
        limit = "width x height, such as 512x512"
        message = f"must be {limit}, not {written[:40]!r}"
        raise Wrong([FieldProblem(field=field, message=message, limit=limit)])
    return {"width": found[1], "height": found[2]}


def _must_stand(field: str, sought: str, prompt: str) -> None:
    if sought.strip() and sought in prompt:
        return
    limit = "words that stand in the prompt"
    near = re.search(re.escape(sought), prompt, re.IGNORECASE) if sought.strip() else None
    advice = f"; the prompt has {near[0]!r}" if near else ""
    message = f"must be {limit}, which {sought[:40]!r} does not{advice}"
    raise Wrong(
        [FieldProblem(field=field, message=message, limit=limit, nearest=near[0] if near else None)]
    )


def _twice(steps: Sequence[Step]) -> Iterator[FieldProblem]:
    first: list[Step] = []
    for step in steps:
        same = next((one for one in first if one.changes == step.changes), None)
        if same is None:
            first.append(step)
            continue
        place = int(same.field.rpartition(".")[2]) + 1
        message = f"is value {place} again; each is drawn once, so leave it out"
        yield FieldProblem(field=step.field, message=message, limit="each value once")
