"""Writes the rows of a report as CSV, the columns named as the API's fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from backend.kit import sheets
from backend.reports.schemas import Figures, ReportRow

COLUMNS: Final = ("key", "name", "email", *Figures.model_fields)


def lines(rows: Iterable[ReportRow]) -> Iterator[bytes]:
    """Yield the names of the columns, then a line for each row; what is not known is left empty."""
    yield sheets.line(COLUMNS)
    for row in rows:
        told = row.model_dump(include=set(COLUMNS))
        yield sheets.line("" if told[name] is None else str(told[name]) for name in COLUMNS)
