"""What can be drawn with: the model cards that inference offers, remembered for a few seconds.

Loads no model and knows no weights. What administrators retired is not offered to people, while what waits
for it is still drawn (`choosing`). A studio that other machines can reach refuses models whose
safety checker is only a demonstration, unless its operator has said that this is meant.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from typing import Annotated, NoReturn, Self

from fastapi import Depends, Request

from backend.accounts.actor import Actor
from backend.catalog.choosing import (
    Choices,
    Chosen,
    ModelRetired,
    Offer,
    choices_in,
    nobody_chose,
)
from backend.kit.context import Context
from backend.kit.database import run_writing
from backend.kit.errors import FieldProblem, Forbidden, NotReady, Unprocessable
from backend.kit.settings import Settings
from inference.protocol import InferenceClient, InferenceError, ModelCard

FRESH_FOR_S = 5.0
ANSWER_WITHIN_S = 3.0
RETRY_AFTER_S = 3


class DemoCheckerRefused(NotReady):
    """The only safety checker on offer is a demonstration, and others can reach this studio."""

    code = "demo_safety_checker"


class Catalog:
    """The cards, asked for once for everybody who wants them at the same time."""

    def __init__(
        self,
        inference: InferenceClient,
        settings: Settings,
        choices: Callable[[], Choices] = nobody_chose,
    ) -> None:
        self._inference = inference
        self._choices = choices
        self.accepts_demonstrations = settings.on_loopback or settings.allow_demo_safety_checker
        self._cards: list[ModelCard] = []
        self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    @classmethod
    def over(cls, context: Context) -> Self:
        """Return the catalogue for people: it reads what administrators chose, too."""
        return cls(context.inference, context.settings, partial(choices_in, context.database))

    async def cards(self) -> list[ModelCard]:
        """Return the models on offer, the first being the default.

        While inference is away the last known cards are returned: a generation can still be queued.

        Raises:
            NotReady: Inference has not answered yet; `retry_after` seconds may help.
            DemoCheckerRefused: See the class.
        """
        if time.monotonic() - self._asked_at > FRESH_FOR_S:
            await self._ask()
        if not self._cards:
            raise NotReady(
                "The model is still loading; try again in a few seconds.", retry_after=RETRY_AFTER_S
            )
        return self._cards

    async def resolve(self, name: str | None = None) -> ModelCard:
        """Return the card of `name`, or of inference's own default model, also of one that is retired.

        Raises:
            NotReady: As `cards`.
            Unprocessable: There is no such model; names the nearest one there is.
        """
        return _chosen(await self.cards(), name)

    async def cards_for(self, actor: Actor) -> list[ModelCard]:
        """Return the models that `actor` may draw with now; the first draws when they name none.

        Raises:
            NotReady: As `cards`.
        """
        return (await self._offered_to(actor)).cards

    async def offer_for(self, actor: Actor) -> Offer:
        """Return the same, one at least, with those that are retired.

        Raises:
            NotReady: As `choose_for`.
            Forbidden: As `choose_for`.
        """
        offer = await self._offered_to(actor)
        if not offer.cards:
            _nothing_for(actor)
        return offer

    async def resolve_for(self, actor: Actor, name: str | None = None) -> ModelCard:
        """Return the card that `choose_for` chooses."""
        return (await self.choose_for(actor, name)).card

    async def choose_for(self, actor: Actor, name: str | None = None) -> Chosen:
        """Return the model `name`, or the one that draws when `actor` names none, and whether a canary's lot chose it.

        Raises:
            NotReady: As `cards`, or every model is retired.
            Forbidden: None of the models that they may draw with is on offer.
            Unprocessable: There is no such model for them, or it is retired; names the nearest one.
        """
        offer = await self.offer_for(actor)
        if name and name in offer.retired:
            nearest = _nearest(name, [card.name for card in offer.cards])
            raise ModelRetired.of(offer.retired[name], nearest)
        return Chosen(_chosen(offer.cards, name), by_canary=name is None and offer.by_canary)

    async def _offered_to(self, actor: Actor) -> Offer:
        cards = await self.cards()
        choices = await run_writing(self._choices)
        return choices.offered_to(actor, cards)

    async def aclose(self) -> None:
        """Stop asking."""
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def _ask(self) -> None:
        """Join, or start, the one question under way; it outlives a caller who cannot wait for it."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._refresh())
        await asyncio.wait({self._asking}, timeout=ANSWER_WITHIN_S)
        if self._asking.done() and (error := self._asking.exception()):
            raise error

    async def _refresh(self) -> None:
        try:
            cards = await self._inference.models()
        except InferenceError:
            return
        self._refuse_demonstrations(cards)
        self._cards, self._asked_at = cards, time.monotonic()

    def _refuse_demonstrations(self, cards: list[ModelCard]) -> None:
        demo = [card for card in cards if card.demonstration]
        if demo and not self.accepts_demonstrations:
            self._cards = []
            raise DemoCheckerRefused(
                f"Model {demo[0].name!r} comes with {demo[0].safety_checker!r}, a demonstration that "
                f"recognises no real nudity or violence ({demo[0].demonstration}), and other machines can reach "
                "this studio. Offer a model with a real safety checker, or set "
                "ATELIER_ALLOW_DEMO_SAFETY_CHECKER=true to accept it."
            )


def catalog_of(request: Request) -> Catalog:
    """Return the running studio's catalogue."""
    catalog: Catalog = request.app.state.catalog
    return catalog


CatalogDep = Annotated[Catalog, Depends(catalog_of)]


def _chosen(cards: list[ModelCard], name: str | None) -> ModelCard:
    for card in cards:
        if name is None or card.name == name:
            return card
    raise _no_such_model(name or "", [card.name for card in cards])


def _nothing_for(actor: Actor) -> NoReturn:
    if not actor.models:
        raise NotReady(
            "Every model is retired; an administrator can make one available.", retry_after=60
        )
    listed = ", ".join(sorted(actor.models))
    raise Forbidden(
        f"the role {actor.role!r} may draw with {listed}, which is not offered now; "
        "an administrator can allow it another model"
    )


def _no_such_model(name: str, known: list[str]) -> Unprocessable:
    nearest = _nearest(name, known)
    limit = "one of " + ", ".join(known)
    message = f"must be {limit}, not {name!r}; the nearest good value is {nearest}"
    return Unprocessable(
        f"model {message}",
        fields=[FieldProblem(field="model", message=message, limit=limit, nearest=nearest)],
    )


def _nearest(name: str, known: list[str]) -> str:
    return (get_close_matches(name, known, n=1, cutoff=0.0) or known)[0]
