"""How many GPUs are enough: the smallest count whose p95 stays below what is wanted, with every seed that was tried."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from statistics import median
from typing import Final, Literal

from pydantic import BaseModel

from inference.capacity.arrivals import Ask, Designers
from inference.capacity.autoscaler import Scaling
from inference.capacity.engines import CapacityError, EngineModel
from inference.capacity.money import Prices
from inference.capacity.outcome import Outcome
from inference.capacity.simulation import Fleet, simulate

Until = Literal["image", "start"]
Trace = Callable[[int], Sequence[Ask]]
"""A seed → what is asked."""
MOST_GPUS: Final = 1000
LADDER: Final = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000)
SPOT_PER_HOUR: Final = 0.05
MIXES: Final = (
    ("on demand, always there", 1.0, False),
    ("spot, always there", 0.0, False),
    ("autoscaled, on demand", 1.0, True),
    ("autoscaled, one on demand, the rest spot", 0.0, True),
)


class Between(BaseModel):
    """The median of some seeds, and the lowest and highest of them."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, numbers: Iterable[float]) -> Between:
        """Return where `numbers`, at least one, lie."""
        ordered = sorted(numbers)
        return cls(value=round(median(ordered), 4), low=ordered[0], high=ordered[-1])


class Row(BaseModel):
    """One fleet: `p95` and `start_p95` in seconds over the seeds, the rest of the first seed's day or hour."""

    name: str
    gpus: int
    p95: Between
    start_p95: Between
    outcome: Outcome
    usd_an_image: float | None
    usd_a_month: float | None


class Answer(BaseModel):
    """`gpus` is None where `MOST_GPUS` are not enough; `rows` are all counts that were tried."""

    gpus: int | None
    within_s: float
    until: Until
    rows: list[Row]


class Planner:
    """Simulates fleets of one engine on one kind of trace, with some seeds."""

    def __init__(
        self, engine: EngineModel, trace: Trace, prices: Prices, *, seeds: int = 5
    ) -> None:
        if not 1 <= seeds <= 50:  # noqa: PLR2004
            raise CapacityError(f"--seeds is {seeds}; it must be 1 to 50, for example 5")
        self._engine, self._prices = engine, prices
        self._traces = [trace(seed) for seed in range(seeds)]

    def row(self, name: str, fleet: Fleet) -> Row:
        """Return what comes of `fleet`."""
        outcomes = [
            simulate(self._engine, asks, fleet, seed=seed) for seed, asks in enumerate(self._traces)
        ]
        first = outcomes[0]
        return Row(
            name=name,
            gpus=fleet.scaling.max_replicas,
            p95=Between.of(outcome.to_image.p95 for outcome in outcomes),
            start_p95=Between.of(outcome.waiting.p95 for outcome in outcomes),
            outcome=first,
            usd_an_image=self._prices.an_image(first),
            usd_a_month=self._prices.a_month(first),
        )

    def smallest(self, within_s: float, until: Until = "image") -> Answer:
        """Return the smallest count of GPUs, always there, whose p95 is `within_s` with every seed.

        Raises:
            CapacityError: `within_s` is not above 0, or less than one alone takes.
        """
        if not 0 < within_s < math.inf:
            raise CapacityError(
                f"--within is {within_s}; it must be above 0 seconds, for example 10"
            )
        rows: dict[int, Row] = {}

        def enough(gpus: int) -> bool:
            if gpus not in rows:
                rows[gpus] = self.row(f"{gpus} always there", Fleet.of(gpus))
            row = rows[gpus]
            return (row.p95 if until == "image" else row.start_p95).high <= within_s

        low, high = 0, 1
        while not enough(high):
            if high >= MOST_GPUS or self._unloaded(rows[high], within_s, until):
                return Answer(gpus=None, within_s=within_s, until=until, rows=_in_order(rows))
            low, high = high, min(MOST_GPUS, high * 2)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        enough(high + 1)  # what one more would bring
        return Answer(gpus=high, within_s=within_s, until=until, rows=_in_order(rows))

    def mixes(self, gpus: int, scaling: Scaling | None = None) -> list[Row]:
        """Return each mix of on-demand and spot with at most `gpus`, always there or scaled by our policy."""
        base = scaling or Scaling()
        rows = []
        for name, on_demand, autoscaled in MIXES:
            least = 1 if autoscaled else gpus
            scaled = Scaling(
                min_replicas=least,
                max_replicas=gpus,
                target_backlog_s=base.target_backlog_s,
                upscale_delay_s=base.upscale_delay_s,
                downscale_delay_s=base.downscale_delay_s,
            )
            floor = round(on_demand * gpus) or (1 if autoscaled else 0)
            fleet = Fleet(scaled, floor, SPOT_PER_HOUR, in_flight=32 * gpus)
            rows.append(self.row(name, fleet))
        return rows

    def _unloaded(self, row: Row, within_s: float, until: Until) -> bool:
        """Say whether nobody waits any more and it still takes too long: more GPUs will not help."""
        return until == "image" and row.start_p95.high == 0 and row.p95.low > within_s


def full_load(
    engine: EngineModel, gpus: int, *, load: float = 0.8, asks: int = 20_000
) -> tuple[Designers, list[Ask]]:
    """Return as many designers as keep `gpus` busy by `load`, and about so many of their asks."""
    one = Designers(number=1)
    sketch = 1 / engine.images_per_s(one.sketch_steps, 1, one.side**2)
    final = 1 / engine.images_per_s(one.final_steps, 2, one.side**2)
    each = one.asks_per_s * (one.sketches * sketch + (1 - one.sketches) * final)
    people = Designers(number=max(1, min(100_000, round(load * gpus / each))))
    return people, people.asks(max(30.0, asks / people.asks_per_s), 0)


def _in_order(rows: dict[int, Row]) -> list[Row]:
    return [rows[gpus] for gpus in sorted(rows)]
