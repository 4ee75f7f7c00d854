"""The wire shapes of grids."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from backend.generations.schemas import GenerationParameters, GenerationPublic, Price
from inference.protocol import MAX_PROMPT_CHARACTERS

MOST_ON_SHEET: Final = 25
MOST_CELLS: Final = 50
LARGEST_NUMBER: Final = 10**12


class Setting(StrEnum):
    """What an axis may vary, named as the parameters are; `size` is width and height, `prompt` replaces words.

    `strength` needs an init_image in the base, which all cells draw over.
    """

    MODEL = "model"
    STEPS = "num_inference_steps"
    GUIDANCE = "guidance_scale"
    SCHEDULER = "scheduler"
    SEED = "seed"
    NEGATIVE_PROMPT = "negative_prompt"
    SIZE = "size"
    PROMPT = "prompt"
    STRENGTH = "strength"
    VARIATION_STRENGTH = "variation_strength"


def _as_text(value: object) -> object:
    """Return a number as it is written; nothing else is changed."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
        raise ValueError(f"must be a number between -{LARGEST_NUMBER} and {LARGEST_NUMBER}")
    return str(value)


_Words = Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)]
_Whole = Annotated[int, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
_Broken = Annotated[float, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]
WrittenValue = Annotated[
    str,
    BeforeValidator(_as_text, json_schema_input_type=_Words | _Whole | _Broken),
    StringConstraints(max_length=MAX_PROMPT_CHARACTERS),
]
Value = str | int | float


class AxisCreate(BaseModel):
    """A setting and the values that it is drawn with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    setting: Setting
    values: list[WrittenValue] = Field(
        min_length=1,
        max_length=MOST_ON_SHEET,
        description="Numbers as numbers or written out; a `size` as 512x512. Of `prompt` the first value are the "
        "words sought, which must stand in the prompt, and each value takes their place.",
        examples=[[10, 20, 40]],
    )


class GridCreate(BaseModel):
    """A grid to be drawn: what all cells share, and what varies from column to column, row to row and sheet to sheet."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    base: GenerationParameters = Field(
        description="As a generation's; each cell is one image, and they share the seed unless it is an axis."
    )
    x: AxisCreate = Field(description="What varies from column to column.")
    y: AxisCreate | None = Field(default=None, description="What varies from row to row.")
    z: AxisCreate | None = Field(
        default=None,
        description=f"What varies from sheet to sheet; a sheet has at most {MOST_ON_SHEET} images, a grid {MOST_CELLS}.",
    )

    @property
    def axes(self) -> dict[str, AxisCreate]:
        """The axes that there are, by name."""
        named = {"x": self.x, "y": self.y, "z": self.z}
        return {name: axis for name, axis in named.items() if axis}


class Axis(BaseModel):
    """A setting and the values that it was drawn with, first to last."""

    model_config = ConfigDict(frozen=True)

    setting: Setting
    values: list[Value]

    def without_words(self, instead: str) -> Axis:
        """Return this axis with `instead` for each value that somebody may have written prose in."""
        if self.setting not in {Setting.PROMPT, Setting.NEGATIVE_PROMPT}:
            return self
        return self.model_copy(update={"values": [instead] * len(self.values)})


class Axes(BaseModel):
    """The axes of a grid, as its row holds them."""

    model_config = ConfigDict(frozen=True)

    x: Axis
    y: Axis | None = None
    z: Axis | None = None

    @property
    def all(self) -> list[Axis]:
        """Those that there are."""
        return [axis for axis in (self.x, self.y, self.z) if axis]

    @property
    def columns(self) -> int:
        """How many columns there are."""
        return len(self.x.values)

    @property
    def rows(self) -> int:
        """How many rows there are: one without a second axis."""
        return len(self.y.values) if self.y else 1

    @property
    def sheets(self) -> int:
        """How many sheets there are: one without a third axis."""
        return len(self.z.values) if self.z else 1

    @property
    def total(self) -> int:
        """How many cells there are on all sheets."""
        return self.columns * self.rows * self.sheets

    def place(self, number: int) -> tuple[int, int, int]:
        """Return sheet, row and column of a cell by its number, which counts row by row, sheet by sheet."""
        line, column = divmod(number, self.columns)
        sheet, row = divmod(line, self.rows)
        return sheet, row, column

    def without_words(self, instead: str) -> Axes:
        """Return these axes with `instead` for each value that is prose."""
        y = self.y.without_words(instead) if self.y else None
        z = self.z.without_words(instead) if self.z else None
        return Axes(x=self.x.without_words(instead), y=y, z=z)


class CellState(StrEnum):
    """A generation's state; `deleted` where it, or its image, is there no more, or in the trash."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"
    DELETED = "deleted"


class Cell(BaseModel):
    """One place of a grid and the generation that is drawn for it."""

    sheet: int = Field(description="From 0; always 0 without a third axis.")
    row: int = Field(description="From 0, down.")
    column: int = Field(description="From 0, across.")
    x: Value = Field(description="The value of x here.")
    y: Value | None = Field(description="The value of y here; null without a second axis.")
    z: Value | None = Field(description="The value of z here; null without a third axis.")
    state: CellState
    generation: GenerationPublic | None = Field(description="Null once it is deleted.")


class GridSummary(BaseModel):
    """A grid without its cells."""

    id: str
    parameters: GenerationParameters = Field(description="What all cells share.")
    x: Axis
    y: Axis | None
    z: Axis | None
    columns: int
    rows: int
    sheets: int
    total: int = Field(description="How many cells it has.")
    done: int = Field(description="How many of them have ended, one way or another.")
    created_at: datetime


class GridPublic(GridSummary):
    """A grid as its owner sees it."""

    cells: list[Cell] = Field(description="Row by row, sheet by sheet.")


class GridPage(BaseModel):
    """Some grids, newest first, and where the next page starts."""

    items: list[GridSummary]
    next_cursor: str | None = None


class GridPrice(Price):
    """What a grid would cost, all cells together."""

    columns: int
    rows: int
    sheets: int
    total: int = Field(description="How many images that is.")
    known: int = Field(
        description="How many of them were drawn before, are there at once and cost nothing."
    )


class SheetVariant(StrEnum):
    """How large the images on a contact sheet are: at most 512 pixels, or 192."""

    FULL = "full"
    THUMB = "thumb"


EXAMPLES: Final[dict[str, Any]] = {
    "steps by guidance": {
        "summary": "Six images of one prompt and seed",
        "value": {
            "base": {"prompt": "a red striped dress on a cream background"},
            "x": {"setting": "num_inference_steps", "values": [10, 20, 40]},
            "y": {"setting": "guidance_scale", "values": [3, 6]},
        },
    },
    "three settings": {
        "summary": "The same six images by two samplers, a sheet for each",
        "value": {
            "base": {"prompt": "a red striped dress on a cream background", "seed": 4242},
            "x": {"setting": "num_inference_steps", "values": [10, 20, 40]},
            "y": {"setting": "guidance_scale", "values": [3, 6]},
            "z": {"setting": "scheduler", "values": ["ddim", "euler_a"]},
        },
    },
    "words of the prompt": {
        "summary": "The first value is what is sought; each takes its place",
        "value": {
            "base": {"prompt": "a red striped dress on a cream background", "seed": 4242},
            "x": {"setting": "prompt", "values": ["red", "navy", "green"]},
        },
    },
}
