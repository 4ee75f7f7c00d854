"""The verbs of administrators: make a comparison, close it. Each works in the caller's transaction.

What is drawn for one are ordinary generations of whoever makes it, at low priority: they pay, and voters do not.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.accounts.permissions import GENERATE
from backend.audit import service as audit
from backend.comparisons import repository
from backend.comparisons.blindness import prefers_first
from backend.comparisons.models import Comparison, ComparisonPair
from backend.comparisons.prompts import BUNDLED
from backend.comparisons.schemas import MOST_OPEN, ComparisonCreate, PromptSource, Tally
from backend.generations import service as generations
from backend.generations.foresight import Wanted
from backend.generations.schemas import GenerationParameters, Priority
from backend.kit.clock import utc_now
from backend.kit.context import Context
from backend.kit.errors import AtelierError, Conflict, FieldProblem, Unprocessable
from inference.protocol import ModelCard

Cards = tuple[ModelCard, ModelCard]
_CELLS: Final = "cells"  # what a submission of several calls them


def create(
    session: Session, context: Context, actor: Actor, wanted: ComparisonCreate, cards: Cards
) -> Comparison:
    """Have both models draw every prompt with the same seed and size.

    Raises:
        Forbidden: They may not generate.
        Conflict: There are as many open comparisons as there may be.
        Unprocessable: There is no prompt, or a model cannot draw one.
        TooMany, QueueFull, QuotaExceeded, QuotaTooSmall, Maintenance: As generations, all together.
    """
    actor.must(GENERATE)
    repository.keep_others_out(session)
    if len(repository.open_ones(session)) >= MOST_OPEN:
        raise Conflict(f"{MOST_OPEN} comparisons are open, which is as many as may be. Close one.")
    prompts = wanted.prompts or _prompts_from(session, actor, wanted)
    asked = [
        Wanted(_parameters(prompt, wanted.seed + place, cards, card), card)
        for place, prompt in enumerate(prompts)
        for card in cards
    ]
    try:
        rows = generations.submit_all(session, context, actor, asked)
    except AtelierError as refusal:
        refusal.fields = [_of_prompts(problem) for problem in refusal.fields]
        raise
    first, second = cards
    comparison = Comparison(
        owner_id=actor.id,
        first=first.name,
        first_sha256=first.weights_sha256,
        second=second.name,
        second_sha256=second.weights_sha256,
    )
    session.add(comparison)
    session.flush()
    session.add_all(
        ComparisonPair(
            comparison_id=comparison.id,
            prompt=prompt,
            seed=wanted.seed + place,
            first_id=rows[2 * place].id,
            second_id=rows[2 * place + 1].id,
        )
        for place, prompt in enumerate(prompts)
    )
    _record(session, actor, comparison, "create", {"first": first.name, "second": second.name})
    session.flush()
    return comparison


def close(session: Session, context: Context, actor: Actor, comparison_id: str) -> Comparison:
    """End the voting and write down what it came to; what is still to be drawn for it is not. Twice is no error.

    Raises:
        NotFound: There is none.
    """
    comparison = repository.held(session, comparison_id, alone=True)
    if comparison.closed_at is not None:
        return comparison
    comparison.closed_at = utc_now()
    comparison.tally = tally_of(session, comparison)
    session.add(comparison)
    pairs = repository.pairs_of(session, comparison.id)
    left = [row for row in repository.generations_of(session, pairs) if not row.state.ended]
    generations.stop_all(session, context, actor.id, left)
    told = {name: str(count) for name, count in comparison.tally.model_dump().items()}
    _record(session, actor, comparison, "close", told)
    return comparison


def tally_of(session: Session, comparison: Comparison) -> Tally:
    """Return what the votes come to as they stand."""
    votes = repository.votes_in(session, comparison.id)
    counted = Counter(
        prefers_first(comparison, vote.user_id, vote.pair_id, vote.choice) for vote in votes
    )
    voters = len({vote.user_id for vote in votes})
    return Tally(first=counted[True], second=counted[False], neither=counted[None], voters=voters)


def _prompts_from(session: Session, actor: Actor, wanted: ComparisonCreate) -> list[str]:
    if wanted.source is PromptSource.BUNDLED:
        return list(BUNDLED[: wanted.count])
    if found := repository.newest_prompts(session, actor, wanted.count):
        return found
    message = "has none of yours yet; give prompts, or take the bundled ones"
    problem = FieldProblem(field="source", message=message, limit="prompts", nearest="bundled")
    raise Unprocessable(f"source {message}", fields=[problem])


def _parameters(prompt: str, seed: int, cards: Cards, card: ModelCard) -> GenerationParameters:
    """Return what one model draws; both draw the same size, for another would tell them apart."""
    usual = [one.defaults for one in cards]
    return GenerationParameters(
        prompt=prompt,
        seed=seed,
        width=min(one.width for one in usual),
        height=min(one.height for one in usual),
        priority=Priority.LOW,
        model=card.name,
    )


def _of_prompts(problem: FieldProblem) -> FieldProblem:
    """Say of a limit on how many are drawn that it is one on the prompts, of which each is drawn twice."""
    if problem.field not in {_CELLS, "prompt"}:
        return problem
    half = problem.nearest // 2 if isinstance(problem.nearest, int) else problem.nearest
    return problem.model_copy(update={"field": "prompts", "nearest": half})


def _record(
    session: Session, actor: Actor, comparison: Comparison, verb: str, detail: dict[str, str]
) -> None:
    audit.record(
        session,
        actor_id=actor.id,
        verb=f"comparison.{verb}",
        subject=f"comparison:{comparison.id}",
        detail=detail,
    )
