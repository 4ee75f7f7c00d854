"""The verbs of voters: look, look at an image, vote. What they see tells nothing of which model drew what.

Whoever made a comparison has no vote in it: its images are in their library, with the models' names.
"""

from __future__ import annotations

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.comparisons import repository
from backend.comparisons.blindness import generation_on, shuffled
from backend.comparisons.models import Comparison, ComparisonPair
from backend.comparisons.presentation import Titles, outcome_of
from backend.comparisons.repository import Drawn
from backend.comparisons.schemas import (
    Ballot,
    BallotPair,
    BallotSummary,
    PairState,
    Preference,
    Side,
)
from backend.images import handing
from backend.images.schemas import Variant
from backend.kit.context import Context
from backend.kit.errors import Conflict, Forbidden, NotFound
from backend.provenance.marker import marker_of


def look(session: Session, actor: Actor) -> list[BallotSummary]:
    """Return the open comparisons in which `actor` has a vote, newest first."""
    rows = [row for row in repository.open_ones(session) if row.owner_id != actor.id]
    return [_summary(_ballot(session, actor, row)) for row in rows]


def read(session: Session, actor: Actor, comparison_id: str, titles: Titles) -> Ballot:
    """Return the pairs that `actor` may vote on, in their order; of a closed comparison, what it came to.

    Raises:
        NotFound: There is none.
        Forbidden: They made it.
    """
    comparison = repository.get(session, comparison_id)
    _refuse_owner(actor, comparison)
    if comparison.closed_at is None:
        return _ballot(session, actor, comparison)
    return Ballot(
        id=comparison.id,
        created_at=comparison.created_at,
        ready=0,
        voted=0,
        drawing=0,
        closed_at=comparison.closed_at,
        pairs=[],
        outcome=outcome_of(comparison, titles),
    )


def vote(
    session: Session, actor: Actor, comparison_id: str, pair_id: str, choice: Preference
) -> None:
    """Say which of a pair is preferred, in place of what was said before.

    Raises:
        NotFound: There is no such pair that can be voted on.
        Forbidden: They made the comparison.
        Conflict: It is closed.
    """
    comparison = repository.held(session, comparison_id, alone=False)
    _refuse_owner(actor, comparison)
    _refuse_closed(comparison)
    pair, _ = _ready(session, comparison, pair_id)
    repository.vote(session, actor.id, pair.id, choice)


def image(  # noqa: PLR0913, PLR0917
    session: Session, context: Context, actor: Actor, comparison_id: str, pair_id: str, side: Side
) -> bytes:
    """Return one image of a pair without anything that its file says but that a model of this studio made it.

    Raises:
        NotFound: There is no such pair that can be voted on, or it is closed.
        Forbidden: They made the comparison.
    """
    comparison = repository.get(session, comparison_id)
    _refuse_owner(actor, comparison)
    if comparison.closed_at is not None:
        raise NotFound("This comparison is closed.")
    pair, drawn = _ready(session, comparison, pair_id)
    shown = drawn.images[generation_on(comparison, actor.id, pair, side)]
    content = handing.read(context.storage, shown, Variant.CLEAN)
    return handing.told_nothing_of(marker_of(context.settings), shown, content)


def _ballot(session: Session, actor: Actor, comparison: Comparison) -> Ballot:
    pairs = shuffled(comparison, actor.id, repository.pairs_of(session, comparison.id))
    drawn = repository.drawn(session, pairs)
    said = repository.votes_of(session, actor.id, comparison.id)
    ready = [
        _pair(comparison, pair, drawn[pair.id], said.get(pair.id))
        for pair in pairs
        if drawn[pair.id].state is PairState.READY
    ]
    return Ballot(
        id=comparison.id,
        created_at=comparison.created_at,
        ready=len(ready),
        voted=sum(pair.choice is not None for pair in ready),
        drawing=sum(one.state is PairState.DRAWING for one in drawn.values()),
        closed_at=None,
        pairs=ready,
        outcome=None,
    )


def _summary(ballot: Ballot) -> BallotSummary:
    return BallotSummary(**ballot.model_dump(include=set(BallotSummary.model_fields)))


def _pair(
    comparison: Comparison, pair: ComparisonPair, drawn: Drawn, said: Preference | None
) -> BallotPair:
    here = f"/api/v1/ballots/{comparison.id}/pairs/{pair.id}"
    one = next(iter(drawn.images.values()))
    return BallotPair(
        id=pair.id,
        prompt=pair.prompt,
        width=one.width,
        height=one.height,
        left=f"{here}/{Side.LEFT}",
        right=f"{here}/{Side.RIGHT}",
        choice=said,
    )


def _ready(session: Session, comparison: Comparison, pair_id: str) -> tuple[ComparisonPair, Drawn]:
    pair = repository.pair(session, comparison.id, pair_id)
    drawn = repository.drawn(session, [pair])[pair.id]
    if drawn.state is not PairState.READY:
        raise NotFound(f"There is no pair {pair_id!r} in this comparison.")
    return pair, drawn


def _refuse_owner(actor: Actor, comparison: Comparison) -> None:
    if comparison.owner_id == actor.id:
        raise Forbidden(
            "you made this comparison: its images are in your library with the models' names, so you have "
            "no vote in it"
        )


def _refuse_closed(comparison: Comparison) -> None:
    if comparison.closed_at is not None:
        raise Conflict("This comparison is closed; votes count no more.")
