"""What a device does in which time: points that were measured, or estimated, of one engine on one device.

`assets/capacity/engines.toml` holds those we know; `atelier capacity --measure` writes such a file of your own machine.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

BUNDLED: Final = Path(__file__).resolve().parents[2] / "assets" / "capacity" / "engines.toml"
EXAMPLES: Final = {
    "points": "points = [{rows = 1, seconds = 0.05}, {rows = 8, seconds = 0.2}]",
    "pixels": "pixels = 262144",
    "row_cap": "row_cap = 8",
    "source": 'source = "measured"',
    "finish_s": "finish_s = 0.1",
    "cold_start_s": "cold_start_s = 90",
    "name": 'name = "my-gpu"',
}


class CapacityError(Exception):
    """What was given cannot be worked with; the text names the field, the limit and a good value."""


class Point(BaseModel):
    """A step of so many rows took so many seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(ge=1, le=256)
    seconds: float = Field(gt=0, le=600, allow_inf_nan=False)


def _in_order(points: tuple[Point, ...]) -> tuple[Point, ...]:
    rows = [point.rows for point in points]
    if rows != sorted(set(rows)):
        raise ValueError("rows must grow from point to point")
    return points


class EngineModel(BaseModel):
    """One engine on one device. Seconds; `pixels` is height × width of the images its points were taken with.

    `prepare_s` is what reading a prompt takes of the engine's thread, `finish_s` what decoding, scoring and
    writing an image takes: beside the steps, or on the device between them (`finish_beside` false).
    `on_demand` and `spot` name its hourly prices in `terraform/prices.toml`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    title: str
    source: Literal["measured", "estimate"]
    how: str
    points: Annotated[tuple[Point, ...], AfterValidator(_in_order)] = Field(min_length=1)
    pixels: int = Field(ge=64 * 64, le=4096 * 4096)
    row_cap: int = Field(default=8, ge=2, le=256)
    prepare_s: float = Field(default=0.0, ge=0, le=600)
    finish_s: float = Field(default=0.0, ge=0, le=600)
    finish_beside: bool = True
    cold_start_s: float = Field(default=120.0, ge=0, le=7200)
    watts_busy: float | None = Field(default=None, gt=0, le=10_000)
    watts_idle: float | None = Field(default=None, ge=0, le=10_000)
    on_demand: str = ""
    spot: str = ""

    def step_s(self, rows: int, pixels: int) -> float:
        """Return the seconds of a step of `rows` images' rows of `pixels`: between points on a line, and in proportion to pixels."""
        return self._at(rows) * pixels / self.pixels

    def images_per_s(self, steps: int = 4, rows: int = 2, pixels: int = 0) -> float:
        """Return how many images of `steps` steps of `rows` it draws a second when it never waits."""
        together = max(1, self.row_cap // rows)
        scale = (pixels or self.pixels) / self.pixels
        stepping = scale * steps * self._at(together * rows) / together + self.prepare_s
        finishing = scale * self.finish_s
        each = max(stepping, finishing) if self.finish_beside else stepping + finishing
        return 1 / each

    def _at(self, rows: int) -> float:
        last = self.points[-1]
        if rows >= last.rows:
            return last.seconds * rows / last.rows
        before = self.points[0]
        if rows <= before.rows:
            return before.seconds
        for point in self.points:
            if rows <= point.rows:
                share = (rows - before.rows) / (point.rows - before.rows) if point != before else 0
                return before.seconds + share * (point.seconds - before.seconds)
            before = point
        raise AssertionError(rows)


def read_engines(path: Path = BUNDLED) -> dict[str, EngineModel]:
    """Return the engines of a file by name.

    Raises:
        CapacityError: It cannot be read, or something in it is wrong.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("engine", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise CapacityError(f"{path.name} cannot be read: {error}") from None
    if not isinstance(tables, list) or not tables:
        raise CapacityError(f"{path.name} has no [[engine]] table; `--measure FILE` writes one")
    engines = [_engine(path, table) for table in tables]
    return {engine.name: engine for engine in engines}


def engine_named(name: str) -> EngineModel:
    """Return the bundled engine of that name, or the first of the `.toml` file that it names.

    Raises:
        CapacityError: There is none.
    """
    if name.endswith(".toml"):
        return next(iter(read_engines(Path(name)).values()))
    known = read_engines()
    if name not in known:
        raise CapacityError(
            f"--engine is {name!r}; it must be one of {', '.join(known)}, or a .toml file that --measure wrote"
        )
    return known[name]


def written(engine: EngineModel) -> str:
    """Return the `[[engine]]` table of `engine` as TOML."""
    lines = ["[[engine]]"]
    for name, value in engine.model_dump(exclude_none=True).items():
        lines.append(f"{name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _engine(path: Path, table: Any) -> EngineModel:  # noqa: ANN401 - whatever stands in the file
    try:
        return EngineModel.model_validate(table)
    except ValidationError as error:
        [problem, *_] = error.errors()
        field = str(problem["loc"][0]) if problem["loc"] else "engine"
        where = ".".join(str(part) for part in problem["loc"])
        good = f"; for example {EXAMPLES[field]}" if field in EXAMPLES else ""
        said = problem["msg"].removeprefix("Value error, ")
        raise CapacityError(f"{path.name}: {where}: {said}{good}") from None


def _toml(value: Any) -> str:  # noqa: ANN401 - what a model dumps
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
        return f'"{escaped}"'
    if isinstance(value, list | tuple):
        points = (f"{{rows = {one['rows']}, seconds = {one['seconds']:.6g}}}" for one in value)
        return f"[{', '.join(points)}]"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
