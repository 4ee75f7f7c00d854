"""`/api/v1/comparisons` for administrators, who make, watch and close them; `/api/v1/ballots` for whoever votes."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Response

from backend.accounts.actor import Actor
from backend.accounts.dependencies import (
    NOT_ADMINISTERING,
    Administrator,
    Generator,
    requires_before,
)
from backend.accounts.permissions import ADMINISTER, GENERATE
from backend.catalog.service import Catalog, CatalogDep
from backend.comparisons import making, repository, voting
from backend.comparisons.making import Cards
from backend.comparisons.presentation import Titles, present
from backend.comparisons.schemas import (
    Ballot,
    BallotSummary,
    ComparisonCreate,
    ComparisonPage,
    ComparisonPublic,
    Side,
    Vote,
)
from backend.kit.context import ContextDep
from backend.kit.database import SessionDep
from backend.kit.errors import FieldProblem, NotReady, Problem, Unprocessable
from backend.kit.pagination import USUAL_PAGE, CursorQuery, LimitQuery
from inference.protocol import ModelCard

comparisons = APIRouter(
    prefix="/comparisons", tags=["comparisons"], responses={**NOT_ADMINISTERING}
)
ballots = APIRouter(
    prefix="/ballots",
    tags=["comparisons"],
    responses={
        403: {"model": Problem, "description": "Your role does not generate, or you made it."}
    },
)

ComparisonId = Annotated[
    str,
    Path(
        pattern="^[0-9a-z]{1,26}$",
        description="Id of a comparison.",
        examples=["01m7xxtq72y599hfwczfvzjz52"],
    ),
]
PairId = Annotated[
    str,
    Path(
        pattern="^[0-9a-z]{1,26}$",
        description="Id of a pair.",
        examples=["01m7xxtq72y599hfwczfvzjz53"],
    ),
]
_ABSENT: Final[dict[int | str, dict[str, Any]]] = {
    404: {"model": Problem, "description": "There is none that you can see."}
}
_MAKING: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Problem, "description": "As many are open as may be."},
    503: {"model": Problem, "description": "The model is still loading, or nothing is taken now."},
}
_CLOSED: Final[dict[int | str, dict[str, Any]]] = {
    **_ABSENT,
    409: {"model": Problem, "description": "It is closed."},
}
_IMAGE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The image; its file says that a model made it, and nothing else.",
    },
    **_ABSENT,
}
# Nothing here tells the image: no tag, no name, nothing kept.
_HEADERS: Final = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": 'inline; filename="image.webp"',
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Cookie, Authorization",
    "X-Content-Type-Options": "nosniff",
}


async def cards_of(
    actor: Annotated[Actor, Depends(requires_before(ADMINISTER))],
    wanted: ComparisonCreate,
    catalog: CatalogDep,
) -> Cards:
    """Return the cards of the two models; asked for before a transaction is begun."""
    first, second = wanted.models
    return await _card(catalog, actor, first, 0), await _card(catalog, actor, second, 1)


async def titles_for_administrators(
    _: Annotated[Actor, Depends(requires_before(ADMINISTER))], catalog: CatalogDep
) -> Titles:
    """Return what the models on offer are called, as far as that is known now."""
    return await _titles(catalog)


async def titles_for_voters(
    _: Annotated[Actor, Depends(requires_before(GENERATE))], catalog: CatalogDep
) -> Titles:
    """Return the same, for a comparison that may be closed."""
    return await _titles(catalog)


TitlesDep = Annotated[Titles, Depends(titles_for_administrators)]


@comparisons.get("")
def list_comparisons(
    titles: TitlesDep,
    administrator: Administrator,
    session: SessionDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = USUAL_PAGE,
) -> ComparisonPage:
    """List every comparison, newest first."""
    rows, following = repository.page(session, cursor=cursor, limit=limit)
    items = present(session, administrator, rows, titles)
    return ComparisonPage(items=items, next_cursor=following)


@comparisons.post("", status_code=201, responses=_MAKING)
def create_comparison(  # noqa: PLR0913, PLR0917
    cards: Annotated[Cards, Depends(cards_of)],
    titles: TitlesDep,
    wanted: ComparisonCreate,
    administrator: Administrator,
    session: SessionDep,
    context: ContextDep,
) -> ComparisonPublic:
    """Have two models draw the same prompts with the same seeds, for others to vote on; you pay for the images."""
    row = making.create(session, context, administrator, wanted, cards)
    return present(session, administrator, [row], titles)[0]


@comparisons.get("/{comparison_id}", responses=_ABSENT)
def read_comparison(
    comparison_id: ComparisonId,
    titles: TitlesDep,
    administrator: Administrator,
    session: SessionDep,
) -> ComparisonPublic:
    """Read how a comparison goes; which votes went where is told when it is closed."""
    row = repository.get(session, comparison_id)
    return present(session, administrator, [row], titles)[0]


@comparisons.post("/{comparison_id}/close", responses=_ABSENT)
def close_comparison(
    comparison_id: ComparisonId,
    titles: TitlesDep,
    administrator: Administrator,
    session: SessionDep,
    context: ContextDep,
) -> ComparisonPublic:
    """End the voting, and learn what it came to; what is not drawn yet is canceled."""
    row = making.close(session, context, administrator, comparison_id)
    return present(session, administrator, [row], titles)[0]


@ballots.get("")
def list_ballots(voter: Generator, session: SessionDep) -> list[BallotSummary]:
    """List the open comparisons in which you have a vote, newest first."""
    return voting.look(session, voter)


@ballots.get("/{comparison_id}", responses=_ABSENT)
def read_ballot(
    comparison_id: ComparisonId,
    titles: Annotated[Titles, Depends(titles_for_voters)],
    voter: Generator,
    session: SessionDep,
) -> Ballot:
    """Read the pairs that you may vote on, in an order of your own; once it is closed, what it came to."""
    return voting.read(session, voter, comparison_id, titles)


@ballots.put("/{comparison_id}/pairs/{pair_id}", status_code=204, responses=_CLOSED)
def vote_on_pair(
    comparison_id: ComparisonId, pair_id: PairId, said: Vote, voter: Generator, session: SessionDep
) -> None:
    """Say which image of a pair you prefer; said again, it counts instead."""
    voting.vote(session, voter, comparison_id, pair_id, said.choice)


@ballots.get("/{comparison_id}/pairs/{pair_id}/{side}", response_class=Response, responses=_IMAGE)
def get_side(  # noqa: PLR0913, PLR0917
    comparison_id: ComparisonId,
    pair_id: PairId,
    side: Annotated[Side, Path(description="Which of the two.")],
    voter: Generator,
    session: SessionDep,
    context: ContextDep,
) -> Response:
    """Fetch one image of a pair; neither address, headers nor file tell which model drew it."""
    data = voting.image(session, context, voter, comparison_id, pair_id, side)
    return Response(data, media_type="image/webp", headers=_HEADERS)


async def _card(catalog: Catalog, actor: Actor, name: str, place: int) -> ModelCard:
    try:
        return await catalog.resolve_for(actor, name)
    except Unprocessable as refusal:
        field = f"models.{place}"
        refusal.fields = [_at(problem, field) for problem in refusal.fields]
        raise


def _at(problem: FieldProblem, field: str) -> FieldProblem:
    return problem.model_copy(update={"field": field})


async def _titles(catalog: Catalog) -> Titles:
    try:
        return {card.name: card for card in await catalog.cards()}
    except NotReady:
        return {}
