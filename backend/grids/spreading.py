"""From what is asked to what is drawn: the parameters of every cell, or what is wrong with which value.

Pure: the cards of the models are handed in, and nothing is written.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from pydantic import ValidationError

from backend.generations.foresight import Wanted
from backend.generations.schemas import GenerationParameters
from backend.grids.schemas import MOST_CELLS, Axes, Axis, AxisCreate, GridCreate, Setting
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
    """A grid before anything of it is written: its cells row by row."""

    base: GenerationParameters
    axes: Axes
    cells: list[Wanted]


def spread(wanted: GridCreate, cards: Cards) -> Spread:
    """Return what `wanted` comes to.

    Raises:
        Unprocessable: Values outside their limits, there twice, or too many; or a model cannot draw one.
    """
    _check_shape(wanted)
    base = _with_seeds(wanted)
    try:
        across = _drawn(steps_of("x", wanted.x, base))
        down = _drawn(steps_of("y", wanted.y, base)) if wanted.y else [None]
    except Wrong as wrong:
        raise refused(wrong.problems) from None
    cells: list[Wanted] = []
    problems: dict[str, FieldProblem] = {}
    for y in down:
        for x in across:
            try:
                cells.append(_cell(wanted, base, x, y, cards))
            except Wrong as wrong:
                problems |= {one.field: one for one in wrong.problems if one.field not in problems}
    if problems:
        raise refused(list(problems.values()))
    told = Axis(setting=wanted.x.setting, values=[step.value for step in across])
    rows = Axis(setting=wanted.y.setting, values=[s.value for s in down if s]) if wanted.y else None
    shared = base.completed_by(cards[DEFAULT], seed=base.seed)
    return Spread(shared, Axes(x=told, y=rows), cells)


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
    if (axis := _varies(wanted, Setting.STRENGTH)) and wanted.base.init_image is None:
        message = "varies how a picture is drawn over, and the base has no init_image; name one"
        limit = "with base.init_image"
        raise refused([FieldProblem(field=f"{axis}.setting", message=message, limit=limit)])
    if wanted.y is None:
        return
    if _same(wanted.x, wanted.y):
        message = "must be another setting than that of x, or other words of the prompt"
        raise refused([FieldProblem(field="y.setting", message=message, limit="another than x")])
    columns, rows = len(wanted.x.values), len(wanted.y.values)
    if columns * rows > MOST_CELLS:
        most = MOST_CELLS // columns
        message = (
            f"must be at most {most} beside {columns} of x: a grid has at most {MOST_CELLS} images, "
            f"and {columns} × {rows} are {columns * rows}"
        )
        limit = f"at most {most} values"
        raise refused([FieldProblem(field="y.values", message=message, limit=limit, nearest=most)])


def _same(x: AxisCreate, y: AxisCreate) -> bool:
    if x.setting is Setting.PROMPT and y.setting is Setting.PROMPT:
        return x.values[0] == y.values[0]
    return x.setting is y.setting


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
    axes = {"x": wanted.x, "y": wanted.y}
    return next((name for name, axis in axes.items() if axis and axis.setting is setting), None)


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
    wanted: GridCreate, base: GenerationParameters, x: Step, y: Step | None, cards: Cards
) -> Wanted:
    parameters = _changed(base, x)
    if y and wanted.y:
        if wanted.y.setting is wanted.x.setting:  # both replace words, one after the other
            y = replace(y, changes={"prompt": replaced(parameters, wanted.y.values[0], y)})
        parameters = _changed(parameters, y)
    named = x.changes.get("model") or (y.changes.get("model") if y else None)
    cell = Wanted(parameters, cards[named or DEFAULT])
    try:
        cell.completed(seed=0)
    except Unprocessable as error:
        raise Wrong([_placed(one, wanted, x, y) for one in error.fields]) from None
    return cell


def _changed(parameters: GenerationParameters, step: Step) -> GenerationParameters:
    try:
        return GenerationParameters.model_validate(
            {**parameters.model_dump(exclude_unset=True), **step.changes}
        )
    except ValidationError as error:
        raise Wrong([value_problem(step.field, found) for found in error.errors()]) from None


def _placed(problem: FieldProblem, wanted: GridCreate, x: Step, y: Step | None) -> FieldProblem:
    """Name the value that sets what its model cannot draw, else the value that names the model, else the base."""
    axes = [(wanted.x.setting, x), *([(wanted.y.setting, y)] if wanted.y and y else [])]
    setting = _FIELDS.get(problem.field, problem.field)
    for named in (setting, Setting.MODEL.value):
        for varied, step in axes:
            if varied.value == named:
                fits = named == setting and setting != Setting.SIZE.value
                update = {
                    "field": step.field,
                    "message": f"{problem.field} {problem.message}",
                    "nearest": problem.nearest if fits else None,
                }
                return problem.model_copy(update=update)
    return problem.model_copy(update={"field": f"base.{problem.field}"})
