"""The whole answer as plain data: what was assumed, how many GPUs, what each mix costs, what breaks beside them."""

from __future__ import annotations

from pydantic import BaseModel

from backend.capacity.limits import Reached, Scale
from inference.capacity.arrivals import Designers
from inference.capacity.engines import EngineModel
from inference.capacity.money import Prices
from inference.capacity.sizing import Answer, Row


class Plan(BaseModel):
    """`asked` is what was simulated in words; `day` the mixes over a working day or the trace; `beside` on request."""

    engine: EngineModel
    prices: Prices
    asked: str
    designers: Designers | None
    answer: Answer
    day: list[Row] = []
    scales: list[Scale] = []
    limits: list[Reached] = []
