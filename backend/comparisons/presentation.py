"""Turns comparisons into what administrators see, and a closed one into what everybody learns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.comparisons import repository
from backend.comparisons.models import Comparison
from backend.comparisons.schemas import ComparisonPublic, Contender, Outcome, PairState
from backend.comparisons.statistics import sign_test, wilson
from inference.protocol import ModelCard

Titles = Mapping[str, ModelCard]
"""The cards of the models that are offered now, by their names."""


def present(
    session: Session, actor: Actor, rows: Sequence[Comparison], titles: Titles
) -> list[ComparisonPublic]:
    """Return comparisons as administrators see them: while one is open, not which votes went where."""
    return [_public(session, actor, row, titles) for row in rows]


def outcome_of(comparison: Comparison, titles: Titles) -> Outcome | None:
    """Return what a closed comparison came to; None while it is open."""
    tally = comparison.tally
    if tally is None:
        return None
    decided = tally.first + tally.second
    low, high = wilson(tally.first, decided)
    first, second = _contenders(comparison, titles)
    return Outcome(
        first=first,
        second=second,
        neither=tally.neither,
        voters=tally.voters,
        share=tally.first / decided if decided else None,
        low=low,
        high=high,
        p_value=sign_test(tally.first, tally.second),
    )


def _public(session: Session, actor: Actor, row: Comparison, titles: Titles) -> ComparisonPublic:
    drawn = repository.drawn(session, repository.pairs_of(session, row.id))
    states = Counter(one.state for one in drawn.values())
    votes, voters = repository.count_voters(session, row.id)
    first, second = _contenders(row, titles)
    return ComparisonPublic(
        id=row.id,
        first=first,
        second=second,
        created_at=row.created_at,
        closed_at=row.closed_at,
        mine=row.owner_id == actor.id,
        pairs={state: states[state] for state in PairState},
        votes=votes,
        voters=row.tally.voters if row.tally else voters,
        outcome=outcome_of(row, titles),
    )


def _contenders(row: Comparison, titles: Titles) -> tuple[Contender, Contender]:
    wins = (row.tally.first, row.tally.second) if row.tally else (None, None)
    return (
        _contender(row.first, row.first_sha256, wins[0], titles),
        _contender(row.second, row.second_sha256, wins[1], titles),
    )


def _contender(name: str, weights: str, wins: int | None, titles: Titles) -> Contender:
    card = titles.get(name)
    return Contender(
        model=name,
        title=card.title if card else name,
        weights_sha256=weights,
        weights_changed=card is not None and card.weights_sha256 != weights,
        wins=wins,
    )
