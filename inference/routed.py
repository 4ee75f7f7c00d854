"""Several inference apps as one: each model is asked for where it is offered, one application a checkpoint.

Knows which app offers what by asking, and which one drew a generation by remembering. Leaves everything
else to the clients it is given.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress

from inference.protocol import (
    GenerationEvent,
    GenerationRequest,
    InferenceClient,
    InferenceHealth,
    ModelCard,
    PromptLength,
    Unavailable,
    UnknownGeneration,
    UnknownModel,
)

REMEMBERED = 4096


class RoutedInferenceClient:
    """An `InferenceClient` over `clients`; the first one's first model is the default."""

    def __init__(self, clients: Sequence[InferenceClient]) -> None:
        self._clients = tuple(clients)
        self._homes: dict[str, InferenceClient] = {}
        self._drawn_by: OrderedDict[str, InferenceClient] = OrderedDict()

    async def start(self) -> None:
        """Nothing to start; the apps run elsewhere."""

    async def generate(self, request: GenerationRequest) -> AsyncIterator[GenerationEvent]:
        """See `protocol.InferenceClient.generate`."""
        asked = request.parameters
        home = await self._home_of(asked.model if "model" in asked.model_fields_set else None)
        self._remember(request.id, home)
        async for event in home.generate(request):
            yield event

    async def image(self, generation_id: str, index: int) -> bytes:
        """See `protocol.InferenceClient.image`."""
        for client in self._who_may_hold(generation_id):
            with suppress(UnknownGeneration):
                return await client.image(generation_id, index)
        raise UnknownGeneration(f"generation {generation_id!r} has no finished image {index}")

    async def cancel(self, generation_id: str) -> None:
        """See `protocol.InferenceClient.cancel`."""
        for client in self._who_may_hold(generation_id):
            await client.cancel(generation_id)

    async def models(self) -> list[ModelCard]:
        """See `protocol.InferenceClient.models`; an app that does not answer offers nothing."""
        told = await asyncio.gather(
            *(client.models() for client in self._clients), return_exceptions=True
        )
        cards: dict[str, ModelCard] = {}
        for client, offered in zip(self._clients, told, strict=True):
            if isinstance(offered, BaseException):
                continue
            for card in offered:
                if card.name not in cards:
                    cards[card.name], self._homes[card.name] = card, client
        if not cards:
            raise _first_error(told)
        return list(cards.values())

    async def length_of(self, prompt: str, model: str | None = None) -> PromptLength:
        """See `protocol.InferenceClient.length_of`."""
        home = await self._home_of(model)
        return await home.length_of(prompt, model)

    async def health(self) -> InferenceHealth:
        """See `protocol.InferenceClient.health`; ready when any app is, saying which one is not."""
        told = await asyncio.gather(
            *(client.health() for client in self._clients), return_exceptions=True
        )
        answered = [health for health in told if isinstance(health, InferenceHealth)]
        if not answered:
            raise _first_error(told)
        return InferenceHealth(
            ready=any(health.ready for health in answered),
            device=", ".join(sorted({health.device for health in answered if health.device})),
            dtype=", ".join(sorted({health.dtype for health in answered if health.dtype})),
            running=sum(health.running for health in answered),
            waiting=sum(health.waiting for health in answered),
            detail="; ".join(_trouble_of(health) for health in told if _trouble_of(health)),
        )

    async def aclose(self) -> None:
        """See `protocol.InferenceClient.aclose`."""
        for client in self._clients:
            await client.aclose()

    async def _home_of(self, model: str | None) -> InferenceClient:
        if model is None:
            return self._clients[0]
        if model not in self._homes:
            await self.models()
        try:
            return self._homes[model]
        except KeyError:
            raise UnknownModel(
                f"there is no model {model!r} here; choose one of " + ", ".join(self._homes)
            ) from None

    def _remember(self, generation_id: str, home: InferenceClient) -> None:
        self._drawn_by[generation_id] = home
        self._drawn_by.move_to_end(generation_id)
        if len(self._drawn_by) > REMEMBERED:
            self._drawn_by.popitem(last=False)

    def _who_may_hold(self, generation_id: str) -> Sequence[InferenceClient]:
        known = self._drawn_by.get(generation_id)
        return self._clients if known is None else (known,)


def _first_error(told: Sequence[object]) -> BaseException:
    """Return why nobody answered."""
    return next(
        (error for error in told if isinstance(error, BaseException)),
        Unavailable("no inference app offers any model"),
    )


def _trouble_of(told: InferenceHealth | BaseException) -> str:
    return told.detail if isinstance(told, InferenceHealth) else str(told)
