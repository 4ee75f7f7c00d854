"""What a studio has been asked so far, as a trace: when, how many images, which steps and size. No prompt, and nobody's name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from backend.generations.models import Generation
from inference.capacity.arrivals import HOUR_S, Ask
from inference.capacity.engines import CapacityError
from inference.protocol import GenerationParameters


def asks_since(session: Session, since: datetime) -> list[Ask]:
    """Return what was asked and drawn since then, oldest first, in seconds from the first.

    Raises:
        CapacityError: Nothing was.
    """
    rows = session.exec(
        select(col(Generation.created_at), col(Generation.parameters))
        .where(col(Generation.created_at) >= since, ~col(Generation.from_cache))
        .order_by(col(Generation.created_at), col(Generation.id))
    ).all()
    if not rows:
        raise CapacityError(
            f"nothing was asked since {since:%Y-%m-%d %H:%M} UTC; look further back with --days, for example 30"
        )
    first = rows[0][0]
    return [_ask((at - first).total_seconds(), asked) for at, asked in rows]


def busiest(asks: Sequence[Ask], hours: float) -> list[Ask]:
    """Return those of the `hours` in a row in which the most steps were asked for, counted from their beginning."""
    lasts, best, work, first = hours * HOUR_S, (0, 0), 0.0, 0
    most = -1.0
    for last, ask in enumerate(asks):
        work += _work(ask)
        while ask.seconds - asks[first].seconds > lasts:
            work -= _work(asks[first])
            first += 1
        if work > most:
            most, best = work, (first, last + 1)
    chosen = asks[best[0] : best[1]]
    began = chosen[0].seconds
    return [ask.model_copy(update={"seconds": ask.seconds - began}) for ask in chosen]


def days_ago(now: datetime, days: float) -> datetime:
    """Return the moment `days` before `now`.

    Raises:
        CapacityError: It is not above 0, or more than a year.
    """
    if not 0 < days <= 366:  # noqa: PLR2004
        raise CapacityError(
            f"--days is {days:g}; it must be above 0 and at most 366, for example 30"
        )
    return now - timedelta(days=days)


def _work(ask: Ask) -> float:
    return float(ask.images * ask.rows * ask.steps * ask.pixels)


def _ask(seconds: float, asked: GenerationParameters) -> Ask:
    return Ask(
        seconds=round(max(0.0, seconds), 3),
        images=asked.num_images,
        steps=max(1, asked.taken_steps),
        width=asked.width,
        height=asked.height,
        guided=asked.guidance_scale > 1,
    )
