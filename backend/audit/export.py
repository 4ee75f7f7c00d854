"""Writes entries out, newest first, as lines of JSON or as a table for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any, Final

from backend.audit import service
from backend.audit.format import Format
from backend.audit.schemas import AuditFilter, AuditRecord
from backend.kit.database import Database

AT_ONCE: Final = 1000
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def found(database: Database, wanted: AuditFilter) -> Iterator[AuditRecord]:
    """Yield every entry that is wanted, newest first; holds no transaction between two thousand."""
    before: int | None = None
    while True:
        with database.read() as session:
            some = service.find(session, wanted, before=before, limit=AT_ONCE)
        yield from some
        if len(some) < AT_ONCE:
            return
        before = some[-1].seq


def lines(records: Iterable[AuditRecord], form: Format) -> Iterator[str]:
    """Yield `records` as text, line by line, with what a `form` has above them."""
    if form is Format.JSONL:
        return (one.model_dump_json() + "\n" for one in records)
    return _table(records)


def _table(records: Iterable[AuditRecord]) -> Iterator[str]:
    page = StringIO()
    writer = csv.DictWriter(page, list(AuditRecord.model_fields))
    writer.writeheader()
    yield _taken(page)
    for one in records:
        writer.writerow({name: _inert(value) for name, value in _cells(one).items()})
        yield _taken(page)


def _cells(one: AuditRecord) -> dict[str, Any]:
    detail = "" if one.detail is None else json.dumps(one.detail, sort_keys=True)
    return {**one.model_dump(mode="json"), "detail": detail}


def _inert(value: object) -> object:
    """Return what a spreadsheet shows as it is, and does not compute."""
    text = "" if value is None else value
    return f"'{text}" if isinstance(text, str) and text.startswith(_FORMULA) else text


def _taken(page: StringIO) -> str:
    text = page.getvalue()
    page.seek(0)
    page.truncate()
    return text
