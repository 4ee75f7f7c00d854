"""What the load generator is told, and what it tells: plain data, one JSON object a line.

    Plan  →  Began (a stage of users) … Answered (one request) … Ended

Leaves it to `scenarios` which plans there are and to `people` how they are carried out.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class Kind(StrEnum):
    """What is asked for: the study's four steps, a sketch without guidance, or a final."""

    PREDICT = "predict"
    SKETCH = "sketch"
    FINAL = "final"


class Outcome(StrEnum):
    """How a request ended: an image, an error, a client that left, or cut off when time was up."""

    OK = "ok"
    ERROR = "error"
    LEFT = "left"
    UNFINISHED = "unfinished"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stage(_Frozen):
    """So many users at once, for so long."""

    users: int = Field(ge=1, le=1000)
    seconds: float = Field(gt=0, le=3600)


class Arrival(_Frozen):
    """A request that comes `at` seconds after the start, however busy the server is."""

    at: float
    kind: Kind


class Leaving(_Frozen):
    """Every `every`-th client leaves after a random time between `soonest` and `latest` seconds."""

    every: int = Field(ge=1)
    soonest: float = 0.1
    latest: float = 1.0


class Plan(_Frozen):
    """One run of load against one server.

    Closed loop: every user asks again as soon as it has its answer. With `arrivals`, open loop: the
    users only carry requests whose times are fixed beforehand. When the stages are over nothing new
    is sent, and what is under way gets `drain_s` seconds.
    """

    url: str
    stages: list[Stage] = Field(min_length=1)
    kinds: list[Kind] = Field(default=[Kind.PREDICT], min_length=1)
    arrivals: list[Arrival] | None = None
    leaving: Leaving | None = None
    seed: int = 0
    timeout_s: float = 120.0
    drain_s: float = 60.0

    @property
    def seconds(self) -> float:
        """How long it sends."""
        return sum(stage.seconds for stage in self.stages)


class Began(_Frozen):
    """A stage began; the one before it ended."""

    type: Literal["began"] = "began"
    users: int
    at: float


class Answered(_Frozen):
    """A request ended. Seconds since the run's start; `sent` is when an arrival was due."""

    type: Literal["answered"] = "answered"
    kind: Kind
    sent: float
    done: float
    outcome: Outcome
    error: str | None = None


class Ended(_Frozen):
    """The run is over; sending stopped at `at`."""

    type: Literal["ended"] = "ended"
    at: float


Told = Annotated[Began | Answered | Ended, Field(discriminator="type")]
told: TypeAdapter[Told] = TypeAdapter(Told)

MIX: Final = [Kind.SKETCH] * 8 + [Kind.FINAL] * 2  # of ten requests, shuffled anew each time
