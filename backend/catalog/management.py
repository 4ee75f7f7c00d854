"""What administrators see of models: each with its stage, its history, and what a rollback would put back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts
from backend.accounts.permissions import GENERATE
from backend.catalog import repository
from backend.catalog.choosing import Choices
from backend.catalog.models import ModelChoice
from backend.catalog.moving import before_of, default_in
from backend.catalog.schemas import DefaultBefore, ManagedModel, MovePublic
from backend.catalog.stages import MOVES, Stage
from backend.kit.errors import NotFound
from inference.protocol import ModelCard

MOST_MOVES: Final = 50


def managed(session: Session, cards: list[ModelCard]) -> list[ManagedModel]:
    """Return the models on offer, then those that are not any more, with their stages."""
    choices = Choices.of(repository.choices(session))
    rows, default = choices.rows, choices.default_among(cards)
    known = {card.name: card for card in cards}
    names = _names(session, (row.changed_by for row in rows.values()))
    roles = _roles_that_draw(session)
    return [
        _told(name, known.get(name), rows.get(name), names, roles=roles, is_default=name == default)
        for name in [*known, *(name for name in rows if name not in known)]
    ]


def managed_one(session: Session, cards: list[ModelCard], name: str) -> ManagedModel:
    """Return one of them."""
    return next(one for one in managed(session, cards) if one.name == name)


def before(session: Session, cards: list[ModelCard]) -> DefaultBefore | None:
    """Return what a rollback would put back, None where there was no default before."""
    found = before_of(session, default_in(repository.choices(session)), cards)
    return DefaultBefore(model=found.model, hindrance=found.hindrance) if found else None


def history(session: Session, cards: list[ModelCard], model: str) -> list[MovePublic]:
    """Return the latest moves of a model, newest first.

    Raises:
        NotFound: There is no such model, and never was.
    """
    rows = repository.moves_of(session, model, limit=MOST_MOVES)
    chosen = {row.model for row in repository.choices(session)}
    if not rows and model not in chosen and all(card.name != model for card in cards):
        raise NotFound(f"There is no model {model!r}.")
    names = _names(session, (row.by for row in rows))
    return [
        MovePublic(
            **row.model_dump(include=set(MovePublic.model_fields) - {"by"}),
            by=names.get(row.by or ""),
        )
        for row in rows
    ]


def changed_weights(session: Session, cards: list[ModelCard]) -> list[ManagedModel]:
    """Return the canary and the default where they are drawn with other weights than were approved."""
    watched = (Stage.CANARY, Stage.DEFAULT)
    return [one for one in managed(session, cards) if one.weights_changed and one.stage in watched]


def _names(session: Session, ids: Iterable[str | None]) -> dict[str, str | None]:
    people = accounts.users_by_id(session, {one for one in ids if one})
    return {one.id: one.name or one.email or None for one in people.values()}


def _roles_that_draw(session: Session) -> dict[str, set[str]]:
    """Return the roles that may draw at all, each with its only models."""
    granted = accounts.permissions_by_role(session)
    models = repository.models_by_role(session)
    return {role: models[role] for role in models if GENERATE in granted.get(role, ())}


def _told(  # noqa: PLR0913
    name: str,
    card: ModelCard | None,
    row: ModelChoice | None,
    names: dict[str, str | None],
    *,
    roles: dict[str, set[str]],
    is_default: bool,
) -> ManagedModel:
    at = row.changed_at if row else None
    row = row or ModelChoice(model=name)
    allowed = sorted(role for role, only in roles.items() if not only or name in only)
    approved = row.weights_sha256
    return ManagedModel(
        name=name,
        card=card,
        stage=row.stage,
        share=row.share,
        reason=row.reason,
        is_default=is_default,
        moves=[stage for stage in Stage if stage in MOVES[row.stage]],
        roles=None if len(allowed) == len(roles) else allowed,
        weights_changed=bool(card and approved and card.weights_sha256 != approved),
        approved_sha256=approved,
        changed_at=at,
        changed_by=names.get(row.changed_by) if row.changed_by else None,
    )
