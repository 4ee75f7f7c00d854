"""What a submission would cost, whether a limit would refuse it, and what would answer it: a look that adds no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations import limits, pace, recall, repository, room
from backend.generations.recall import Recalled
from backend.generations.schemas import GenerationParameters, Price
from backend.kit.context import Context
from backend.notices import service as studio_notice
from backend.results import service as results
from backend.results.repository import Source
from backend.usage import service as usage
from backend.usage.price import credits_in, micro, microcredits_of
from inference.protocol import ModelCard


@dataclass(frozen=True)
class Wanted:
    """What one generation is to be, and the card of the model that draws it."""

    parameters: GenerationParameters
    card: ModelCard

    def completed(self, *, seed: int) -> GenerationParameters:
        """Return the parameters with the model's defaults and a drawn seed where nothing was asked.

        Raises:
            Unprocessable: The model cannot draw that.
        """
        return limits.within(self.card, self.parameters.completed_by(self.card, seed=seed))


def price(  # noqa: PLR0913
    session: Session,
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    fresh: bool = False,
) -> Price:
    """Return what `parameters` would cost `actor` on the model of `card`, and what they have left.

    Nothing, where it would be answered from storage.

    Raises:
        Unprocessable: The model cannot draw that.
    """
    wanted = Wanted(parameters, card)
    whole = price_of_all(session, context, actor, [wanted])
    known = None if fresh else _known(session, context, actor, wanted)
    if known is None or not results.are_there(context.storage, known):
        return whole
    return whole.model_copy(update={"credits": 0.0, "estimated_seconds": 0.0, "from_cache": True})


def price_of_all(
    session: Session, context: Context, actor: Actor, wanted: Sequence[Wanted]
) -> Price:
    """Return what all of `wanted` would cost `actor` together, and what they have left.

    Raises:
        Unprocessable: A model cannot draw that.
    """
    prices = [credits_in(one) for one in _prices(wanted)]
    measured = pace.lately(session)
    paces = [measured.get(one.card.name) for one in wanted]
    seconds = [cost * each for cost, each in zip(prices, paces, strict=True) if each is not None]
    least = usage.narrowest(usage.allowances(session, context.settings, actor))
    return Price(
        credits=credits_in(sum(micro(cost) for cost in prices)),
        estimated_seconds=round(sum(seconds), 2) if len(seconds) == len(prices) else None,
        remaining=credits_in(least.remaining or 0) if least else None,
        resets_at=least.resets_at if least else None,
    )


def foresee(  # noqa: PLR0913
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    idempotency_key: str | None = None,
    fresh: bool = False,
) -> Recalled | None:
    """Refuse what `submit` would refuse for a limit, by a look that keeps nobody waiting.

    Return what `submit` needs to answer it from storage, unless it is to be drawn: it was not drawn before, or
    `fresh`.

    Raises:
        TooMany: As `submit`.
        QueueFull: As `submit`.
        QuotaExceeded: As `submit`.
        QuotaTooSmall: As `submit`.
        Maintenance: As `submit`.
        Unprocessable: The model cannot draw that.
    """
    with context.database.read() as session:
        key = idempotency_key
        if key and repository.by_idempotency_key(session, actor.id, key):
            return None
        wanted = Wanted(parameters, card)
        known = None if fresh else _known(session, context, actor, wanted)
        if known is None:
            foresee_all(session, context, actor, [wanted])
            if not parameters.leaves_to_chance and not fresh:
                recall.ASKED.labels("miss").inc()
            return None
        _refuse_without_room(
            session, context, actor, [wanted]
        )  # what costs nothing is in every quota
    return recall.prepare(context, known, wanted.completed(seed=0), card)


def foresee_all(session: Session, context: Context, actor: Actor, wanted: Sequence[Wanted]) -> None:
    """Refuse what `submit_all` would refuse for a limit, in a session that only reads.

    Raises:
        TooMany: As `submit_all`.
        QueueFull: As `submit_all`.
        QuotaExceeded: As `submit_all`.
        QuotaTooSmall: As `submit_all`.
        Maintenance: As `submit_all`.
        Unprocessable: As `submit_all`.
    """
    _refuse_without_room(session, context, actor, wanted)
    usage.refuse_beyond(session, context.settings, actor, sum(_prices(wanted)))


def _refuse_without_room(
    session: Session, context: Context, actor: Actor, wanted: Sequence[Wanted]
) -> None:
    studio_notice.refuse_under_maintenance(session)
    room.refuse(session, context.settings, actor, wanted[0].card.name, of=len(wanted), coming=True)


def _known(session: Session, context: Context, actor: Actor, wanted: Wanted) -> list[Source] | None:
    """Return the images that answer it, None where it has to be drawn; a random seed is drawn anew each time."""
    if wanted.parameters.leaves_to_chance:
        return None
    complete = wanted.completed(seed=0)
    return results.find(session, context.settings, actor, complete, wanted.card)


def _prices(wanted: Sequence[Wanted]) -> list[int]:
    return [microcredits_of(one.completed(seed=0), one.card) for one in wanted]
