"""Wire shapes of the figures of moderation. Each share comes with where the true one lies, or with no value at all."""

from __future__ import annotations

from datetime import date
from typing import Final

from pydantic import BaseModel, Field

LEAST: Final = 20
"""Decisions below which a share is not told: its interval would say nothing."""


class Measure(BaseModel):
    """A share, and between which bounds it is with 95 % confidence."""

    value: float | None = Field(
        description=f"null: fewer than {LEAST} decisions are too few to say."
    )
    low: float | None
    high: float | None
    of: int = Field(description="On how many decisions it stands.")


class QualityWeek(BaseModel):
    """The images that were judged in one week, by what people decided since."""

    week: date = Field(description="Its Monday.")
    images: int
    held: int
    precision: Measure
    missed: Measure = Field(
        description="Share of released images that people rejected, by samples."
    )


class QualityRow(BaseModel):
    """The figures of one category, or of one version of the policy."""

    key: str
    title: str = Field(description="What people call it.")
    images: int | None = Field(
        description="How many it judged; null: a category judges none by itself."
    )
    held: int
    decided: int
    precision: Measure
    missed: Measure | None = Field(description="null: samples are of no category.")


class Quality(BaseModel):
    """How good moderation was in the last weeks."""

    first_day: date
    last_day: date
    images: int = Field(description="How many were judged.")
    held: int = Field(description="How many the safety check held.")
    decided: int = Field(description="Of these, how many people decided about.")
    sampled: int = Field(description="How many released images were chosen by chance.")
    looked_at: int = Field(description="Of these, how many people decided about.")
    precision: Measure = Field(description="Of the held images, how many people rejected.")
    missed: Measure = Field(description="Of the released images, how many people would reject.")
    recall: Measure = Field(
        description="Of all images that people would reject, how many were held; estimated, since nobody sees all."
    )
    agreement: Measure = Field(
        description="Cohen's kappa of cases that two people decided: 1 is always alike, 0 as by chance."
    )
    alike: int = Field(
        description="Of the cases that two people decided, how many they decided alike."
    )
    weeks: list[QualityWeek]
    categories: list[QualityRow]
    versions: list[QualityRow]
