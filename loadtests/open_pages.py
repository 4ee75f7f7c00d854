"""How a studio feels to fifty people who have it open while ten of them draw, in one API process.

    python -m loadtests.open_pages [--people 50] [--drawing 10] [--seconds 120]

Starts a studio with the bundled model and signs everybody in. Each of them has the stream of events open that every page
has, and does something every few seconds: opens a page, looks through the library, searches, scrolls thumbnails, asks for
a price. Ten of them draw one image after another. A row for each kind of interaction: how often, the median, the 95th
percentile, what failed. Then how the drawing was told: progress that never came, went backwards or never ended is lost.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx2

from backend.accounts.cookies import session_cookie_name
from backend.kit.database import Database
from backend.kit.settings import Settings
from loadtests.machine import describe
from loadtests.studio import Studio, running_studio
from tests.fixtures.actors import FROM_A_PAGE, add_session, add_user

WANTED_MS: Final = 500.0
FURNITURE: Final = 24
ENDED: Final = frozenset({"succeeded", "failed", "canceled"})
PAUSE_S: Final = (2.0, 8.0)
PATIENCE_S: Final = 120.0
WORDS: Final = (
    "dress",
    "coat",
    "red striped",
    "blue hat",
    "-green",
    "status:approved",
    "is:mine tee",
)
PROMPTS: Final = tuple(
    f"a {colour} {pattern} {garment} on a {ground} background"
    for colour, ground in (
        ("red", "cream"),
        ("blue", "pink"),
        ("green", "white"),
        ("yellow", "grey"),
    )
    for pattern in ("striped", "plain")
    for garment in ("dress", "coat", "hat")
)


@dataclass
class Told:
    """What one person's stream said of one generation."""

    steps: list[int] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def lost(self) -> bool:
        """Whether its progress never came, went backwards, or did not end."""
        return not self.steps or self.steps != sorted(self.steps) or not self.ended.is_set()


@dataclass
class Day:
    """What everybody together measured."""

    took_ms: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    failed: Counter[str] = field(default_factory=Counter)
    told: list[Told] = field(default_factory=list)
    streams_cut: int = 0


class Person:
    """Somebody with the studio open in one tab."""

    def __init__(self, client: httpx2.AsyncClient, day: Day, chance: random.Random) -> None:
        self.client = client
        self.day = day
        self.chance = chance
        self.known: dict[str, Told] = {}
        self.pictures: list[str] = []
        self.listening = asyncio.Event()

    async def listen(self) -> None:
        """Keep the stream open, and take in what it says of one's generations."""
        async with self.client.sse("/api/v1/events", timeout=None) as events:
            async for event in events:
                self.listening.set()
                told = json.loads(event.data)
                if event.event == "progress":
                    self._of(told["generation_id"]).steps.append(told["step"])
                elif event.event == "generation" and told["state"] in ENDED:
                    self._of(told["id"]).ended.set()
        self.day.streams_cut += 1

    async def browse(self, until: float) -> None:
        """Do something every few seconds."""
        doings = [
            self._open_page,
            self._look,
            self._search,
            self._count,
            self._scroll,
            self._ask_price,
        ]
        while time.monotonic() < until:
            await asyncio.sleep(self.chance.uniform(*PAUSE_S))
            await self.chance.choice(doings)()

    async def draw(self, until: float) -> None:
        """Draw one image after another, each as soon as the stream said that the last has ended."""
        while time.monotonic() < until:
            answer = await self.timed("press Generate", "POST", "/generations", json=self._wanted())
            if answer is None:
                await asyncio.sleep(1)
                continue
            told = self._of(answer.json()["id"])
            self.day.told.append(told)
            try:
                await asyncio.wait_for(told.ended.wait(), PATIENCE_S)
            except TimeoutError:
                continue

    async def _open_page(self) -> None:
        path = self.chance.choice(("/", "/library", "/history", "/galleries"))
        await self.timed("open a page", "GET", path, api=False)

    async def _look(self) -> None:
        answer = await self.timed("first tiles of the library", "GET", "/library?limit=60")
        if answer is not None:
            self.pictures = [one["id"] for one in answer.json()["items"]]

    async def _search(self) -> None:
        await self.timed("search", "GET", "/library", params={"q": self.chance.choice(WORDS)})

    async def _count(self) -> None:
        await self.timed("facets", "GET", "/library/facets")

    async def _scroll(self) -> None:
        for image_id in self.pictures[:6]:
            await self.timed("a thumbnail", "GET", f"/images/{image_id}/content?variant=thumb")

    async def _ask_price(self) -> None:
        await self.timed("price", "POST", "/generations?dry_run=true", json=self._wanted())

    async def timed(
        self,
        what: str,
        method: str,
        path: str,
        *,
        api: bool = True,
        **more: Any,  # noqa: ANN401
    ) -> httpx2.Response | None:
        """Ask, note how long it took, and return what came back, or None if it was an error."""
        began = time.perf_counter()
        url = f"/api/v1{path}" if api else path
        try:
            answer = await self.client.request(method, url, **more)
        except httpx2.TransportError:
            self.day.failed[what] += 1
            return None
        self.day.took_ms[what].append(1000 * (time.perf_counter() - began))
        if not answer.is_success:
            self.day.failed[what] += 1
            return None
        return answer

    def _of(self, generation_id: str) -> Told:
        return self.known.setdefault(generation_id, Told())

    def _wanted(self) -> dict[str, Any]:
        return {"prompt": self.chance.choice(PROMPTS), "seed": self.chance.randrange(2**32)}


