"""The life of one claimed generation: follow its events, keep its lease, settle how it came out.

Knows no SQL and draws nothing. Three things can end it early: its owner cancels it, the studio stops,
or the lease is lost (the database was away for too long, or somebody thought that we were dead).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import Final, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError

from backend.catalog.service import Catalog
from backend.dispatch.fetching import Fetched, fetch
from backend.dispatch.halting import failure_of
from backend.dispatch.outcomes import (
    Canceled,
    Deferred,
    Drawn,
    Failure,
    Lost,
    Outcome,
    outcome_of,
    outcome_of_event,
)
from backend.dispatch.settlement import settle
from backend.dispatch.showing import Showing
from backend.generations import events
from backend.generations.models import Generation, queue
from backend.images import storing
from backend.kit.context import Context
from backend.kit.database import AWAY
from backend.kit.live import Mark, Phase
from backend.kit.queue import BEATS_PER_LEASE, Beat, Lease
from backend.provenance.marker import marker_of
from backend.results.keeping import Finished
from inference import tracing
from inference.protocol import (
    Done,
    Failed,
    GenerationEvent,
    GenerationRequest,
    ImageReady,
    InferenceError,
    ModelCard,
    Preview,
    Progress,
    Queued,
    Started,
    Unavailable,
)

T = TypeVar("T")

SILENCE_S: Final = 600.0
_STOP_WITHIN_S: Final = 3.0
_TRY_AGAIN_S: Final = 0.5

_log = logging.getLogger("atelier.dispatch")


class Execution:
    """One claimed generation on its way to an end."""

    def __init__(self, context: Context, catalog: Catalog, row: Generation) -> None:
        self._context = context
        self._catalog = catalog
        self._row = row
        self._lease = Lease(row.id, row.fence)
        self._lease_seconds = context.settings.lease_seconds
        self._sure_until = time.monotonic() + self._lease_seconds
        self._interruption: asyncio.Future[Outcome] = asyncio.Future()
        self._started = False
        self._count = 0
        self._showing = Showing(context, row.parameters)

    def cancel(self) -> None:
        """Stop it, because its owner wants that."""
        self._interrupt(Canceled())

    def halt(self, failure: Failure) -> None:
        """Stop it, because its model was stopped in an emergency."""
        self._interrupt(failure)

    @property
    def model(self) -> str:
        """With what it is drawn."""
        return self._row.parameters.model

    def release(self) -> None:
        """Stop it and give it back, because the studio stops."""
        self._interrupt(Deferred())

    async def run(self) -> Outcome:
        """Follow it to its end and return how it came out."""
        drawing = asyncio.create_task(self._draw())
        beating = asyncio.create_task(self._keep_lease())
        try:
            await asyncio.wait({drawing, self._interruption}, return_when=asyncio.FIRST_COMPLETED)
            if not drawing.done():
                await self._stop(drawing)
            outcome = drawing.result() if _came_out(drawing) else self._interruption.result()
            return await self._insist(lambda: settle(self._context, self._lease, outcome))
        finally:
            await _end(drawing, beating)
            self._context.hub.forget(self._row.id)

    async def _draw(self) -> Outcome:
        """Follow the events; whatever goes wrong becomes an outcome."""
        try:
            if halted := await asyncio.to_thread(failure_of, self._context, self.model):
                return halted
            card = await self._catalog.resolve(self._row.parameters.model)
            fetched = await asyncio.to_thread(fetch, self._context, self._row)
            await self._stop_predecessor()
            return await self._follow(card, fetched)
        except Exception as error:  # noqa: BLE001
            outcome = outcome_of(error, started=self._started)
            if outcome is None:
                _log.exception("generation %s broke off by a bug", self._row.id)
                outcome = Failure("internal", "Something went wrong on our side.", retryable=True)
            return outcome

    async def _follow(self, card: ModelCard, fetched: Fetched) -> Outcome:
        request = GenerationRequest(
            id=_request_id(self._lease),
            parameters=self._row.parameters,
            pictures=fetched.pictures,
            previews=await self._showing.wanted(),
        )
        keeping: list[asyncio.Task[Finished]] = []
        generated = self._context.inference.generate(request)
        try:
            async with aclosing(cast("AsyncGenerator[GenerationEvent]", generated)) as heard:
                async for event in _not_silent(heard):
                    match event:
                        case Queued():
                            pass
                        case Started():
                            self._started = True
                        case Progress():
                            self._show(event)
                        case Preview():
                            await self._look_at(event)
                        case ImageReady():
                            self._showing.close(event.index)
                            self._context.hub.drop_preview(self._row.id, event.index)
                            keeping.append(asyncio.create_task(self._keep(event, card, fetched)))
                        case Failed():
                            return outcome_of_event(event, started=self._started)
                        case Done():
                            return _complete(self._row, list(await asyncio.gather(*keeping)))
            raise Unavailable("The replica went away before the image was finished.")
        finally:
            await _end(*keeping)

    def _show(self, news: Progress | Preview) -> None:
        self._started = True
        self._count += 1
        mark = Mark(self._row.fence, Phase.RUNNING, self._count)
        events.saw(self._context, self._row, mark, news)

    async def _look_at(self, preview: Preview) -> None:
        """Show of a preview what the policy lets people see."""
        if seen := await self._showing.look_at(preview):
            self._show(seen)

    async def _keep(self, event: ImageReady, card: ModelCard, fetched: Fetched) -> Finished:
        """Fetch a finished image, mark it and store its files."""
        with tracing.span("store", index=event.index):
            return await self._stored(event, card, fetched)

    async def _stored(self, event: ImageReady, card: ModelCard, fetched: Fetched) -> Finished:
        data = await self._context.inference.image(_request_id(self._lease), event.index)
        prepared = await asyncio.to_thread(
            storing.prepare,
            self._context.storage,
            marker_of(self._context.settings),
            data,
            parameters=self._row.parameters,
            seed=event.seed,
            index=event.index,
            generation_id=self._row.id,
            card=card,
            over=fetched.pictures.init_image,
            parent=fetched.parent,
        )
        return Finished(prepared, event.scores)

    async def _stop_predecessor(self) -> None:
        """Stop what a dispatcher that died may have left running under the fence before ours."""
        if self._lease.fence > 1:
            before = Lease(self._lease.id, self._lease.fence - 1)
            with suppress(InferenceError):
                await self._context.inference.cancel(_request_id(before))

    async def _stop(self, drawing: asyncio.Task[Outcome]) -> None:
        with suppress(InferenceError, TimeoutError):
            async with asyncio.timeout(_STOP_WITHIN_S):
                await self._context.inference.cancel(_request_id(self._lease))
        await _end(drawing)

    async def _keep_lease(self) -> None:
        """Renew the lease from a timer, and hear from it whether somebody wants us to stop."""
        while True:
            await asyncio.sleep(self._lease_seconds / BEATS_PER_LEASE)
            match await self._beat():
                case Beat.CANCEL:
                    self.cancel()
                case Beat.LOST:
                    self._interrupt(Lost())
                case Beat.OK:
                    pass

    async def _beat(self) -> Beat:
        asked = time.monotonic()
        left = self._sure_until - self._lease_seconds / BEATS_PER_LEASE - asked
        try:
            async with asyncio.timeout(max(0.0, left)):
                beat = await asyncio.to_thread(self._renew)
        except TimeoutError:
            return Beat.LOST  # by our own clock: nobody has believed us for almost a whole lease
        except SQLAlchemyError as error:
            _log.warning("heartbeat of %s: %s", self._row.id, type(error).__name__)
            return Beat.OK
        self._sure_until = asked + self._lease_seconds
        return beat

    def _renew(self) -> Beat:
        with self._context.database.write() as session:
            return queue.heartbeat(session, self._lease, lease_seconds=self._lease_seconds)

    async def _insist(self, write: Callable[[], T]) -> T | Lost:
        """Run `write` until the database takes it, for as long as the lease may still be ours."""
        while True:
            try:
                return await asyncio.to_thread(write)
            except AWAY:
                if time.monotonic() > self._sure_until:
                    return Lost()
                await asyncio.sleep(_TRY_AGAIN_S)

    def _interrupt(self, outcome: Outcome) -> None:
        if not self._interruption.done():
            self._interruption.set_result(outcome)


def _request_id(lease: Lease) -> str:
    """Return the id under which inference knows it: another claim is another request there."""
    return f"{lease.id}-{lease.fence}"


def _complete(row: Generation, finished: list[Finished]) -> Outcome:
    if len(finished) == row.parameters.num_images:
        return Drawn(finished)
    return Failure("incomplete", "Not every image arrived.", retryable=True)


async def _not_silent(
    heard: AsyncGenerator[GenerationEvent],
) -> AsyncGenerator[GenerationEvent]:
    """Yield the events; ten minutes without one count as a replica that is gone."""
    while True:
        try:
            async with asyncio.timeout(SILENCE_S):
                event = await anext(heard)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise Unavailable("The replica said nothing for ten minutes.") from None
        yield event


def _came_out(drawing: asyncio.Task[Outcome]) -> bool:
    return drawing.done() and not drawing.cancelled()


async def _end(*tasks: asyncio.Task[object]) -> None:
    """Cancel what still runs and wait for it; what it raised was heard elsewhere."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
