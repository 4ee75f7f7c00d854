"""The only door to legal holds, and the conditions by which statements leave alone what they cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, or_, select, update
from sqlmodel import Session, SQLModel, col
from sqlmodel import select as select_rows

from backend.kit.database import lock_tables
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.legalholds.models import LegalHold
from backend.legalholds.schemas import SubjectKind

Ids = Mapping[SubjectKind, Any]
"""For each kind, ids or a SELECT of them."""

# By name, as a foreign key would be: these rows belong to rooms above this one.
_TABLES: Final = {
    SubjectKind.PERSON: "user_account",
    SubjectKind.GENERATION: "generation",
    SubjectKind.IMAGE: "image",
}


def get(session: Session, hold_id: str) -> LegalHold:
    """Return one legal hold, locked until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    found = session.get(LegalHold, hold_id, with_for_update=True)
    if found is None:
        raise NotFound(f"There is no legal hold {hold_id!r}.")
    return found


def page(
    session: Session, *, standing: bool, cursor: str | None, limit: int
) -> tuple[list[LegalHold], str | None]:
    """Return some legal holds, newest first; `standing` leaves out those that were lifted."""
    rows = select_rows(LegalHold)
    if standing:
        rows = rows.where(col(LegalHold.lifted_at).is_(None))
    return fetch_page(session, rows, LegalHold.id, cursor=cursor, limit=limit)


def first_on(session: Session, ids: Ids) -> LegalHold | None:
    """Return the oldest standing legal hold on any of `ids`."""
    any_of = or_(*(_about(kind, which) for kind, which in ids.items()))
    query = select_rows(LegalHold).where(any_of, col(LegalHold.lifted_at).is_(None))
    return session.exec(query.order_by(LegalHold.id).limit(1)).one_or_none()


def covered(kind: SubjectKind) -> Select[str]:
    """Select, to be used inside a statement, the ids of that kind that a legal hold stands on."""
    return select(col(LegalHold.subject_id)).where(
        col(LegalHold.kind) == kind, col(LegalHold.lifted_at).is_(None)
    )


def there_is(session: Session, kind: SubjectKind, subject_id: str) -> bool:
    """Return whether there is such a person, generation or image."""
    key = SQLModel.metadata.tables[_TABLES[kind]].c.id
    return session.execute(select(key).where(key == subject_id)).first() is not None


def keep_new_ones_out(session: Session) -> None:
    """Have whoever places a legal hold wait until this writing transaction ends."""
    lock_tables(session, LegalHold)


def forget_reasons(session: Session, ids: Ids) -> None:
    """Blank why there were legal holds on `ids`; all of them were lifted."""
    any_of = or_(*(_about(kind, which) for kind, which in ids.items()))
    session.execute(update(LegalHold).where(any_of).values(reason=""))


def _about(kind: SubjectKind, ids: Any) -> ColumnElement[bool]:  # noqa: ANN401
    return (col(LegalHold.kind) == kind) & col(LegalHold.subject_id).in_(ids)
