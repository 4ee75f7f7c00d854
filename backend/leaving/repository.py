"""The door to everything of one person, and to the erasures. Who may open it is asked before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from backend.accounts.models import User
from backend.generations.models import Generation
from backend.images.models import Image
from backend.kit.errors import NotFound
from backend.kit.pagination import fetch_page
from backend.leaving.belongings import BELONGINGS
from backend.leaving.models import Erasure
from backend.legalholds.repository import Ids
from backend.legalholds.schemas import SubjectKind


def get_person(session: Session, person_id: str) -> User:
    """Return a person.

    Raises:
        NotFound: There is none.
    """
    found = session.get(User, person_id)
    if found is None:
        raise NotFound(f"There is no person {person_id!r}.")
    return found


def lock_person(session: Session, person_id: str) -> User:
    """Return a person; until this transaction ends, nothing new can be theirs."""
    query = select(User).where(User.id == person_id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one()


def everything_of(person_id: str) -> Ids:
    """Return what a legal hold on this person's things may name."""
    return {
        SubjectKind.PERSON: [person_id],
        SubjectKind.GENERATION: _ids(Generation, person_id),
        SubjectKind.IMAGE: _ids(Image, person_id),
    }


def count(session: Session, person_id: str) -> dict[str, int]:
    """Return how many rows of each kind this person has."""
    return {
        one.name: session.execute(select(func.count()).where(one.of(person_id)).select_from(one.table)).scalar_one()
        for one in BELONGINGS
    }  # fmt: skip


def get_erasure(session: Session, erasure_id: str, *, to_change: bool = False) -> Erasure:
    """Return one erasure; `to_change` keeps others from it until this transaction ends.

    Raises:
        NotFound: There is none.
    """
    query = select(Erasure).where(Erasure.id == erasure_id)
    if to_change:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.exec(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no erasure {erasure_id!r}.")
    return found


def erasure_under_way(session: Session, person_id: str) -> Erasure | None:
    """Return the erasure of that person that has not ended, if there is one."""
    mine = select(Erasure).where(Erasure.person_id == person_id, col(Erasure.ended_at).is_(None))
    return session.exec(mine.order_by(Erasure.id).limit(1)).one_or_none()


def erasures_under_way(session: Session) -> list[str]:
    """Return the ids of all erasures that have not ended, oldest first."""
    open_ones = select(Erasure.id).where(col(Erasure.ended_at).is_(None))
    return list(session.exec(open_ones.order_by(Erasure.id)))


def erasure_page(
    session: Session, *, cursor: str | None, limit: int
) -> tuple[list[Erasure], str | None]:
    """Return some erasures, newest first, and the cursor of the next page."""
    return fetch_page(session, select(Erasure), Erasure.id, cursor=cursor, limit=limit)


def _ids(table: Any, person_id: str) -> Any:  # noqa: ANN401
    return select(table.id).where(table.owner_id == person_id)
