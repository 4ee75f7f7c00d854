"""The one door to what administrators chose about models. Decides nothing."""

from __future__ import annotations

from sqlmodel import Session, col, select, update

from backend.catalog.models import ModelChoice
from backend.kit.database import lock_tables


def choices(session: Session) -> list[ModelChoice]:
    """Return every choice, by the model's name."""
    return list(session.exec(select(ModelChoice).order_by(ModelChoice.model)))


def locked_choices(session: Session) -> list[ModelChoice]:
    """Return every choice; nobody else makes one until this transaction ends."""
    lock_tables(session, ModelChoice, mode="SHARE ROW EXCLUSIVE")
    return choices(session)


def keep(session: Session, row: ModelChoice) -> None:
    """Write a choice; of the models, one at most is the default."""
    if row.is_default:
        others = update(ModelChoice).where(col(ModelChoice.model) != row.model)
        with session.no_autoflush:  # or there would be two for a moment
            session.exec(others.values(is_default=False))
    session.add(row)
    session.flush()
