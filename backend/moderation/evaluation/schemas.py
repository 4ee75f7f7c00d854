"""What an evaluation came to, as it is written to a file and printed with `--json`."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from inference.protocol import CheckerCard


class Rate(BaseModel):
    """A share that was counted, with Wilson's 95 % interval."""

    count: int
    of: int
    share: float | None = Field(description="Null: there was nothing to count.")
    low: float
    high: float


class GroupFigures(BaseModel):
    """One folder of the set, or one shape."""

    group: str
    recall: Rate
    false_positives: Rate


class CurvePoint(BaseModel):
    """What would come of holding every picture of this margin or more; null: those that were not measured."""

    threshold: float | None
    recall: float
    precision: float
    false_positive_rate: float


class Bin(BaseModel):
    """A tenth of the pictures, by margin, and how many of them are restricted."""

    low: float
    high: float
    restricted: Rate


class Report(BaseModel):
    """Everything that was found. Margins are scores with the policy's shift: above 0 is held."""

    folder: str
    measured_at: datetime
    model: str
    checkers: list[CheckerCard]
    policy_version: str
    recall: Rate
    false_positives: Rate
    precision: Rate
    recall_gap: float | None = Field(description="Between the best and the worst group.")
    average_precision: float
    calibration_error: float | None
    unchecked: int = Field(description="Pictures that no checker, or not every one, measured.")
    unreadable: list[str] = Field(
        description="Files that are no pictures; left out of every figure."
    )
    missed: list[str] = Field(description="Restricted pictures that are not held; the first 200.")
    alarms: list[str] = Field(description="Safe pictures that are held; the first 200.")
    groups: list[GroupFigures]
    curve: list[CurvePoint]
    calibration: list[Bin]
