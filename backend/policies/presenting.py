"""Policy versions as administrators see them: names for ids, and what this very person may do with each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sqlmodel import Session

from backend.accounts import repository as accounts
from backend.accounts.actor import Actor
from backend.policies import repository
from backend.policies.models import Policy
from backend.policies.states import ACTS, Act, PolicyState
from backend.policies.versions import hindrance_of
from backend.policies.wire import PolicyMovePublic, PolicyPage, PolicyPublic, PolicySummary

MOST_MOVES: Final = 50
_PEOPLE: Final = frozenset({"created_by", "proposed_by", "activated_by"})
_COPIED: Final = frozenset(PolicySummary.model_fields) - _PEOPLE - {"acts", "hindrance"}


def page(session: Session, actor: Actor, *, cursor: str | None, limit: int) -> PolicyPage:
    """Return some versions, newest first."""
    rows, following = repository.page(session, cursor=cursor, limit=limit)
    active, _ = repository.active_name(session)
    return PolicyPage(
        items=summaries(session, actor, rows),
        active=active,
        before=repository.before(session, active),
        next_cursor=following,
    )


def summaries(session: Session, actor: Actor, rows: Sequence[Policy]) -> list[PolicySummary]:
    """Return versions without their documents."""
    people = _names(session, (getattr(row, name) for row in rows for name in _PEOPLE))
    return [_summary(session, actor, row, people) for row in rows]


def whole(session: Session, actor: Actor, row: Policy) -> PolicyPublic:
    """Return one version with its document and its moves."""
    session.flush()
    [summary] = summaries(session, actor, [row])
    moves = repository.moves_of(session, row.number, limit=MOST_MOVES)
    names = _names(session, (move.by for move in moves))
    told = set(PolicyMovePublic.model_fields) - {"by"}
    return PolicyPublic(
        **summary.model_dump(),
        document=row.document,
        moves=[
            PolicyMovePublic(**move.model_dump(include=told), by=names.get(move.by or ""))
            for move in moves
        ],
    )


def _summary(
    session: Session, actor: Actor, row: Policy, people: dict[str, str | None]
) -> PolicySummary:
    proposed = row.state is PolicyState.PROPOSED
    hindrance = hindrance_of(session, actor, row) if proposed else ""
    return PolicySummary(
        **row.model_dump(include=set(_COPIED)),
        **{name: people.get(getattr(row, name) or "") for name in _PEOPLE},
        acts=[act for act in ACTS[row.state] if not (hindrance and act is Act.ACTIVATE)],
        hindrance=hindrance,
    )


def _names(session: Session, ids: Iterable[str | None]) -> dict[str, str | None]:
    people = accounts.users_by_id(session, {one for one in ids if one})
    return {one.id: one.name or one.email or None for one in people.values()}
