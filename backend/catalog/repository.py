"""The one door to the stages of models, as they are and as they were. Decides nothing."""

from __future__ import annotations

from sqlmodel import Session, col, select

from backend.accounts.models import Role, RoleModel
from backend.catalog.models import ModelChoice, ModelMove
from backend.catalog.stages import Stage
from backend.kit.database import lock_tables


def choices(session: Session) -> list[ModelChoice]:
    """Return every model that was given a stage, by name."""
    return list(session.exec(select(ModelChoice).order_by(ModelChoice.model)))


def locked_choices(session: Session) -> list[ModelChoice]:
    """Return the same; nobody else gives a stage until this transaction ends."""
    lock_tables(session, ModelChoice, mode="SHARE ROW EXCLUSIVE")
    return choices(session)


def keep(session: Session, *rows: ModelChoice) -> None:
    """Write `rows` one after another: who leaves a stage that only one may have comes before who is given it."""
    for row in rows:
        session.add(row)
        session.flush()


def moves_of(session: Session, model: str, *, limit: int) -> list[ModelMove]:
    """Return the latest moves of a model, newest first."""
    rows = select(ModelMove).where(ModelMove.model == model).order_by(col(ModelMove.id).desc())
    return list(session.exec(rows.limit(limit)))


def became_default(session: Session, model: str) -> ModelMove | None:
    """Return the latest move by which `model` became the default."""
    rows = select(ModelMove).where(
        ModelMove.model == model,
        ModelMove.after == Stage.DEFAULT,
        ModelMove.before != Stage.DEFAULT,
    )
    return session.exec(rows.order_by(col(ModelMove.id).desc()).limit(1)).one_or_none()


def models_by_role(session: Session) -> dict[str, set[str]]:
    """Return the only models of each role; of a role that may draw with every model, none."""
    found: dict[str, set[str]] = {role.name: set() for role in session.exec(select(Role))}
    for row in session.exec(select(RoleModel)):
        found[row.role].add(row.model)
    return found