async def spend(studio: Studio, people: list[dict[str, str]], drawing: int, seconds: float) -> Day:
    """Have that many people spend so long in the studio; the first `drawing` of them draw."""
    day = Day()
    async with AsyncExitStack() as stack:
        persons = []
        for number, cookies in enumerate(people):
            client = httpx2.AsyncClient(
                base_url=studio.url, cookies=cookies, headers=FROM_A_PAGE, timeout=PATIENCE_S
            )
            chance = random.Random(number)  # noqa: S311 - the same day each time
            persons.append(Person(await stack.enter_async_context(client), day, chance))
        streams = [asyncio.create_task(person.listen()) for person in persons]
        await asyncio.gather(*(person.listening.wait() for person in persons))
        until = time.monotonic() + seconds
        doing: list[Callable[[float], Awaitable[None]]] = [person.browse for person in persons]
        doing += [person.draw for person in persons[:drawing]]
        await asyncio.gather(*(do(until) for do in doing))
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    return day


def sign_in(folder: Path, people: int) -> list[dict[str, str]]:
    """Make that many designers and return the cookie of each."""
    settings = Settings(data_dir=folder)
    database = Database(settings.resolved_database_url)
    try:
        name = session_cookie_name(settings)
        return [{name: add_session(database, add_user(database))} for _ in range(people)]
    finally:
        database.dispose()


def furnish(studio: Studio) -> None:
    """Draw something that everybody sees in their library."""
    with studio.client() as client:
        gallery = client.post(
            "/api/v1/galleries", json={"name": "For everybody", "visibility": "everyone"}
        )
        gallery.raise_for_status()
        for seed in range(FURNITURE):
            wanted = {"prompt": PROMPTS[seed % len(PROMPTS)], "seed": seed}
            place = {"gallery": gallery.json()["id"]}
            asked = client.post("/api/v1/generations", json=wanted, params=place).raise_for_status()
            with client.sse(asked.json()["urls"]["events"]) as events:
                for event in events:
                    if event.event == "generation" and json.loads(event.data)["state"] in ENDED:
                        break


def table(day: Day) -> str:
    """Return the figures of `day`."""
    lines = ["| interaction | times | p50 ms | p95 ms | failed |\n|---|---|---|---|---|\n"]
    everything = [ms for each in day.took_ms.values() for ms in each]
    for what, took in [*sorted(day.took_ms.items()), ("all of them", everything)]:
        slow = statistics.quantiles(took, n=20)[18] if len(took) > 1 else took[0]
        failed = day.failed[what] if what in day.took_ms else day.failed.total()
        lines.append(
            f"| {what} | {len(took)} | {statistics.median(took):.0f} | {slow:.0f} | {failed} |\n"
        )
    lost = sum(told.lost for told in day.told)
    lines.append(
        f"\n{len(day.told)} generations, progress of {lost} lost, {day.streams_cut} streams cut\n"
    )
    return "".join(lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--drawing", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=120.0)
    wanted = parser.parse_args()
    sys.stdout.write(f"{describe()}; {wanted.people} people, {wanted.drawing} of them drawing\n\n")
    with tempfile.TemporaryDirectory() as folder, running_studio(Path(folder)) as studio:
        people = sign_in(Path(folder), wanted.people)
        furnish(studio)
        sys.stdout.write(table(asyncio.run(spend(studio, people, wanted.drawing, wanted.seconds))))


if __name__ == "__main__":
    main()
