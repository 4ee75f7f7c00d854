"""What an export of the audit is written as. Imports nothing, so that a command line starts at once."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """What an export is written as."""

    JSONL = "jsonl"
    CSV = "csv"
