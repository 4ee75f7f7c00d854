"""What a submission would cost, and whether a limit would refuse it: a look that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations import limits, pace, repository, room
from backend.generations.schemas import GenerationParameters, Price
from backend.kit.context import Context
from backend.notices import service as studio_notice
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


def price(
    session: Session,
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
) -> Price:
    """Return what `parameters` would cost `actor` on the model of `card`, and what they have left.

    Raises:
        Unprocessable: The model cannot draw that.
    """
    return price_of_all(session, context, actor, [Wanted(parameters, card)])


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


def foresee(
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    idempotency_key: str | None = None,
) -> None:
    """Refuse what `submit` would refuse for a limit, by a look that keeps nobody waiting.

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
        if not key or not repository.by_idempotency_key(session, actor.id, key):
            foresee_all(session, context, actor, [Wanted(parameters, card)])


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
    studio_notice.refuse_under_maintenance(session)
    room.refuse(session, context.settings, actor, wanted[0].card.name, of=len(wanted), coming=True)
    usage.refuse_beyond(session, context.settings, actor, sum(_prices(wanted)))


def _prices(wanted: Sequence[Wanted]) -> list[int]:
    return [microcredits_of(one.completed(seed=0), one.card) for one in wanted]
