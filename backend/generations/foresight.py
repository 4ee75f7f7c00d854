"""What a submission would cost, whether a limit would refuse it, and what would answer it: a look that adds no row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.generations import limits, pace, pictures, recall, repository, room
from backend.generations.pictures import Size
from backend.generations.recall import Recalled
from backend.generations.schemas import GenerationParameters, Price
from backend.kit.context import Context
from backend.notices import service as studio_notice
from backend.results import service as results
from backend.results.repository import Source
from backend.screening import service as screening
from backend.usage import service as usage
from backend.usage.price import credits_in, micro, microcredits_of
from inference.protocol import ModelCard


@dataclass(frozen=True)
class Wanted:
    """What one generation is to be, and the card of the model that draws it.

    `over` is the size of the picture that is to be made larger: see `measured`.
    """

    parameters: GenerationParameters
    card: ModelCard
    over: Size | None = None
    by_canary: bool = False

    def completed(self, *, seed: int) -> GenerationParameters:
        """Return the parameters with the model's defaults and a drawn seed where nothing was asked.

        Raises:
            Unprocessable: The model cannot draw that.
        """
        complete = self.parameters.completed_by(self.card, seed=seed)
        return limits.within(self.card, complete, self.over)

    def price(self, complete: GenerationParameters) -> int:
        """Return what the completed parameters cost, in millionths of a credit."""
        return microcredits_of(complete, self.card, self.over)


def measured(session: Session, actor: Actor, wanted: Sequence[Wanted]) -> list[Wanted]:
    """Return `wanted` with the size of each picture that is to be made larger: that decides what comes out.

    Raises:
        NotFound: `actor` may not draw over it, or there is none.
    """
    return [
        replace(one, over=pictures.size_over(session, actor, one.parameters))
        if one.parameters.upscale and one.over is None
        else one
        for one in wanted
    ]


def price(  # noqa: PLR0913
    session: Session,
    context: Context,
    actor: Actor,
    parameters: GenerationParameters,
    card: ModelCard,
    *,
    by_canary: bool = False,
    fresh: bool = False,
) -> Price:
    """Return what `parameters` would cost `actor` on the model of `card`, and what they have left.

    Nothing, where it would be answered from storage.

    Raises:
        NotFound: There is no such picture that they may draw over or by; it names the field.
        Unprocessable: The model cannot draw that.
    """
    pictures.foresee(session, actor, parameters)
    [wanted] = measured(session, actor, [Wanted(parameters, card, by_canary=by_canary)])
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
        NotFound: There is no picture to be made larger that they may draw over.
        Unprocessable: A model cannot draw that.
    """
    wanted = measured(session, actor, wanted)
    prices = [credits_in(one) for one in _prices(wanted)]
    known = pace.lately(session)
    paces = [known.get(one.card.name) for one in wanted]
    seconds = [cost * each for cost, each in zip(prices, paces, strict=True) if each is not None]
    least = usage.narrowest(usage.allowances(session, context.settings, actor))
    words = screening.findings(session, (one.parameters for one in wanted))
    return Price(
        credits=credits_in(sum(micro(cost) for cost in prices)),
        estimated_seconds=round(sum(seconds), 2) if len(seconds) == len(prices) else None,
        remaining=credits_in(least.remaining or 0) if least else None,
        resets_at=least.resets_at if least else None,
        model=wanted[0].card.name,
        by_canary=wanted[0].by_canary,
        words=words,
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
        NotFound: There is no picture to be made larger that they may draw over.
        TooMany: As `submit`.
        QueueFull: As `submit`.
        QuotaExceeded: As `submit`.
        QuotaTooSmall: As `submit`.
        Maintenance: As `submit`.
        Unprocessable: The model cannot draw that, or the policy refuses its words.
    """
    with context.database.read() as session:
        key = idempotency_key
        if key and repository.by_idempotency_key(session, actor.id, key):
            return None
        [wanted] = measured(session, actor, [Wanted(parameters, card)])
        known = None if fresh else _known(session, context, actor, wanted)
        if known is None:
            foresee_all(session, context, actor, [wanted])
            if not parameters.leaves_to_chance and not fresh:
                recall.ASKED.labels("miss").inc()
            return None
        _refuse_at_a_look(session, context, actor, [wanted])  # what costs nothing is in every quota
    return recall.prepare(context, known, wanted.completed(seed=0), card)


def foresee_all(session: Session, context: Context, actor: Actor, wanted: Sequence[Wanted]) -> None:
    """Refuse what `submit_all` would refuse for a limit, in a session that only reads.

    Raises:
        NotFound: There is no picture to be made larger that they may draw over.
        TooMany: As `submit_all`.
        QueueFull: As `submit_all`.
        QuotaExceeded: As `submit_all`.
        QuotaTooSmall: As `submit_all`.
        Maintenance: As `submit_all`.
        Unprocessable: As `submit_all`.
    """
    _refuse_at_a_look(session, context, actor, wanted)
    prices = _prices(measured(session, actor, wanted))
    usage.refuse_beyond(session, context.settings, actor, sum(prices))


def recall_all(
    context: Context, actor: Actor, wanted: Sequence[Wanted], *, fresh: bool = False
) -> dict[int, Recalled]:
    """Return by its place what `submit_all` needs to answer each of `wanted` that was drawn before, unless `fresh`.

    Raises:
        NotFound, TooMany, QueueFull, QuotaExceeded, QuotaTooSmall, Maintenance, Unprocessable: As `foresee_all`, for
            those that are to be drawn.
    """
    with context.database.read() as session:
        wanted = measured(session, actor, wanted)
        known = {} if fresh else _known_among(session, context, actor, wanted)
        drawn = [one for place, one in enumerate(wanted) if place not in known]
        if drawn:
            foresee_all(session, context, actor, drawn)
        else:
            _refuse_at_a_look(session, context, actor, wanted[:1])
    answers = {
        place: recall.prepare(context, found, wanted[place].completed(seed=0), wanted[place].card)
        for place, found in known.items()
    }
    return {place: one for place, one in answers.items() if one}


def price_of_the_new(
    session: Session,
    context: Context,
    actor: Actor,
    wanted: Sequence[Wanted],
    *,
    fresh: bool = False,
) -> tuple[Price, int]:
    """Return what `wanted` would cost `actor` together, and how many of them cost nothing: they were drawn before.

    Raises:
        NotFound: There is no such picture that they may draw over or by; it names the field.
        Unprocessable: A model cannot draw that.
    """
    pictures.foresee(session, actor, wanted[0].parameters)  # all of them draw from the same
    wanted = measured(session, actor, wanted)
    known = {} if fresh else _known_among(session, context, actor, wanted)
    there = {place for place, one in known.items() if results.are_there(context.storage, one)}
    drawn = [one for place, one in enumerate(wanted) if place not in there]
    whole = price_of_all(session, context, actor, drawn or wanted)
    told = {"model": wanted[0].card.name, "by_canary": wanted[0].by_canary}
    if not drawn:
        told |= {"credits": 0.0, "estimated_seconds": 0.0, "from_cache": True}
    return whole.model_copy(update=told), len(there)


def _known_among(
    session: Session, context: Context, actor: Actor, wanted: Sequence[Wanted]
) -> dict[int, list[Source]]:
    """Return by their places the images that answer those of `wanted` that need not be drawn."""
    found = {place: _known(session, context, actor, one) for place, one in enumerate(wanted)}
    return {place: one for place, one in found.items() if one is not None}


def _refuse_at_a_look(
    session: Session, context: Context, actor: Actor, wanted: Sequence[Wanted]
) -> None:
    studio_notice.refuse_under_maintenance(session)
    screening.refuse(session, actor.id, (one.parameters for one in wanted))
    room.refuse(session, context.settings, actor, wanted[0].card.name, of=len(wanted), coming=True)


def _known(session: Session, context: Context, actor: Actor, wanted: Wanted) -> list[Source] | None:
    """Return the images that answer it, None where it has to be drawn; a random seed is drawn anew each time."""
    if wanted.parameters.leaves_to_chance:
        return None
    complete = wanted.completed(seed=0)
    return results.find(session, context.settings, actor, complete, wanted.card)


def _prices(wanted: Sequence[Wanted]) -> list[int]:
    return [one.price(one.completed(seed=0)) for one in wanted]
