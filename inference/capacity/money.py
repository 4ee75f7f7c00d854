"""What GPUs cost by the hour, and so an image and a month. Prices are list prices as believed: `terraform/prices.toml` says since when."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from inference.capacity.engines import CapacityError, EngineModel
from inference.capacity.outcome import Outcome

BUNDLED: Final = Path(__file__).resolve().parents[2] / "terraform" / "prices.toml"
_GOOD: Final = (
    "give --on-demand-price and --spot-price in USD an hour, for example 0.8536 and 0.3414"
)


class Prices(BaseModel):
    """USD a GPU and hour, with its machine; `as_of` says where they come from. None: not known."""

    on_demand: float | None
    spot: float | None
    working_hours: float = 220.0
    as_of: str = ""

    def cost(self, outcome: Outcome) -> float | None:
        """Return what the GPUs of a simulation cost, in USD."""
        total = 0.0
        for hours, price in (
            (outcome.on_demand_hours, self.on_demand),
            (outcome.spot_hours, self.spot),
        ):
            if hours and price is None:
                return None
            total += hours * (price or 0.0)
        return total

    def an_image(self, outcome: Outcome) -> float | None:
        """Return what one image of it costs, in USD."""
        cost = self.cost(outcome)
        return None if cost is None else cost / outcome.images

    def a_month(self, outcome: Outcome) -> float | None:
        """Return what the working hours of a month like it cost, in USD."""
        cost = self.cost(outcome)
        return None if cost is None else cost / outcome.seconds * 3600 * self.working_hours


def prices_of(
    engine: EngineModel,
    path: Path = BUNDLED,
    *,
    on_demand: float | None = None,
    spot: float | None = None,
) -> Prices:
    """Return what `engine`'s machine costs, by the file or as given; not known where neither says.

    Raises:
        CapacityError: The file cannot be read, or a price is below 0 or no number.
    """
    for name, price in (("--on-demand-price", on_demand), ("--spot-price", spot)):
        if price is not None and not 0 <= price < math.inf:
            raise CapacityError(f"{name} is {price}; it must be 0 USD an hour or more; {_GOOD}")
    try:
        given = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
        unit = {name: float(value) for name, value in given.get("unit", {}).items()}
    except (OSError, ValueError, AttributeError) as error:
        raise CapacityError(f"{path.name} cannot be read: {error}; or {_GOOD}") from None
    return Prices(
        on_demand=unit.get(engine.on_demand) if on_demand is None else on_demand,
        spot=unit.get(engine.spot) if spot is None else spot,
        working_hours=given.get("amount", {}).get("working_hours", 220.0),
        as_of=f"{path.name}, as believed on {given.get('as_believed_on', 'no date')}",
    )
