"""How long a usage report takes among 100,000 generations, on each database, over HTTP.

    python -m loadtests.report_rate [sqlite] [postgresql]

The generations lie in 90 days, in the order in which they were asked for, and have two images each; a fiftieth of these was held. An administrator asks for 30 days
with the 30 before, and for all 90, each way of telling apart in turn: the median and the slowest, in milliseconds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any, Final

import httpx
from sqlalchemy import insert, text

from backend import migrations
from backend.accounts.models import Team, User
from backend.generations.models import Generation
from backend.images.models import Image
from backend.images.schemas import Moderation
from backend.kit.database import Database
from backend.kit.ids import new_id
from backend.kit.queue import State
from backend.moderation.models import Flag
from backend.moderation.schemas import FlagState
from backend.reports.schemas import By
from backend.usage.models import UsageCharge
from inference.protocol import GenerationParameters, Priority
from loadtests.asked_over_http import asking, measure_each
from tests.fixtures.actors import add_key, add_user

GENERATIONS: Final = 100_000
DAYS: Final = 90
ROUNDS: Final = 7
PEOPLE: Final = 40
TEAMS: Final = 4
HELD: Final = 0.02
MODELS: Final = ("vega", *["atelier-mini"] * 4)
ENDS: Final = (*[State.SUCCEEDED] * 18, State.FAILED, State.CANCELED)
TABLES: Final = (Generation, Image, Flag, UsageCharge)
_AT_ONCE: Final = 5_000

Rows = dict[type[Any], list[dict[str, Any]]]


def main() -> None:
    """Measure both databases and print a table for each."""
    measure_each(f"{GENERATIONS} generations in {DAYS} days", measure)


def measure(name: str, url: str, folder: Path) -> Iterator[str]:
    """Fill the database at `url` and yield the lines of its table."""
    migrations.upgrade(url)
    database = Database(url)
    now = datetime.now(UTC)
    fill(database, now)
    key = add_key(database, add_user(database, "admin"))
    database.dispose()
    yield f"\n| {name} | median ms | slowest ms |\n|---|---|---|\n"
    with asking(url, folder, key) as client:
        for days, compare in ((30, True), (DAYS, False)):
            for by in By:
                first = (now - timedelta(days=days - 1)).date()
                asked = {"by": by.value, "from": str(first), "compare": str(compare).lower()}
                took = [_asked(client, asked) for _ in range(ROUNDS)]
                what = f"{days} days{' and those before' * compare}, by {by}"
                yield f"| {what} | {median(took):.0f} | {max(took):.0f} |\n"


def fill(database: Database, now: datetime) -> None:
    """Write the generations, and what came of them."""
    chance = random.Random(11)  # noqa: S311 - the same rows each time
    with database.write() as session:
        teams = [Team(name=f"Team {n}") for n in range(TEAMS)]
        session.add_all(teams)
    people = [
        add_user(database, name=f"Person {n}", team_id=teams[n % TEAMS].id) for n in range(PEOPLE)
    ]
    for start in range(0, GENERATIONS, _AT_ONCE):
        rows: Rows = {table: [] for table in TABLES}
        for number in range(start, start + _AT_ONCE):
            at = now - timedelta(days=DAYS * (1 - number / GENERATIONS))
            _draw(chance, rows, chance.choice(people), at)
        with database.write() as session:
            for table in TABLES:
                session.execute(insert(table), rows[table])
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _draw(chance: random.Random, rows: Rows, owner: User, at: datetime) -> None:
    started = at + timedelta(seconds=chance.expovariate(1 / 4))
    look = GenerationParameters(
        prompt="a red dress on a cream background",
        model=chance.choice(MODELS),
        seed=7,
        num_images=2,
    )
    generation = {
        "id": new_id(), "owner_id": owner.id, "parameters": look, "request_hash": "",
        "state": chance.choice(ENDS), "priority": Priority.NORMAL, "cost": 1.0, "max_attempts": 1,
        "created_at": at, "started_at": started,
        "ended_at": started + timedelta(seconds=chance.gammavariate(4, 3)),
    }  # fmt: skip
    rows[Generation].append(generation)
    for index in range(2):
        image = _image(generation, index)
        rows[Image].append(image)
        if chance.random() < HELD:
            flag = {"id": new_id(), "image_id": image["id"], "reason": "", "state": FlagState.OPEN}
            rows[Flag].append(flag)
    charge = {
        "generation_id": generation["id"], "user_id": owner.id, "team_id": owner.team_id,
        "day": at.date(), "microcredits": chance.randrange(10**5, 10**7), "refunded": 0,
    }  # fmt: skip
    rows[UsageCharge].append(charge)


def _image(generation: dict[str, Any], index: int) -> dict[str, Any]:
    key = f"{generation['id']}-{index}"
    return {
        "id": new_id(), "generation_id": generation["id"], "index": index,
        "owner_id": generation["owner_id"], "parameters": generation["parameters"],
        "width": 256, "height": 256, "content_type": "image/webp", "sha256": "", "storage_key": key,
        "preview_key": key, "thumb_key": key, "moderation": Moderation.RELEASED,
        "created_at": generation["ended_at"],
    }  # fmt: skip


def _asked(client: httpx.Client, asked: dict[str, str]) -> float:
    began = time.perf_counter()
    client.get("/api/v1/usage/report", params=asked).raise_for_status()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
