"""Wire shapes of the usage report. Days are those of UTC; a generation counts on the day it was accepted."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import BaseModel, Field


class By(StrEnum):
    """What the figures are told apart by."""

    DAY = "day"
    TEAM = "team"
    PERSON = "person"
    MODEL = "model"


class Figures(BaseModel):
    """What was drawn by some generations. Times are seconds; percentiles are of values that occurred."""

    generations: int = Field(default=0, description="Accepted, whatever became of them.")
    succeeded: int = 0
    failed: int = 0
    canceled: int = 0
    images: int = Field(default=0, description="Images of theirs that there still are.")
    credits: float = Field(
        default=0.0,
        description="What the ledger says, less what was given back; deleted generations count.",
    )
    wait_p50: float | None = Field(
        default=None, description="From accepted to started, of those that were started."
    )
    wait_p95: float | None = None
    run_p50: float | None = Field(
        default=None, description="From started to ended, of those that succeeded."
    )
    run_p95: float | None = None
    held: int = Field(default=0, description="Images that were ever held.")
    released: int = Field(default=0, description="Of those, how many a reviewer released.")
    rejected: int = Field(default=0, description="Of those, how many a reviewer rejected.")
    hold_rate: float | None = Field(
        default=None, description="Held images of all images; null without images.", examples=[0.02]
    )


class ReportRow(Figures):
    """The figures of one day, team, person or model."""

    key: str = Field(
        description="The day, the id, or the model's name; empty: in no team, or of a model that "
        "nobody knows any more, since the generation was deleted.",
        examples=["2026-11-22"],
    )
    name: str = Field(description="What it is called; empty where it is gone.")
    email: str | None = Field(default=None, description="A person's address.")


class UsageReport(BaseModel):
    """What was drawn from one day to another, both counted."""

    first_day: date
    last_day: date
    by: By
    total: Figures
    before: Figures | None = Field(description="The same of as many days before, if asked for.")
    items: list[ReportRow] = Field(
        description="Every day, oldest first; else those that spent the most first."
    )
    left_off: int = Field(description="How many more rows there are; the CSV has them all.")
