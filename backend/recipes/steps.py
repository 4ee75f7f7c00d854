"""One step of a recipe: the settings of a generation that draws over the image of the step before.

What only a run can know is not in here: the picture, the mask, the words and the seed. A step draws one image, which
the next one draws over, so how many images is no setting of a step.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, RootModel, model_validator
from pydantic_core import PydanticCustomError

from backend.kit.wording import AVOIDED, DRAWN
from inference.protocol import (
    MAX_CONTROLS,
    MAX_LORAS,
    MAX_PROMPT_CHARACTERS,
    ControlUse,
    Decoder,
    LoraUse,
    Margins,
    MaskedArea,
    Preparation,
    Scheduler,
    Upscale,
    UpscaleMethod,
)
from inference.protocol.checks import prose, within
from inference.protocol.loras import MAX_NAME

MOST_STEPS: Final = 8
PLACE: Final = "{prompt}"
_ANY: Final = "0"
_LIMITS: Final[dict[str, Any]] = {"maxLength": MAX_PROMPT_CHARACTERS}


class Over(StrEnum):
    """What a step draws over: the image before it (the first step: the run's picture), or nothing."""

    IMAGE = "image"
    NOTHING = "nothing"


class SeedRule(StrEnum):
    """keep: the run's seed, the same for all that keep it. new: one of its own, drawn anew in each run."""

    KEEP = "keep"
    NEW = "new"


class StepShape(BaseModel):
    """A shape to draw by that a run finds by itself: that of the picture which the step draws over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        min_length=1, max_length=MAX_NAME, description="A ControlNet that the step's model offers."
    )
    prepare: Preparation = Field(
        default=Preparation.EDGES, description="What is done to that picture first."
    )
    scale: Annotated[float, within(0, 2, kind="a number")] = 1.0
    start: Annotated[float, within(0, 1, kind="a number")] = 0.0
    end: Annotated[float, within(0, 1, kind="a number")] = 1.0

    @classmethod
    def of(cls, use: ControlUse) -> Self:
        """Return what a recipe keeps of a use: all but its picture."""
        return cls.model_validate(use.model_dump(exclude={"image"}))

    def seen_in(self, picture: str) -> ControlUse:
        """Return the use of it with that picture, by its id."""
        return ControlUse(image=picture, **self.model_dump())

    @model_validator(mode="after")
    def _can_be_used(self) -> Self:
        """Refuse what no picture could be drawn by."""
        self.seen_in(_ANY)
        return self


def with_one_place(prompt: str) -> str:
    """Refuse a prompt in which the run's words would stand twice."""
    if prompt.count(PLACE) > 1:
        raise PydanticCustomError(
            "two_places",
            "must have {limit}; write it once, where the run's words go",
            {"limit": f"{PLACE} in it once at most", "nearest": PLACE},
        )
    return prose(prompt)


class RecipeStep(BaseModel):
    """What one step sets; null leaves that to the model, and a size to the picture that is drawn over."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    over: Over = Field(default=Over.IMAGE, description="Only the first step may draw over nothing.")
    masked: bool = Field(
        default=False, description="Draw anew only what is white in the mask that a run is given."
    )
    prompt: Annotated[str, AfterValidator(with_one_place), DRAWN] = Field(
        default="",
        description=f"What to draw; {PLACE} in it is where the run's words go, and empty is the run's words alone.",
        examples=["a watercolour of {prompt}"],
        json_schema_extra=_LIMITS,
    )
    negative_prompt: (
        Annotated[
            str,
            AfterValidator(prose),
            AVOIDED,
            Field(description="What to stay away from.", json_schema_extra=_LIMITS),
        ]
        | None
    ) = None
    model: str | None = Field(
        default=None, max_length=100, description="Null: the one that whoever runs it draws with."
    )
    width: Annotated[int, within(64, 1024, 8)] | None = None
    height: Annotated[int, within(64, 1024, 8)] | None = None
    num_inference_steps: Annotated[int, within(1, 100)] | None = None
    guidance_scale: Annotated[float, within(1, 30, kind="a number")] | None = None
    scheduler: Scheduler | None = None
    decoder: Decoder | None = None
    strength: Annotated[float, within(0.01, 1, kind="a number")] | None = None
    invert_mask: bool = False
    mask_blur: Annotated[int, within(0, 64)] | None = None
    masked_area: MaskedArea | None = None
    outpaint: Margins | None = Field(
        default=None, description="Pixels that are drawn at the sides of the image before."
    )
    upscale: Upscale | None = None
    loras: tuple[LoraUse, ...] = Field(default=(), max_length=MAX_LORAS)
    control: tuple[StepShape, ...] = Field(
        default=(),
        max_length=MAX_CONTROLS,
        description="Shapes to draw by, which are found in the picture that is drawn over.",
    )
    seed: SeedRule = SeedRule.KEEP

    @property
    def resamples(self) -> bool:
        """Whether nothing is drawn: the image is only made larger."""
        return self.upscale is not None and self.upscale.method is UpscaleMethod.RESAMPLE

    @property
    def asks_for_words(self) -> bool:
        """Whether a run has to bring words for it."""
        return PLACE in self.prompt or not (self.prompt.strip() or self.resamples)

    def without_words(self, instead: str) -> RecipeStep:
        """Return this step with `instead` for what was written in it."""
        written = {"prompt": instead if self.prompt else "", "negative_prompt": None}
        return self.model_copy(update=written)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        """Refuse what needs a picture where there is none, and what makes all of it larger and a part anew at once."""
        edits = [
            name for name in ("masked", "outpaint", "control", "upscale") if getattr(self, name)
        ]
        if self.over is Over.NOTHING and (edits or self.strength is not None):
            raise _wrong(f"{(*edits, 'strength')[0]} needs a picture: over must be image")
        if self.upscale and len(edits) > 1:
            raise _wrong(f"upscale goes with no {edits[0]}: take two steps for the two")
        return self


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("step", "{message}", {"message": message})


def in_order(steps: list[RecipeStep]) -> list[RecipeStep]:
    """Refuse a later step that draws over nothing: it would forget those before it."""
    for number, step in enumerate(steps[1:], start=2):
        if step.over is Over.NOTHING:
            raise PydanticCustomError(
                "draws_over_nothing",
                "must draw over the image before from the second on; step {number} draws over nothing",
                {"limit": "over: image from the second on", "number": number},
            )
    return steps


Steps = Annotated[
    list[RecipeStep],
    Field(
        min_length=1,
        max_length=MOST_STEPS,
        description="First to last; each draws over the image of the one before.",
        examples=[[{"masked": True}, {"upscale": {"factor": 2}, "prompt": "fine cloth"}]],
    ),
    AfterValidator(in_order),
]


class KeptSteps(RootModel[tuple[RecipeStep, ...]]):
    """The steps of a recipe, as its row holds them."""


class Needs(BaseModel):
    """What a run has to be given."""

    image: bool = Field(description="A picture: the first step draws over one.")
    prompt: bool = Field(description="Words: a step has a place for them.")
    mask: bool = Field(description="A mask: a step draws a part anew.")

    @classmethod
    def of(cls, steps: tuple[RecipeStep, ...]) -> Self:
        """Return what `steps` need."""
        return cls(
            image=steps[0].over is Over.IMAGE,
            prompt=any(step.asks_for_words for step in steps),
            mask=any(step.masked for step in steps),
        )
