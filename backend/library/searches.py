"""The searches that people keep. Each is its owner's alone; what is not yours and what is not there look the same."""

from __future__ import annotations

from typing import Final

from sqlmodel import Session, col, select

from backend.accounts.actor import Actor
from backend.accounts.models import User
from backend.kit.errors import Conflict, NotFound
from backend.library.models import SavedSearch
from backend.library.schemas import SearchChange, SearchCreate

MOST_SEARCHES: Final = 100


def own(session: Session, actor: Actor) -> list[SavedSearch]:
    """Return the searches of `actor`: the pinned ones first, then in the order they were made."""
    query = select(SavedSearch).where(SavedSearch.owner_id == actor.id)
    return list(session.exec(query.order_by(col(SavedSearch.pinned).desc(), SavedSearch.id)))


def create(session: Session, actor: Actor, wanted: SearchCreate) -> SavedSearch:
    """Keep one more search.

    Raises:
        Conflict: They have as many as one person may have.
    """
    # Two requests at once are one after the other.
    session.exec(select(User.id).where(User.id == actor.id).with_for_update()).one()
    if len(own(session, actor)) >= MOST_SEARCHES:
        raise Conflict(f"{MOST_SEARCHES} searches are as many as you may keep; delete one first.")
    row = SavedSearch(owner_id=actor.id, **wanted.model_dump())
    session.add(row)
    session.flush()
    return row


def change(session: Session, actor: Actor, search_id: str, wanted: SearchChange) -> SavedSearch:
    """Change what was named of one search.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    row = _get(session, actor, search_id)
    row.sqlmodel_update(wanted.model_dump(exclude_none=True))
    session.add(row)
    return row


def delete(session: Session, actor: Actor, search_id: str) -> None:
    """Keep one search no longer.

    Raises:
        NotFound: There is none, or it is not theirs.
    """
    session.delete(_get(session, actor, search_id))


def _get(session: Session, actor: Actor, search_id: str) -> SavedSearch:
    query = select(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.owner_id == actor.id)
    row = session.exec(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no saved search {search_id!r} of yours.")
    return row
