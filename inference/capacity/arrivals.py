"""Who asks for what when: a recorded trace, or so many designers at work. The same for the same seed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from inference.capacity.engines import CapacityError

AT_MOST: Final = 500_000
HOUR_S: Final = 3600.0
# Of a day's work, hour by hour: ten hours, as `working_hours` of terraform/prices.toml has them.
DAY: Final = (0.4, 0.8, 1.0, 0.9, 0.4, 0.7, 1.0, 0.9, 0.6, 0.3)
_EXAMPLES: Final = {
    "seconds": 12.5, "images": 1, "steps": 4, "width": 512, "height": 512, "guided": True,
}  # fmt: skip


class Ask(BaseModel):
    """One generation as it was asked for, `seconds` after the trace began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seconds: float = Field(ge=0, le=31 * 24 * HOUR_S, allow_inf_nan=False)
    images: int = Field(default=1, ge=1, le=64)
    steps: int = Field(default=4, ge=1, le=500)
    width: int = Field(default=512, ge=8, le=8192)
    height: int = Field(default=512, ge=8, le=8192)
    guided: bool = True

    @property
    def rows(self) -> int:
        """UNet rows of one step of one image."""
        return 2 if self.guided else 1

    @property
    def pixels(self) -> int:
        """Height × width."""
        return self.width * self.height


class Designers(BaseModel):
    """People at work: they come and go in sessions, and ask every `think_s` seconds while one lasts.

    Of their asks, `sketches` have `sketch_steps` without guidance, the rest `final_steps` with it.
    """

    model_config = ConfigDict(frozen=True)

    number: int = Field(ge=1, le=100_000)
    think_s: float = Field(default=45.0, gt=0, le=86_400)
    session_s: float = Field(default=900.0, gt=0, le=86_400)
    at_work: float = Field(default=0.5, gt=0, le=1, description="Share of the time in a session.")
    sketches: float = Field(default=0.8, ge=0, le=1)
    sketch_steps: int = Field(default=4, ge=1, le=500)
    final_steps: int = Field(default=30, ge=1, le=500)
    side: int = Field(default=512, ge=64, le=4096)

    @property
    def asks_per_s(self) -> float:
        """How many asks a second they make together, on average in a full hour."""
        return self.number * self.at_work / self.think_s

    def asks(self, seconds: float, seed: int, *, day: Iterable[float] = ()) -> list[Ask]:
        """Return what they ask in `seconds`; with `day`, hour k has that share of a full hour's asks.

        Raises:
            CapacityError: That is more than `AT_MOST`.
        """
        expected = self.asks_per_s * seconds
        if expected > AT_MOST:
            raise CapacityError(
                f"{self.number} designers ask {expected:,.0f} times in {seconds:g} s; at most {AT_MOST:,} "
                f"are simulated: shorten --hours to {AT_MOST / self.asks_per_s / HOUR_S:.2g}"
            )
        random, shares = Random(seed), tuple(day)  # noqa: S311 - reproducible, not secret
        asks = [
            self._ask(at, random)
            for _ in range(self.number)
            for at in self._times(seconds, random)
            if not shares or random.random() < shares[int(at // HOUR_S) % len(shares)]
        ]
        return sorted(asks, key=lambda ask: ask.seconds)

    def _times(self, seconds: float, random: Random) -> Iterator[float]:
        """Yield when one of them asks: sessions and pauses of random length, as many as `at_work` says."""
        away_s = self.session_s * (1 - self.at_work) / self.at_work
        here = random.random() < self.at_work
        now = 0.0
        while now < seconds:
            lasts = random.expovariate(1 / self.session_s) if here else _pause(away_s, random)
            if here:
                at = now + random.expovariate(1 / self.think_s)
                while at < min(now + lasts, seconds):
                    yield at
                    at += random.expovariate(1 / self.think_s)
            now, here = now + lasts, not here

    def _ask(self, at: float, random: Random) -> Ask:
        sketch = random.random() < self.sketches
        steps = self.sketch_steps if sketch else self.final_steps
        return Ask(
            seconds=round(at, 3), steps=steps, guided=not sketch, width=self.side, height=self.side
        )


def read_trace(path: Path) -> list[Ask]:
    """Return the asks of a CSV or JSONL file, in the order of time.

    Raises:
        CapacityError: It cannot be read, is empty, or a line is wrong; the message names line, field and limit.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CapacityError(f"{path.name} cannot be read: {error}") from None
    asks = [_checked(path, line, row) for line, row in _rows(path, text)]
    if not asks:
        raise CapacityError(f"{path.name} holds no arrivals; a line is {json.dumps(_EXAMPLES)}")
    if len(asks) > AT_MOST:
        raise CapacityError(
            f"{path.name} holds {len(asks):,} arrivals; at most {AT_MOST:,} are simulated"
        )
    return sorted(asks, key=lambda ask: ask.seconds)


def write_trace(asks: Iterable[Ask], path: Path) -> None:
    """Write `asks` as CSV, or as JSONL where the name ends so."""
    rows = [ask.model_dump(mode="json") for ask in asks]
    if path.suffix == ".jsonl":
        path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(_EXAMPLES), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _pause(away_s: float, random: Random) -> float:
    return random.expovariate(1 / away_s) if away_s else 0.0


def _rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if path.suffix != ".jsonl":
        yield from enumerate(csv.DictReader(io.StringIO(text)), start=2)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise CapacityError(f"{path.name} line {number} is no JSON: {error}") from None
        if not isinstance(row, dict):
            raise CapacityError(f"{path.name} line {number} must be an object such as {_EXAMPLES}")
        yield number, row


def _checked(path: Path, line: int, row: Mapping[str, Any]) -> Ask:
    try:
        return Ask.model_validate(row)
    except ValidationError as error:
        [problem, *_] = error.errors()
        field = str(problem["loc"][0]) if problem["loc"] else "line"
        good = f", for example {_EXAMPLES[field]}" if field in _EXAMPLES else ""
        raise CapacityError(f"{path.name} line {line}: {field}: {problem['msg']}{good}") from None
