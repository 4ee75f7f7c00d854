"""The wire shapes of recipes and their runs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backend.galleries.schemas import Visibility
from backend.generations.schemas import GenerationPublic, Op, Price
from backend.kit.wording import DRAWN, READ
from backend.recipes.steps import PLACE, Needs, RecipeStep, Steps
from inference.protocol import MAX_PROMPT_CHARACTERS, MAX_SEED, RANDOM_SEED
from inference.protocol.checks import prose, within

MOST_RECIPES: Final = 200
MOST_AT_ONCE: Final = 50
LONGEST_TITLE: Final = 80
LONGEST_DESCRIPTION: Final = 500
_LINE: Final = r"^[^\x00-\x1f\x7f]*$"

Title = Annotated[
    str,
    Field(min_length=1, max_length=LONGEST_TITLE, pattern=_LINE, examples=["Lookbook finish"]),
    READ,
]
Description = Annotated[
    str,
    AfterValidator(prose),
    Field(max_length=LONGEST_DESCRIPTION, description="What it is for."),
    READ,
]
PictureId = Annotated[str, Field(pattern="^[0-9a-z]{1,64}$")]


class RecipeCreate(BaseModel):
    """A recipe to be kept."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: Title
    description: Description = ""
    visibility: Visibility = Visibility.PRIVATE
    steps: Steps


class RecipeChange(BaseModel):
    """What to change of a recipe; what is left out stays. `steps` replaces them all."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    title: Title | None = Field(default=None, examples=["Lookbook finish"])
    description: Description | None = None
    visibility: Visibility | None = None
    steps: Steps | None = None


class RecipeOwner(BaseModel):
    """Whose recipe it is."""

    id: str
    name: str


class RecipePublic(BaseModel):
    """A recipe as somebody sees it who may use it."""

    id: str
    title: str
    description: str
    visibility: Visibility
    steps: list[RecipeStep]
    needs: Needs
    owner: RecipeOwner
    mine: bool
    can_change: bool = Field(description="Whether you may change and delete it.")
    created_at: datetime
    updated_at: datetime


class RecipePage(BaseModel):
    """Some recipes that you may use, newest first."""

    items: list[RecipePublic]
    next_cursor: str | None = None


class DraftStep(BaseModel):
    """A step that made an image, as a recipe would keep it."""

    image_id: str = Field(description="The image that it made.")
    op: Op | None = Field(description="What it did; null: it drew from the prompt alone.")
    settings: RecipeStep
    left_out: list[str] = Field(
        description="Settings that a recipe does not keep, by name: pictures of whoever drew it."
    )


class RecipeDraft(BaseModel):
    """How an image came about, first to last, to choose from. Nothing is kept by asking."""

    steps: list[DraftStep]
    earlier: bool = Field(
        description="Whether there were steps before the first one here: more than a recipe has, or not for you."
    )


class RunState(StrEnum):
    """How a run stands. `held`: the image of a step waits for a reviewer; the run goes on once it is released."""

    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def alive(self) -> bool:
        """Whether it may still go on by itself."""
        return self in {RunState.RUNNING, RunState.HELD}


def no_place(words: str) -> str:
    """Refuse words that have a place for themselves."""
    if PLACE in words:
        raise ValueError(f"must not have {PLACE} in it: these are the words that go there")
    return prose(words)


class RunCreate(BaseModel):
    """What a recipe is run with; `needs` of the recipe says which of these it takes."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)

    over: list[PictureId] = Field(
        default_factory=list,
        max_length=MOST_AT_ONCE,
        description="Images that you may see, or uploads of yours: one run for each, all of them or none.",
    )
    prompt: Annotated[str, AfterValidator(no_place), DRAWN] = Field(
        default="",
        description="The words for the steps that have a place for them.",
        json_schema_extra={"maxLength": MAX_PROMPT_CHARACTERS},
    )
    mask: PictureId | None = Field(
        default=None,
        description="White where the steps with a mask draw anew: an upload of yours, or an image.",
    )
    seed: Annotated[int, within(RANDOM_SEED, MAX_SEED)] = Field(
        default=RANDOM_SEED, description="-1 draws one at random for each run; it is stored."
    )


class StepState(StrEnum):
    """A generation's state; `waiting` before its turn, `held` while its image waits for a reviewer."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    HELD = "held"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    DELETED = "deleted"


class RunStepPublic(BaseModel):
    """One step of a run, as it was when the run began, and the generation that draws it."""

    settings: RecipeStep
    state: StepState
    generation: GenerationPublic | None = Field(description="Null before its turn, and once gone.")


class RunError(BaseModel):
    """At which step a run ended, and why."""

    step: int = Field(description="From 1.")
    code: str
    message: str


class RunPublic(BaseModel):
    """A run as its owner sees it."""

    id: str
    recipe_id: str | None = Field(description="The recipe; it may be another by now, or gone.")
    title: str
    state: RunState
    at: int = Field(description="The step that it is at, from 1.")
    steps: list[RunStepPublic]
    over: str | None = Field(description="The image or upload that it was run on.")
    prompt: str
    mask: str | None
    seed: int = Field(description="Of the steps that keep the run's seed.")
    error: RunError | None = None
    can_retry: bool = Field(description="Whether `retry` goes on from the step that ended it.")
    created_at: datetime
    ended_at: datetime | None = None


class RunPage(BaseModel):
    """Some runs, newest first."""

    items: list[RunPublic]
    next_cursor: str | None = None


class RunsStarted(BaseModel):
    """The runs that were begun, one for each picture, in their order."""

    items: list[RunPublic]


class RunPrice(Price):
    """What all runs would cost together, every step of them."""

    runs: int
    steps: int = Field(description="How many generations that is.")


EXAMPLES: Final[dict[str, Any]] = {
    "inpaint, upscale, style": {
        "summary": "A part is drawn anew, the whole made larger, then painted over",
        "value": {
            "title": "Lookbook finish",
            "steps": [
                {"masked": True, "prompt": "{prompt}", "strength": 0.9},
                {"upscale": {"factor": 2}, "prompt": "fine cloth, sharp seams"},
                {"prompt": "a watercolour of {prompt}", "strength": 0.45, "seed": "new"},
            ],
        },
    }
}

RUN_EXAMPLES: Final[dict[str, Any]] = {
    "over one image": {
        "summary": "With the mask and the words that its steps ask for",
        "value": {
            "over": ["01m7xxtq72y599hfwczfvzjz52"],
            "mask": "01m7xxtq72y599hfwczfvzjz53",
            "prompt": "a red dress",
            "seed": 4242,
        },
    }
}
