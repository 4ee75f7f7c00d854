"""What stands beside the GPUs: how many images a second database, gateway and storage were seen to take, and what breaks first."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from inference.capacity.arrivals import Designers
from inference.capacity.engines import EngineModel
from inference.capacity.simulation import Fleet, simulate
from inference.capacity.sizing import LADDER, full_load

BUNDLED: Final = Path(__file__).resolve().parents[2] / "assets" / "capacity" / "limits.toml"
LOAD: Final = 0.8
ASKS: Final = 6_000
MOST_SIMULATED: Final = 1000


class Limit(BaseModel):
    """Something that was measured at `rate` a second, of which an image takes `an_image`. `held`: it did not break there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    part: str
    what: str
    rate: float = Field(gt=0)
    unit: str
    an_image: float = Field(gt=0)
    source: str
    then: str
    held: bool = False

    @property
    def images_per_s(self) -> float:
        """The images a second at which it is reached."""
        return self.rate / self.an_image


class Scale(BaseModel):
    """So many GPUs at 80 % load: who keeps them busy, how long these wait, and which limits are passed, the lowest first."""

    gpus: int
    images_per_s: float
    designers: int
    p95_s: float
    breaks: list[str]


class Reached(BaseModel):
    """A limit, and how many GPUs at 80 % load reach it."""

    limit: Limit
    images_per_s: float
    gpus: float


def read_limits(path: Path = BUNDLED) -> list[Limit]:
    """Return the limits of a file, the lowest first."""
    tables = tomllib.loads(path.read_text("utf-8"))["limit"]
    limits = [Limit.model_validate(table) for table in tables]
    return sorted(limits, key=lambda limit: limit.images_per_s)


def reached_by(engine: EngineModel, limits: Sequence[Limit]) -> list[Reached]:
    """Return how many GPUs reach each limit, the first first."""
    each = _images_per_s(engine)
    return [
        Reached(
            limit=limit,
            images_per_s=limit.images_per_s,
            gpus=round(limit.images_per_s / each, 1),
        )
        for limit in limits
    ]


def scales(
    engine: EngineModel, limits: Sequence[Limit], ladder: Sequence[int] = LADDER
) -> list[Scale]:
    """Return what comes of each count of GPUs, simulated with about `ASKS` asks each."""
    rows = []
    for gpus in ladder:
        people, asks = full_load(engine, gpus, load=LOAD, asks=max(ASKS, 8 * gpus))
        outcome = simulate(engine, asks, Fleet.of(gpus))
        rate = people.asks_per_s
        rows.append(
            Scale(
                gpus=gpus,
                images_per_s=round(rate, 2),
                designers=people.number,
                p95_s=outcome.to_image.p95,
                breaks=[
                    limit.part for limit in limits if rate > limit.images_per_s and not limit.held
                ],
            )
        )
    return rows


def _images_per_s(engine: EngineModel) -> float:
    """Return what one GPU at `LOAD` draws of designers' usual mix."""
    people = Designers(number=1)
    sketch = 1 / engine.images_per_s(people.sketch_steps, 1, people.side**2)
    final = 1 / engine.images_per_s(people.final_steps, 2, people.side**2)
    return LOAD / (people.sketches * sketch + (1 - people.sketches) * final)
