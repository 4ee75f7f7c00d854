"""Wire shapes of comparisons, as administrators make and read them, and of ballots, as voters see them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from backend.accounts.models import LONGEST_MODEL_NAME
from inference.protocol import MAX_PROMPT_CHARACTERS, MAX_SEED

MOST_PAIRS = 20
MOST_OPEN = 10
# One line of text: no control characters. PostgreSQL stores no NUL.
_LINE = r"^[^\x00-\x1f\x7f]*$"
ModelName = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST_MODEL_NAME, pattern=_LINE)
]
Prompt = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=MAX_PROMPT_CHARACTERS, pattern=r"^[^\x00]*$"
    ),
]


class Side(StrEnum):
    """Where an image stands in a pair."""

    LEFT = "left"
    RIGHT = "right"


class Preference(StrEnum):
    """What a voter says of a pair."""

    LEFT = "left"
    RIGHT = "right"
    NEITHER = "neither"


class PromptSource(StrEnum):
    """Where prompts come from when none are given."""

    MINE = "mine"
    BUNDLED = "bundled"


def _different(models: list[str]) -> list[str]:
    if models[0] == models[1]:
        raise ValueError("must be two different models")
    return models


class ComparisonCreate(BaseModel):
    """Two models, and what both are to draw."""

    model_config = ConfigDict(extra="forbid")

    models: Annotated[list[ModelName], AfterValidator(_different)] = Field(
        min_length=2, max_length=2, description="Two models that you may draw with."
    )
    prompts: list[Prompt] = Field(
        default_factory=list,
        max_length=MOST_PAIRS,
        description="What to draw; voters read it. Each is drawn once by both. Empty: from `source`.",
        examples=[["a red striped dress on a cream background"]],
    )
    source: PromptSource = Field(
        default=PromptSource.BUNDLED,
        description="Without prompts: mine, your newest different ones; or bundled, those that come with the studio.",
    )
    count: int = Field(
        default=12, ge=1, le=MOST_PAIRS, description="Without prompts: how many at most."
    )
    seed: int = Field(
        default=1,
        ge=0,
        le=MAX_SEED,
        description="Of the first pair; each further one has the next.",
    )

    @model_validator(mode="after")
    def _seeds_fit(self) -> ComparisonCreate:
        """Keep every seed within what can be drawn."""
        if self.seed + MOST_PAIRS > MAX_SEED:
            self.seed = MAX_SEED - MOST_PAIRS
        return self


class Tally(BaseModel):
    """What the votes came to."""

    first: int
    second: int
    neither: int
    voters: int


class Contender(BaseModel):
    """One of the two models, and how it did."""

    model: str
    title: str = Field(description="As people read it; its name where it is not offered any more.")
    weights_sha256: str
    weights_changed: bool = Field(description="It is offered with other weights by now.")
    wins: int | None = Field(description="Votes for it; null while the comparison is open.")


class Outcome(BaseModel):
    """What a closed comparison came to."""

    first: Contender
    second: Contender
    neither: int
    voters: int
    share: float | None = Field(
        description="The first one's share of the votes for either; null without any."
    )
    low: float = Field(description="Where Wilson's 95 % interval of that share begins.")
    high: float = Field(description="Where it ends.")
    p_value: float = Field(
        description="How likely so uneven a count is if both were as good: an exact sign test, `neither` left out."
    )


class PairState(StrEnum):
    """Whether a pair can be voted on."""

    DRAWING = "drawing"
    READY = "ready"
    HELD = "held"
    FAILED = "failed"


class ComparisonPublic(BaseModel):
    """A comparison as administrators see it. Which votes went where is told when it is closed."""

    id: str
    first: Contender
    second: Contender
    created_at: datetime
    closed_at: datetime | None
    mine: bool = Field(description="Whether you made it, and so have no vote.")
    pairs: dict[PairState, int] = Field(description="How many pairs are in which state.")
    votes: int
    voters: int
    outcome: Outcome | None = Field(description="null while it is open.")


class ComparisonPage(BaseModel):
    """Some comparisons, newest first, and where the next page starts."""

    items: list[ComparisonPublic]
    next_cursor: str | None = None


class BallotPair(BaseModel):
    """One pair as its voter sees it; nothing in it tells which model drew what."""

    id: str
    prompt: str
    width: int
    height: int
    left: str = Field(description="Where the left image is.")
    right: str = Field(description="Where the right image is.")
    choice: Preference | None = Field(description="What you said; null: nothing yet.")


class BallotSummary(BaseModel):
    """An open comparison in which you have a vote."""

    id: str
    created_at: datetime
    ready: int = Field(description="Pairs that you can vote on now.")
    voted: int = Field(description="Of those, how many you voted on.")
    drawing: int = Field(description="Pairs that are being drawn.")


class Ballot(BallotSummary):
    """The pairs of a comparison, in an order of your own."""

    closed_at: datetime | None
    pairs: list[BallotPair] = Field(description="Empty once it is closed.")
    outcome: Outcome | None = Field(description="What it came to; null while it is open.")


class Vote(BaseModel):
    """What you say of a pair."""

    model_config = ConfigDict(extra="forbid")

    choice: Preference = Field(examples=["left"])
