"""Removes what is older than the studio keeps it, class by class, and says beforehand what that would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlmodel import Session

from backend.audit import repository as audits
from backend.audit import service as audit
from backend.kit import clock
from backend.kit.database import Database
from backend.kit.settings import Settings
from backend.kit.storage import Storage
from backend.leaving import files, removal
from backend.leaving.ageing import RULES, Rule, moment_of
from backend.leaving.belongings import IMAGES
from backend.legalholds import repository as legal_holds
from backend.provenance.marker import Marker, marker_of

AT_ONCE: Final = 20
DETAILS: Final = "audit_details"
_DETAILS_AT_ONCE: Final = 500
_LOOKED_AT_ONCE: Final = 500


@dataclass(frozen=True)
class Finding:
    """How much of one class is too old. `days` 0: it is kept for ever, and nothing is."""

    name: str
    days: float
    rows: int = 0
    bytes: int = 0
    oldest: datetime | None = None


def survey(database: Database, storage: Storage, settings: Settings) -> Iterator[Finding]:
    """Yield, for each class, what `removing` would remove now. Asks the storage for the size of each file."""
    now = clock.utc_now()
    for rule in RULES:
        before = moment_of(rule, settings, now)
        days = rule.days(settings)
        yield (
            Finding(rule.name, days)
            if before is None
            else _look(database, storage, rule, before, days)
        )
    days = settings.audit_detail_days
    if not days:
        yield Finding(DETAILS, days)
        return
    with database.read() as session:
        number, oldest = 0, None
        if not _any_hold(session):
            number, oldest = audits.count_details_before(session, now - timedelta(days=days))
    yield Finding(DETAILS, days, rows=number, oldest=oldest)


def removing(database: Database, storage: Storage, settings: Settings) -> Iterator[tuple[str, int]]:
    """Remove what is too old, step by step; each step yields the class and how many rows it removed.

    Raises:
        OSError: The storage refuses. Say it again.
    """
    now, marker = clock.utc_now(), marker_of(settings)
    for rule in RULES:
        before = moment_of(rule, settings, now)
        while before and (number := _remove(database, storage, marker, rule, before)):
            yield rule.name, number
    while settings.audit_detail_days and (number := _erase_details(database, settings, now)):
        yield DETAILS, number


def overdue(database: Database, settings: Settings, *, hours: float) -> Iterator[tuple[str, int]]:
    """Yield each class of which rows are left that were too old `hours` ago, and how many those are."""
    then = clock.utc_now() - timedelta(hours=hours)
    for rule in RULES:
        before = moment_of(rule, settings, then)
        if before is None:
            continue
        counted = select(func.count()).select_from(rule.belonging.table).where(rule.old(before))
        with database.read() as session:
            number = session.execute(counted).scalar_one()
        if number:
            yield rule.name, number


def _look(
    database: Database, storage: Storage, rule: Rule, before: datetime, days: float
) -> Finding:
    where = rule.old(before)
    numbers = select(func.count(), func.min(rule.since)).select_from(rule.belonging.table)
    with database.read() as session:
        rows, oldest = session.execute(numbers.where(where)).one()
    size = sum(_sizes(database, storage, rule, before)) if rule.takes_files and rows else 0
    return Finding(rule.name, days, rows, size, oldest)


def _sizes(database: Database, storage: Storage, rule: Rule, before: datetime) -> Iterator[int]:
    """Yield how many bytes the files of some rows have, until all of them were looked at."""
    last = ""
    while True:
        with database.read() as session:
            where = rule.old(before) & (rule.belonging.key > last)
            ids = removal.some(session, rule.belonging, where, _LOOKED_AT_ONCE)
            images = ids if rule.belonging is IMAGES else removal.images_of(session, ids)
            keys = files.keys_of(session, IMAGES, images)
        if not ids:
            return
        yield files.sizes(storage, keys)
        last = ids[-1]


def _remove(
    database: Database, storage: Storage, marker: Marker, rule: Rule, before: datetime
) -> int:
    with database.write() as session:
        legal_holds.keep_new_ones_out(session)
        if rule.takes_files:
            files.keep_rows_out(session)
        ids = removal.some(session, rule.belonging, rule.old(before), AT_ONCE)
        if ids:
            rule.remove(session, storage, marker, ids)
            _record(session, rule, len(ids))
    return len(ids)


def _record(session: Session, rule: Rule, number: int) -> None:
    if rule.audited:
        audit.record(
            session,
            actor_id=None,
            verb="retention.remove",
            subject=f"retention:{rule.name}",
            detail={"rows": str(number)},
        )


def _erase_details(database: Database, settings: Settings, now: datetime) -> int:
    before = now - timedelta(days=settings.audit_detail_days)
    with database.write() as session:
        legal_holds.keep_new_ones_out(session)
        if _any_hold(session):
            return 0
        return audits.erase_details_before(session, before, _DETAILS_AT_ONCE)


def _any_hold(session: Session) -> bool:
    """Whether any legal hold stands: details name too many things to tell which it covers."""
    found, _ = legal_holds.page(session, standing=True, cursor=None, limit=1)
    return bool(found)
