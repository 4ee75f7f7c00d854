"""The audit as administrators see it: pages with names, an export that ends with the right to it, a check."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts_of
from backend.accounts.actor import Actor
from backend.audit import export
from backend.audit import service as audit
from backend.audit.format import Format
from backend.audit.schemas import AuditFilter, AuditRecord
from backend.kit.database import Database
from backend.kit.errors import Forbidden
from backend.kit.pagination import cut, decode_cursor, not_ours
from backend.oversight.schemas import (
    CHECKED_AT_MOST,
    AuditCheck,
    AuditPageWanted,
    BreakPublic,
    Doer,
    OverseenPage,
    OverseenRecord,
)

SUBJECT: Final = "audit:entries"
_LARGEST: Final = 2**63 - 1


def look(session: Session, wanted: AuditPageWanted) -> OverseenPage:
    """Return a page of the entries that are wanted, newest first.

    Raises:
        Unprocessable: The cursor is not one of ours.
    """
    found = audit.find(session, wanted, before=_number_in(wanted.cursor), limit=wanted.limit + 1)
    shown, following = cut(found, wanted.limit, lambda one: str(one.seq))
    return OverseenPage(items=_named(session, shown), next_cursor=following)


def write_out(
    database: Database,
    actor: Actor,
    wanted: AuditFilter,
    form: Format,
    still_permitted: Callable[[], bool],
) -> Iterator[str]:
    """Return the text of an export, after writing down that it was asked for.

    `still_permitted` is asked again every thousand entries; the export breaks off when it says no.
    """
    asked = {name: str(value) for name, value in wanted if value is not None}
    with database.write() as session:
        detail = {"format": form.value, **asked}
        audit.record(
            session, actor_id=actor.id, verb="audit.export", subject=SUBJECT, detail=detail
        )
    records = _while_permitted(export.found(database, wanted), still_permitted)
    return export.lines(records, form)


def check(session: Session, *, most: int | None = None) -> AuditCheck:
    """Walk along the last entries, a few thousand if `most` is not said, which takes part of a second."""
    verdict = audit.verify_end(session, most=most or CHECKED_AT_MOST)
    return AuditCheck(
        holds=not verdict.breaks,
        head=str(verdict.head),
        entries=verdict.head.seq,
        checked=verdict.entries,
        erased=verdict.erased,
        breaks=[BreakPublic(seq=one.seq, why=one.why) for one in verdict.breaks],
    )


def _while_permitted(
    records: Iterable[AuditRecord], still_permitted: Callable[[], bool]
) -> Iterator[AuditRecord]:
    for number, one in enumerate(records):
        if number % export.AT_ONCE == 0 and not still_permitted():
            raise Forbidden("who asked for this export may not have it any more")
        yield one


def _named(session: Session, records: list[AuditRecord]) -> list[OverseenRecord]:
    ids = {one.actor_id for one in records if one.actor_id}
    doers = {
        user.id: Doer(id=user.id, name=user.name, email=user.email)
        for user in accounts_of.users_by_id(session, ids).values()
    }
    return [
        OverseenRecord(**one.model_dump(), actor=doers.get(one.actor_id or "")) for one in records
    ]


def _number_in(cursor: str | None) -> int | None:
    if cursor is None:
        return None
    text = decode_cursor(cursor)
    number = int(text) if text.isdecimal() else -1
    if not 0 <= number <= _LARGEST:
        raise not_ours()
    return number
