"""The only door to the rows of comparisons. What has no pair for you and what is not there look the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import JSON, type_coerce
from sqlmodel import Session, col, func, select

from backend.accounts.actor import Actor
from backend.comparisons.models import Comparison, ComparisonPair, ComparisonVote
from backend.comparisons.schemas import PairState, Preference
from backend.generations.models import Generation
from backend.generations.repository import prompt_text
from backend.images import repository as images
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.clock import utc_now
from backend.kit.database import insert_into, lock_tables
from backend.kit.errors import NotFound
from backend.kit.ids import new_id
from backend.kit.pagination import fetch_page

_PROMPTS_LOOKED_AT = 500


class Drawn(NamedTuple):
    """How a pair stands, and its two images where both are there."""

    state: PairState
    images: dict[str, Image]


def page(
    session: Session, *, cursor: str | None, limit: int
) -> tuple[list[Comparison], str | None]:
    """Return a page of all comparisons, newest first, and the next cursor."""
    return fetch_page(session, select(Comparison), Comparison.id, cursor=cursor, limit=limit)


def get(session: Session, comparison_id: str) -> Comparison:
    """Return a comparison.

    Raises:
        NotFound: There is none.
    """
    found = session.get(Comparison, comparison_id)
    if found is None:
        raise _absent(comparison_id)
    return found


def held(session: Session, comparison_id: str, *, alone: bool) -> Comparison:
    """Return a comparison, which nobody closes until this transaction ends; `alone`: nor votes in.

    Raises:
        NotFound: There is none.
    """
    row = select(Comparison).where(Comparison.id == comparison_id)
    found = session.exec(row.with_for_update(read=not alone)).one_or_none()
    if found is None:
        raise _absent(comparison_id)
    session.refresh(found)  # another may have closed it while this one waited
    return found


def open_ones(session: Session) -> list[Comparison]:
    """Return the comparisons that are open, newest first."""
    rows = select(Comparison).where(col(Comparison.closed_at).is_(None))
    return list(session.exec(rows.order_by(col(Comparison.id).desc())))


def keep_others_out(session: Session) -> None:
    """Have whoever makes one now wait until this transaction ends."""
    lock_tables(session, Comparison, mode="SHARE ROW EXCLUSIVE")


def pairs_of(session: Session, comparison_id: str) -> list[ComparisonPair]:
    """Return the pairs of a comparison."""
    rows = select(ComparisonPair).where(ComparisonPair.comparison_id == comparison_id)
    return list(session.exec(rows.order_by(ComparisonPair.id)))


def pair(session: Session, comparison_id: str, pair_id: str) -> ComparisonPair:
    """Return one pair of a comparison.

    Raises:
        NotFound: There is none.
    """
    found = session.get(ComparisonPair, pair_id)
    if found is None or found.comparison_id != comparison_id:
        raise NotFound(f"There is no pair {pair_id!r} in this comparison.")
    return found


def drawn(session: Session, pairs: Collection[ComparisonPair]) -> dict[str, Drawn]:
    """Return how each pair stands, by its id."""
    ids = [one for pair in pairs for one in (pair.first_id, pair.second_id)]
    rows = session.exec(select(Generation).where(col(Generation.id).in_(ids))).all()
    alive = {row.id for row in rows if not row.state.ended}
    made = {image.generation_id: image for image in images.of_generations(session, ids)}
    return {pair.id: _drawn({pair.first_id, pair.second_id}, alive, made) for pair in pairs}


def generations_of(session: Session, pairs: Collection[ComparisonPair]) -> list[Generation]:
    """Return the generations of pairs that are still there."""
    ids = [one for pair in pairs for one in (pair.first_id, pair.second_id)]
    return list(session.exec(select(Generation).where(col(Generation.id).in_(ids))))


def votes_in(session: Session, comparison_id: str) -> list[ComparisonVote]:
    """Return everybody's votes in a comparison."""
    rows = select(ComparisonVote).join(
        ComparisonPair, col(ComparisonPair.id) == col(ComparisonVote.pair_id)
    )
    return list(session.exec(rows.where(ComparisonPair.comparison_id == comparison_id)))


def votes_of(session: Session, voter_id: str, comparison_id: str) -> dict[str, Preference]:
    """Return what one person said, by the pair's id."""
    rows = (
        select(ComparisonVote.pair_id, ComparisonVote.choice)
        .join(ComparisonPair, col(ComparisonPair.id) == col(ComparisonVote.pair_id))
        .where(ComparisonPair.comparison_id == comparison_id, ComparisonVote.user_id == voter_id)
    )
    return {pair_id: Preference(choice) for pair_id, choice in session.exec(rows)}


def vote(session: Session, voter_id: str, pair_id: str, choice: Preference) -> None:
    """Write down what a person says of a pair, in place of what they said before."""
    row = {"pair_id": pair_id, "user_id": voter_id, "choice": choice, "at": utc_now()}
    said = insert_into(session, ComparisonVote).values(id=new_id(), **row)
    session.execute(
        said.on_conflict_do_update(
            index_elements=["pair_id", "user_id"], set_={"choice": choice, "at": row["at"]}
        )
    )


def newest_prompts(session: Session, actor: Actor, count: int) -> list[str]:
    """Return the newest different prompts of a person's own generations that draw over nothing."""
    parameters = type_coerce(col(Generation.parameters), JSON)
    rows = select(prompt_text()).where(
        Generation.owner_id == actor.id, parameters["init_image"].as_string().is_(None)
    )
    found = session.exec(rows.order_by(col(Generation.id).desc()).limit(_PROMPTS_LOOKED_AT))
    return list(dict.fromkeys(found))[:count]


def count_voters(session: Session, comparison_id: str) -> tuple[int, int]:
    """Return how many votes there are in a comparison, and by how many people."""
    rows = select(func.count(), func.count(func.distinct(ComparisonVote.user_id))).join(
        ComparisonPair, col(ComparisonPair.id) == col(ComparisonVote.pair_id)
    )
    return session.exec(rows.where(ComparisonPair.comparison_id == comparison_id)).one()


def _drawn(ids: set[str], alive: set[str], made: dict[str, Image]) -> Drawn:
    both = {one: made[one] for one in ids if one in made}
    if alive & ids:
        return Drawn(PairState.DRAWING, {})
    if len(both) < len(ids):
        return Drawn(PairState.FAILED, {})
    if any(image.moderation is not Moderation.RELEASED for image in both.values()):
        return Drawn(PairState.HELD, {})
    return Drawn(PairState.READY, both)


def _absent(comparison_id: str) -> NotFound:
    return NotFound(f"There is no comparison {comparison_id!r}.")
