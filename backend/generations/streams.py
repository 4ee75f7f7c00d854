"""What a browser hears: the server-sent events of one generation, or of everything a person runs.

A stream first says how things stand and then what changes. The notifier is only the fast way: every
two seconds the rows are looked at as well, so that a lost message costs two seconds and nothing else, and so that
whoever waits hears how the line before them grows shorter.
A stream ends after a quarter of an hour; the browser opens the next by itself, and is recognised anew. It ends within
a second when whoever opened it is shut out: `backend.accounts.watch` says so on a channel of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Final

from fastapi.sse import ServerSentEvent

from backend.accounts.actor import Actor
from backend.accounts.watch import SHUT_OUT
from backend.generations import events, repository
from backend.generations.models import Generation
from backend.generations.presentation import present, snapshot
from backend.generations.schemas import (
    GenerationPublic,
    PreviewPublic,
    ProgressPublic,
    Snapshot,
    Wait,
    WaitPublic,
)
from backend.generations.waits import waits_of
from backend.kit.context import Context
from backend.kit.live import Glimpse, Mark, Phase
from backend.kit.notifier import MISSED, Message, Subscription
from backend.notices.service import CHANNEL as NOTICES

LOOK_EVERY_S: Final = 2.0
LONGEST_S: Final = 900.0
_OVER: Final = frozenset({events.STOPPING, SHUT_OUT})


async def of_person(
    context: Context, actor: Actor, *watched: str
) -> AsyncIterator[ServerSentEvent]:
    """Yield a snapshot, then everything that happens to the generations of `actor`, and that the notice is another.

    On the channels `watched` is said when `actor` may listen no more.
    """
    channel = events.person_channel(actor.id)
    channels = (channel, events.STUDIO_CHANNEL, NOTICES, *watched)
    async with context.notifier.subscribe(*channels) as ear:
        view = _View(context, actor)
        yield ServerSentEvent(event="snapshot", data=await asyncio.to_thread(view.begin))
        async for message in _heard(context, ear):
            for event in await view.follow(message):
                yield event


async def of_generation(
    context: Context, actor: Actor, generation_id: str, last: Mark | None, *watched: str
) -> AsyncIterator[ServerSentEvent]:
    """Yield how one generation stands, unless `last` says that is known, then what happens to it.

    Ends after the event of its end, which is always sent.
    """
    channel = events.person_channel(actor.id)
    async with context.notifier.subscribe(channel, events.STUDIO_CHANNEL, *watched) as ear:
        view = _View(context, actor, generation_id)
        for event in await asyncio.to_thread(view.resume, last):
            yield event
        if view.all_ended():
            return
        async for message in _heard(context, ear):
            for event in await view.follow(message):
                yield event
            if view.all_ended():
                return


async def _heard(context: Context, ear: Subscription) -> AsyncIterator[Message | None]:
    """Yield each message, and None whenever it is time to look at the rows: also when one was missed."""
    opened = looked = time.monotonic()
    while time.monotonic() - opened < LONGEST_S and not context.stopping.is_set():
        heard = await ear.get(within=max(0.0, looked + LOOK_EVERY_S - time.monotonic()))
        if heard and heard[1]["event"] in _OVER:
            return
        if heard:
            yield heard[1] if heard[1]["event"] != MISSED else None
        if time.monotonic() - looked >= LOOK_EVERY_S:
            yield None
            looked = time.monotonic()


class _View:
    """What one listener has been told so far."""

    def __init__(self, context: Context, actor: Actor, only: str | None = None) -> None:
        self._context = context
        self._actor = actor
        self._only = only
        self._told: dict[str, Mark] = {}
        self._waits: dict[str, Wait] = {}

    def all_ended(self) -> bool:
        """Whether the end of everything ever told of has been told."""
        return all(mark.phase is Phase.ENDED for mark in self._told.values())

    def begin(self) -> Snapshot:
        """Return everything queued or running."""
        with self._context.database.read() as session:
            rows = repository.alive(session, self._actor)
            self._told = {row.id: events.mark_of(row) for row in rows}
            waits = waits_of(session, self._context, rows)
            shown = snapshot(session, self._context, rows, waits)
        self._keep(rows, waits)
        return shown

    def resume(self, last: Mark | None) -> list[ServerSentEvent]:
        """Return how the one generation stands, leaving out what is not newer than `last`."""
        self._told = {self._only: last} if self._only and last and not _ended(last) else {}
        said = self._look([self._only] if self._only else [])
        seen = self._context.hub.latest(self._only or "")
        if not said and self._only:
            self._told.setdefault(self._only, last or Mark(0, Phase.WAITING))
        return [*said, *self._glimpse(seen)]

    async def follow(self, message: Message | None) -> list[ServerSentEvent]:
        """Return what to say upon `message`, or upon a look at the rows when there is none."""
        if message is None:
            alive = [key for key, mark in self._told.items() if mark.phase is not Phase.ENDED]
            return await asyncio.to_thread(self._look, alive)
        match message["event"]:
            case "generation":
                return await asyncio.to_thread(self._look, [message["data"]["id"]])
            case events.GLIMPSE:
                return self._live(message)
            case "comment" | "run" | "escalated" | events.WITHDRAWN if self._only:
                return []
            case name:
                return [ServerSentEvent(event=name, data=message["data"])]

    def _look(self, ids: list[str]) -> list[ServerSentEvent]:
        """Read the rows again and return what has changed since it was told."""
        with self._context.database.read() as session:
            rows = repository.alive_or_among(session, self._actor, ids)
            rows = [row for row in rows if self._concerns(row.id)]
            news = [row for row in rows if self._is_news(row.id, events.mark_of(row))]
            waits = waits_of(session, self._context, rows)
            shown = present(session, self._context, news, waits)
        told = [
            _said(public, self._tell(row.id, events.mark_of(row)))
            for row, public in zip(news, shown, strict=True)
        ]
        self._keep(news, waits)
        return [*told, *self._waiting(waits)]

    def _keep(self, rows: Sequence[Generation], waits: Mapping[str, Wait]) -> None:
        """Remember how those wait who were just told of."""
        self._waits |= {row.id: waits.get(row.id, Wait()) for row in rows}

    def _waiting(self, waits: Mapping[str, Wait]) -> Iterator[ServerSentEvent]:
        """Say how those wait now who wait in another way than was said."""
        for key, wait in waits.items():
            if self._waits.get(key) != wait:
                self._waits[key] = wait
                data = WaitPublic(generation_id=key, **dict(wait))
                yield ServerSentEvent(event="wait", data=data)

    def _live(self, message: Message) -> list[ServerSentEvent]:
        mark, key = Mark.parse(message["mark"]), message["id"]
        if not (mark and self._concerns(key) and self._is_news(key, mark)):
            return []
        told = str(self._tell(key, mark))
        return [
            ServerSentEvent(event=news["event"], data=news["data"], id=told)
            for news in message["news"]
        ]

    def _glimpse(self, seen: Glimpse | None) -> list[ServerSentEvent]:
        key = self._only
        if seen is None or key is None or not self._is_news(key, seen.mark):
            return []
        mark, found = str(self._tell(key, seen.mark)), []
        if seen.progress:
            progress = ProgressPublic(
                generation_id=key, **seen.progress.model_dump(exclude={"type"})
            )
            found.append(ServerSentEvent(event="progress", data=progress, id=mark))
        for each in seen.previews.values():
            preview = PreviewPublic(generation_id=key, **each.model_dump(exclude={"type"}))
            found.append(ServerSentEvent(event="preview", data=preview, id=mark))
        return found

    def _concerns(self, key: str) -> bool:
        return self._only is None or key == self._only

    def _is_news(self, key: str, mark: Mark) -> bool:
        return key not in self._told or mark > self._told[key]

    def _tell(self, key: str, mark: Mark) -> Mark:
        self._told[key] = mark
        return mark


def _ended(mark: Mark) -> bool:
    return mark.phase is Phase.ENDED


def _said(public: GenerationPublic, mark: Mark) -> ServerSentEvent:
    return ServerSentEvent(event="generation", data=public, id=str(mark))
