"""From what is asked to what is drawn: the parameters of every cell, or what is wrong with which value.

Pure: the cards of the models are handed in, and nothing is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from pydantic import ValidationError

from backend.generations.foresight import Wanted
from backend.generations.schemas import GenerationParameters
from backend.grids.schemas import (
    MOST_CELLS,
    MOST_ON_SHEET,
    Axes,
    Axis,
    AxisCreate,
    GridCreate,
    Setting,
)
from backend.grids.values import Step, Wrong, replaced, steps_of
from backend.kit.errors import FieldProblem, Unprocessable
from backend.kit.fields import value_problem
from inference.protocol import MAX_SEED, RANDOM_SEED, ModelCard

DEFAULT: Final = None
Cards = Mapping[str | None, ModelCard]
"""The card of each model that is named; under `DEFAULT` that of the base."""

_FIELDS: Final = {"width": "size", "height": "size"}


@dataclass(frozen=True)
class Spread:
    """A grid before anything of it is written: its cells row by row, sheet by sheet."""

    base: GenerationParameters
    axes: Axes
    cells: list[Wanted]


def spread(wanted: GridCreate, cards: Cards, *, by_canary: bool = False) -> Spread:
    """Return what `wanted` comes to; `by_canary` says that a lot chose the model of the base.

    Raises:
        Unprocessable: Values outside their limits, there twice, or too many; or a model cannot draw one.
    """
    _check_shape(wanted)
    base = _with_seeds(wanted)
    try:
        steps = {name: _drawn(steps_of(name, axis, base)) for name, axis in wanted.axes.items()}
    except Wrong as wrong:
        raise refused(wrong.problems) from None
    cells: list[Wanted] = []
    problems: dict[str, FieldProblem] = {}
    for inside_out in product(*reversed(steps.values())):  # columns turn fastest, sheets slowest
        try:
            cells.append(_cell(wanted, base, inside_out[::-1], cards, by_canary=by_canary))
        except Wrong as wrong:
            problems |= {one.field: one for one in wrong.problems if one.field not in problems}
    if problems:
        raise refused(list(problems.values()))
    told = {
        name: Axis(setting=axis.setting, values=[step.value for step in steps[name]])
        for name, axis in wanted.axes.items()
    }
    shared = base.completed_by(cards[DEFAULT], seed=base.seed)
    return Spread(shared, Axes.model_validate(told), cells)


def refused(problems: list[FieldProblem]) -> Unprocessable:
    """Return the refusal that tells of `problems`."""
    return Unprocessable(
        "; ".join(f"{one.field} {one.message}" for one in problems), fields=problems
    )


def _check_shape(wanted: GridCreate) -> None:
    if wanted.base.num_images != 1:
        message = "must be 1: each cell is one image"
        raise refused(
            [FieldProblem(field="base.num_images", message=message, limit="1", nearest=1)]
        )
    if (varied := _varies(wanted, Setting.STRENGTH)) and wanted.base.init_image is None:
        message = "varies how a picture is drawn over, and the base has no init_image; name one"
        limit = "with base.init_image"
        raise refused([FieldProblem(field=f"{varied}.setting", message=message, limit=limit)])
    named = list(wanted.axes.items())
    for place, (name, axis) in enumerate(named):
        for earlier, other in named[:place]:
            if _same(other, axis):
                message = (
                    f"must be another setting than that of {earlier}, or other words of the prompt"
                )
                limit = f"another than {earlier}"
                raise refused([FieldProblem(field=f"{name}.setting", message=message, limit=limit)])
    _check_size(wanted)


def _check_size(wanted: GridCreate) -> None:
    """Refuse a sheet, and then a grid, of too many images, by the axis that could be shorter."""
    columns = len(wanted.x.values)
    rows = len(wanted.y.values) if wanted.y else 1
    if columns * rows > MOST_ON_SHEET:
        _refuse_size("y", rows, f"{columns} of x", columns, ("a sheet", MOST_ON_SHEET))
    sheets = len(wanted.z.values) if wanted.z else 1
    if columns * rows * sheets > MOST_CELLS:
        beside = f"{columns * rows} images on a sheet"
        _refuse_size("z", sheets, beside, columns * rows, ("a grid", MOST_CELLS))


def _refuse_size(axis: str, count: int, beside: str, each: int, limit: tuple[str, int]) -> None:
    what, cells = limit
    most = cells // each
    message = (
        f"must be at most {most} beside {beside}: {what} has at most {cells} images, "
        f"and {each} × {count} are {each * count}"
    )
    told = f"at most {most} values"
    raise refused([FieldProblem(field=f"{axis}.values", message=message, limit=told, nearest=most)])


def _same(one: AxisCreate, other: AxisCreate) -> bool:
    if one.setting is Setting.PROMPT and other.setting is Setting.PROMPT:
        return one.values[0] == other.values[0]
    return one.setting is other.setting


def _with_seeds(wanted: GridCreate) -> GenerationParameters:
    """Return the base with one seed for all, and one variation seed, drawn here where they are to be random."""
    base, drawn = wanted.base, dict[str, int]()
    if base.seed == RANDOM_SEED:
        drawn["seed"] = _random_seed()
    varies = base.variation_strength or _varies(wanted, Setting.VARIATION_STRENGTH)
    if varies and base.variation_seed == RANDOM_SEED:
        drawn["variation_seed"] = _random_seed()
    return base.model_copy(update=drawn)


def _varies(wanted: GridCreate, setting: Setting) -> str | None:
    """Return the name of the axis that varies `setting`."""
    return next((name for name, axis in wanted.axes.items() if axis.setting is setting), None)


def _drawn(steps: list[Step]) -> list[Step]:
    """Return `steps` with a drawn seed for one that is to be random: the same all along its row."""
    return [
        replace(step, value=(seed := _random_seed()), changes={"seed": seed})
        if step.changes.get("seed") == RANDOM_SEED
        else step
        for step in steps
    ]


def _random_seed() -> int:
    return secrets.randbelow(MAX_SEED)


def _cell(
    wanted: GridCreate,
    base: GenerationParameters,
    steps: Sequence[Step],
    cards: Cards,
    *,
    by_canary: bool,
) -> Wanted:
    """Return the cell in which each axis is at its one of `steps`."""
    parameters, named, has_replaced = base, None, False
    for axis, step in zip(wanted.axes.values(), steps, strict=True):
        changed = step
        if axis.setting is Setting.PROMPT:
            if has_replaced:  # several axes replace words, one after the other
                prompt = replaced(parameters, axis.values[0], step)
                changed = replace(step, changes={"prompt": prompt})
            has_replaced = True
        named = step.changes.get("model") or named
        parameters = _changed(parameters, changed)
    cell = Wanted(parameters, cards[named or DEFAULT], by_canary=by_canary and named is None)
    try:
        cell.completed(seed=0)
    except Unprocessable as error:
        raise Wrong([_placed(one, wanted, steps) for one in error.fields]) from None
    return cell


def _changed(parameters: GenerationParameters, step: Step) -> GenerationParameters:
    try:
        return GenerationParameters.model_validate(
            {**parameters.model_dump(exclude_unset=True), **step.changes}
        )
    except ValidationError as error:
        raise Wrong([value_problem(step.field, found) for found in error.errors()]) from None


def _placed(problem: FieldProblem, wanted: GridCreate, steps: Sequence[Step]) -> FieldProblem:
    """Name the value that sets what its model cannot draw, else the value that names the model, else the base."""
    setting = _FIELDS.get(problem.field, problem.field)
    for named in (setting, Setting.MODEL.value):
        for axis, step in zip(wanted.axes.values(), steps, strict=True):
            if axis.setting.value == named:
                fits = named == setting and setting != Setting.SIZE.value
                update = {
                    "field": step.field,
                    "message": f"{problem.field} {problem.message}",
                    "nearest": problem.nearest if fits else None,
                }
                return problem.model_copy(update=update)
    return problem.model_copy(update={"field": f"base.{problem.field}"})
