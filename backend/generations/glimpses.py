"""Shows every process what another one draws, so that any of them can serve the pages.

Four times a second, what has changed in our hub is said to the other processes: the latest progress and
the latest preview of each image, however many there were meanwhile. So the traffic of a running generation
is bounded, and a lost message is outdated by the next one. Who begins to listen, or may have missed
something, asks, and everybody says everything once more. Tells nobody what they may not see: a glimpse goes
on the channel of its owner.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import Final, Self

from pydantic import BaseModel, ValidationError

from backend.generations import events
from backend.kit.context import Context
from backend.kit.live import Glimpse, Mark
from backend.kit.notifier import MISSED, Message, Reach
from inference.protocol import Preview, Progress

CHANNEL: Final = "glimpses"
SHARE_EVERY_S: Final = 0.25

_log = logging.getLogger("atelier.glimpses")


class Shared(BaseModel):
    """A glimpse on its way: `previews` are the new ones, `kept` the images that still have one."""

    id: str
    owner_id: str
    mark: str
    progress: Progress | None
    previews: list[Preview]
    kept: list[int]

    @classmethod
    def of(cls, generation_id: str, glimpse: Glimpse, told: Glimpse | None) -> Self:
        """Return what is to be said of `glimpse` to those who know what was `told`."""
        known = told.previews if told else {}
        fresh = [each for key, each in glimpse.previews.items() if known.get(key) is not each]
        return cls(
            id=generation_id,
            owner_id=glimpse.owner_id,
            mark=str(glimpse.mark),
            progress=glimpse.progress,
            previews=fresh,
            kept=list(glimpse.previews),
        )

    def onto(self, before: Glimpse | None, mark: Mark) -> Glimpse:
        """Return the glimpse that this makes of the one `before`."""
        known = before.previews if before and before.mark.fence == mark.fence else {}
        kept = {key: each for key, each in known.items() if key in self.kept}
        fresh = {each.index: each for each in self.previews}
        return Glimpse(mark, self.owner_id, self.progress, {**kept, **fresh})


async def exchange(context: Context) -> None:
    """Say what we see and hear what others see, until cancelled."""
    async with context.notifier.subscribe(CHANNEL) as ear:
        desk = Desk(context)
        desk.ask()
        sharing = asyncio.create_task(_share(desk))
        try:
            while True:
                if heard := await ear.get():
                    desk.hear(heard[1])
        finally:
            sharing.cancel()
            with suppress(asyncio.CancelledError):
                await sharing


async def _share(desk: Desk) -> None:
    while True:
        await asyncio.sleep(SHARE_EVERY_S)
        try:
            desk.share()
        except Exception:  # noqa: BLE001
            # Nobody else would notice that the other processes had gone blind.
            _log.exception("glimpses are not shared")


class Desk:
    """What this process has told the others, and what it does with what they tell."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._hub = context.hub
        self._told: dict[str, Glimpse | None] = {}

    def share(self) -> None:
        """Say what has changed since the last time, and what has ended."""
        now = self._hub.ours()
        for ended in self._told.keys() - now.keys():
            self._say({"event": "gone", "id": ended})
        for key, glimpse in now.items():
            told = self._told.get(key)
            if told is not glimpse:
                shared = Shared.of(key, glimpse, told)
                self._say({"event": events.GLIMPSE, "data": shared.model_dump(mode="json")})
        self._told = dict(now)

    def ask(self) -> None:
        """Have everybody else say everything again."""
        self._say({"event": "ask"})

    def hear(self, message: Message) -> None:
        """Take in what another process says; what another version of us may say is left alone."""
        match message:
            case {"event": "ask"}:
                self._forget_what_was_told()
            case {"event": "gone", "id": str(ended)}:
                self._hub.forget_elsewhere(ended)
            case {"event": events.GLIMPSE, "data": dict(data)}:
                self._take_in(data)
            case {"event": event} if event == MISSED:
                self._forget_what_was_told()
                self.ask()

    def _forget_what_was_told(self) -> None:
        self._told = dict.fromkeys(self._told)

    def _take_in(self, data: Message) -> None:
        try:
            shared = Shared.model_validate(data)
        except ValidationError:
            _log.info("a glimpse that another version of us has written")
            return
        before, mark = self._hub.elsewhere(shared.id), Mark.parse(shared.mark)
        if mark is None or (before and before.mark > mark):
            return
        glimpse = shared.onto(before, mark)
        self._hub.saw_elsewhere(shared.id, glimpse)
        news: list[Progress | Preview] = [*shared.previews]
        if shared.progress:
            news.insert(0, shared.progress)
        events.show(self._context.notifier, shared.owner_id, shared.id, mark, news)

    def _say(self, message: Message) -> None:
        self._context.notifier.publish(CHANNEL, message, Reach.ELSEWHERE)
