"""What a look at a machine found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Finding:
    """One thing looked at, what was seen, and what to do if it is not well."""

    subject: str
    level: Level
    seen: str
    advice: str = ""
