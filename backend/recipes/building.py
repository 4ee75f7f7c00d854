"""From a plan to what its steps draw: the parameters of each, and before the run how large each image comes out.

Pure: knows no row. A picture is its id and its size, so that the steps after the first, whose pictures are not there
yet, are checked and priced as those that are.
"""

from __future__ import annotations

from math import sqrt
from typing import Any, Final, NamedTuple

from pydantic import ValidationError

from backend.generations.foresight import Wanted
from backend.generations.pictures import Size
from backend.generations.schemas import GenerationParameters
from backend.kit.errors import FieldProblem, Unprocessable
from backend.kit.fields import value_problem
from backend.recipes.models import Plan, PlannedStep
from backend.recipes.schemas import RunCreate
from backend.recipes.steps import PLACE, Needs, Over, RecipeStep, SeedRule
from inference.protocol import RANDOM_SEED, MaskedArea, ModelCard

_GRID: Final = 8
_LEAST: Final = 64
_MOST: Final = 1024
_NOT_THERE_YET: Final = "0"
_NOTHING_TO_SAY: Final = "the same picture, larger"
_PASSED_ON: Final = {
    "negative_prompt",
    "num_inference_steps",
    "guidance_scale",
    "scheduler",
    "decoder",
    "strength",
    "mask_blur",
    "masked_area",
    "outpaint",
    "upscale",
    "loras",
}


class Picture(NamedTuple):
    """What a step draws over: its id, and its size in pixels."""

    id: str
    width: int
    height: int


def check_inputs(needs: Needs, wanted: RunCreate) -> None:
    """Return if a run is given what it needs, and nothing else.

    Raises:
        Unprocessable: Something is missing, or nothing would be done with it.
    """
    given = {"over": bool(wanted.over), "prompt": bool(wanted.prompt), "mask": bool(wanted.mask)}
    asked = {"over": needs.image, "prompt": needs.prompt, "mask": needs.mask}
    problems = [_missing(field) for field in asked if asked[field] and not given[field]]
    problems += [_needless(field) for field in asked if given[field] and not asked[field]]
    if problems:
        raise _refused(problems)


def wanted_of(plan: Plan, place: int, over: Picture | None) -> Wanted:
    """Return what step `place` draws over that picture.

    Raises:
        Unprocessable: Its model cannot draw that; the fields are named as the recipe's own.
    """
    planned = plan.steps[place]
    try:
        parameters = GenerationParameters.model_validate(_values(plan, planned, over))
        # Said here, since what a later step makes larger is not there yet.
        size = Size(over.width, over.height) if over and parameters.upscale else None
        wanted = Wanted(parameters, planned.card, over=size)
        wanted.completed(seed=0)
    except ValidationError as error:
        problems = [value_problem(str(found["loc"][0]), found) for found in error.errors()]
    except Unprocessable as refusal:
        problems = refusal.fields
    else:
        return wanted
    raise _refused([_placed(one, planned.settings, place) for one in problems])


def foreseen(plan: Plan, over: Picture | None) -> list[Wanted]:
    """Return what every step will draw, if each of them comes out.

    Raises:
        Unprocessable: As `wanted_of`, for the first step of which it is so.
    """
    found: list[Wanted] = []
    for place in range(len(plan.steps)):
        wanted = wanted_of(plan, place, over)
        over = _result(wanted.completed(seed=0), over)
        found.append(wanted)
    return found


def _values(plan: Plan, planned: PlannedStep, over: Picture | None) -> dict[str, Any]:
    step = planned.settings
    values = step.model_dump(include=_PASSED_ON, exclude_none=True)
    values |= _size(step, planned.card, over)
    values["prompt"] = _words(step, plan.prompt)
    values["model"] = planned.card.name
    values["seed"] = plan.seed if step.seed is SeedRule.KEEP else RANDOM_SEED
    if step.over is Over.IMAGE and over:
        values["init_image"] = over.id
        values["control"] = [shape.seen_in(over.id) for shape in step.control]
    if step.masked:
        values |= {"mask": plan.mask, "invert_mask": step.invert_mask}
    return values


def _words(step: RecipeStep, words: str) -> str:
    if step.prompt.strip():
        return step.prompt.replace(PLACE, words)  # once: a step has one place, and the words none
    return words or (_NOTHING_TO_SAY if step.resamples else "")


def _size(step: RecipeStep, card: ModelCard, over: Picture | None) -> dict[str, int]:
    """Return the size that is drawn: what the step says, or that of the picture as far as the model draws it."""
    said = {name: value for name in ("width", "height") if (value := getattr(step, name))}
    if over is None or step.over is Over.NOTHING or step.upscale or len(said) == 2:  # noqa: PLR2004
        return said  # of what is made larger, width and height are those of a tile: the model's own
    beside, above = (
        (step.outpaint.beside, step.outpaint.above_and_below) if step.outpaint else (0, 0)
    )
    width, height = over.width + beside, over.height + above
    shrink = min(1.0, _MOST / width, _MOST / height, sqrt(card.max_pixels / (width * height)))
    found = {"width": _on_grid(width * shrink), "height": _on_grid(height * shrink)}
    return found | said


def _on_grid(length: float) -> int:
    return max(_LEAST, int(length) // _GRID * _GRID)


def _result(drawn: GenerationParameters, over: Picture | None) -> Picture:
    if over and drawn.upscale:
        factor = drawn.upscale.factor
        return Picture(_NOT_THERE_YET, over.width * factor, over.height * factor)
    if over and drawn.mask and drawn.masked_area is MaskedArea.MASKED:
        return over._replace(id=_NOT_THERE_YET)
    return Picture(_NOT_THERE_YET, drawn.width, drawn.height)


def _placed(problem: FieldProblem, step: RecipeStep, place: int) -> FieldProblem:
    """Say whether the run's words are meant, or which setting of which step."""
    if problem.field == "prompt" and step.asks_for_words:
        return problem
    return problem.model_copy(update={"field": f"steps.{place}.{problem.field}"})


def _missing(field: str) -> FieldProblem:
    what = {"over": "an image to run it on", "prompt": "words", "mask": "a mask"}[field]
    return FieldProblem(field=field, message=f"is required: this recipe asks for {what}")


def _needless(field: str) -> FieldProblem:
    message = "must be left out: no step of this recipe has a use for it"
    return FieldProblem(field=field, message=message, limit="left out", nearest="")


def _refused(problems: list[FieldProblem]) -> Unprocessable:
    return Unprocessable(
        "; ".join(f"{one.field} {one.message}" for one in problems), fields=problems
    )
