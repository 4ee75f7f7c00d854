"""How long a search of the library takes among 100,000 images, on each database, over HTTP.

    python -m loadtests.search_rate [sqlite] [postgresql]

One designer asks: a twentieth of the images is theirs, and they may open most of forty galleries. A row for each kind of
search: the median and the 95th percentile of the first page of 60, in milliseconds; another person's images take part.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

import httpx
from sqlalchemy import insert, text
from sqlmodel import Session

from backend import migrations
from backend.accounts.models import Team, User
from backend.galleries.models import Gallery, GalleryImage
from backend.galleries.schemas import Visibility
from backend.generations.models import Generation
from backend.images.models import Image
from backend.images.schemas import Moderation, Status
from backend.images.service import stack_of
from backend.kit.database import Database
from backend.kit.ids import ALPHABET
from backend.kit.queue import State
from backend.library.folding import line_of
from backend.library.models import ImageStar, ImageTag, SearchEntry
from inference.protocol import GenerationParameters, Priority
from loadtests.asked_over_http import asking, measure_each
from tests.fixtures.actors import add_key, add_user

IMAGES: Final = 100_000
PEOPLE: Final = 20
GALLERIES: Final = 40
IN_EACH: Final = 500
STARS: Final = 300
ROUNDS: Final = 40
WANTED_MS: Final = {"find": 50.0, "facets": 100.0, "months": 100.0}
_AT_ONCE: Final = 5_000
_A_STACK: Final = 4

GARMENTS: Final = ("dress", "coat", "skirt", "shirt", "jacket", "jumper", "trousers", "scarf")
COLOURS: Final = (
    "red",
    "navy",
    "cream",
    "green",
    "black",
    "pink",
    "ochre",
    "grey",
    "white",
    "teal",
)
PATTERNS: Final = ("plain", "striped", "checked", "dotted", "floral")
PLACES: Final = ("studio", "street", "beach", "garden", "forest", "library", "station")
MODELS: Final = ("vega", *["atelier-mini"] * 9)
TAGS: Final = tuple(f"{season} {year}" for season in ("spring", "autumn") for year in range(20, 30))

ASKED: Final = {
    "nothing": {"q": ""},
    "one common word": {"q": "dress"},
    "two words": {"q": "striped dress"},
    "a rare word": {"q": "houndstooth"},
    "a word that is nowhere": {"q": "zeppelin"},
    "a phrase": {"q": '"red striped dress"'},
    "a word without another": {"q": "dress -red"},
    "the beginning of a word": {"q": "str*"},
    "model:": {"q": "model:vega"},
    "tag:": {"q": 'tag:"spring 26"'},
    "status:": {"q": "status:approved"},
    "gallery:": {"q": "gallery:g5"},
    "is:starred": {"q": "is:starred"},
    "is:mine and a word": {"q": "is:mine coat"},
    "a word and is:starred": {"q": "dress is:starred"},
    "seed:": {"q": "seed:77777"},
    "stacked": {"q": "", "stacked": "true"},
    "a word, stacked": {"q": "dress", "stacked": "true"},
    "facets of nothing": {"": "/facets", "q": ""},
    "facets of a word": {"": "/facets", "q": "dress"},
    "months of nothing": {"": "/months", "q": ""},
    "months of a word": {"": "/months", "q": "dress"},
    "months of a status": {"": "/months", "q": "status:approved"},
}


@dataclass
class Rows:
    """The rows of some images, table by table, in the order in which they are written."""

    generations: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    tags: list[dict[str, Any]] = field(default_factory=list)

    def write(self, session: Session) -> None:
        """Write them."""
        tables = (Generation, Image, SearchEntry, ImageTag)
        rows = (self.generations, self.images, self.entries, self.tags)
        for table, some in zip(tables, rows, strict=True):
            session.execute(insert(table), some)


def main() -> None:
    """Measure both databases and print a table for each."""
    measure_each(f"{IMAGES} images", measure)


def measure(name: str, url: str, folder: Path) -> Iterator[str]:
    """Fill the database at `url` and yield the lines of its table."""
    migrations.upgrade(url)
    database = Database(url)
    person = fill(database)
    key = add_key(database, person)
    database.dispose()
    yield f"\n| {name} | p50 ms | p95 ms | found | |\n|---|---|---|---|---|\n"
    with asking(url, folder, key) as client:
        for what, asked in ASKED.items():
            yield _row(what, *_timed(client, asked))


def fill(database: Database) -> User:
    """Write the images and return the designer who will ask."""
    chance = random.Random(7)  # noqa: S311 - the same images each time
    with database.write() as session:
        team = Team(name="Knits")
        session.add(team)
    people = [add_user(database, name=f"Person {n}", team_id=team.id) for n in range(PEOPLE)]
    ids: list[str] = []
    for start in range(0, IMAGES, _AT_ONCE):
        rows = _rows(chance, people, start)
        ids += [row["id"] for row in rows.images]
        with database.write() as session:
            rows.write(session)
    with database.write() as session:
        _gather(session, chance, people, team, ids)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return people[0]


def _rows(chance: random.Random, people: list[User], start: int) -> Rows:
    rows = Rows()
    for first in range(start, start + _AT_ONCE, _A_STACK):
        owner, prompt = chance.choice(people), _prompt(chance)
        look = GenerationParameters(prompt=prompt, model=chance.choice(MODELS), seed=first)
        rows.generations.append(_generation(_id(first, "g"), owner, look))
        for number in range(first, first + _A_STACK):
            one = look.model_copy(update={"seed": number})
            image = _image(chance, number, rows.generations[-1], one)
            tags = chance.sample(TAGS, chance.choice((0, 0, 0, 1, 2)))
            rows.images.append(image)
            rows.entries.append(
                {
                    "image_id": image["id"],
                    "words": line_of([prompt, *tags]),
                    "model": one.model,
                    "seed": number,
                }
            )
            rows.tags += [
                {"image_id": image["id"], "tag": tag, "folded": tag, "added_by": owner.id}
                for tag in tags
            ]
    return rows


def _generation(generation: str, owner: User, look: GenerationParameters) -> dict[str, Any]:
    return {
        "id": generation,
        "owner_id": owner.id,
        "parameters": look,
        "request_hash": "",
        "state": State.SUCCEEDED,
        "priority": Priority.NORMAL,
        "cost": 1,
        "max_attempts": 1,
    }


def _image(
    chance: random.Random, number: int, generation: dict[str, Any], look: GenerationParameters
) -> dict[str, Any]:
    held = chance.random() < 0.02  # noqa: PLR2004 - as many as a checker may hold
    key = f"{number:064x}.webp"
    return {
        "id": _id(number, "i"),
        "generation_id": generation["id"],
        "index": number % _A_STACK,
        "owner_id": generation["owner_id"],
        "parameters": look,
        "width": look.width,
        "height": look.height,
        "content_type": "image/webp",
        "sha256": key[:64],
        "storage_key": key,
        "preview_key": f"p{key}",
        "thumb_key": f"t{key}",
        "moderation": Moderation.HELD if held else Moderation.RELEASED,
        "created_at": _born(number),
        "stack": stack_of(look),
        "status": chance.choices(list(Status), (70, 5, 5, 3, 15, 2))[0],
    }


def _gather(
    session: Session, chance: random.Random, people: list[User], team: Team, ids: list[str]
) -> None:
    """Make galleries of every kind, and the stars of the first person."""
    for number in range(GALLERIES):
        kind = (Visibility.EVERYONE, Visibility.TEAM, Visibility.TEAM, Visibility.PRIVATE)[
            number % 4
        ]
        owner = people[number % PEOPLE]
        gallery = Gallery(owner_id=owner.id, name=f"g{number}", visibility=kind, team_id=team.id)
        session.add(gallery)
        session.flush()
        some = chance.sample(ids, IN_EACH)
        placed = [{"gallery_id": gallery.id, "image_id": i, "added_by": owner.id} for i in some]
        session.execute(insert(GalleryImage), placed)
    starred = [{"user_id": people[0].id, "image_id": i} for i in chance.sample(ids, STARS)]
    session.execute(insert(ImageStar), starred)


def _prompt(chance: random.Random) -> str:
    parts = [chance.choice(words) for words in (COLOURS, PATTERNS, GARMENTS, PLACES)]
    colour, pattern, garment, place = parts
    rare = " in houndstooth" if chance.random() < 0.001 else ""  # noqa: PLR2004
    words = " ".join(f"word{int(chance.paretovariate(0.5)) % 20000}" for _ in range(12))
    return f"a {colour} {pattern} {garment}{rare} before a {place}, {words}"


def _born(number: int) -> datetime:
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=10 * number)


def _id(number: int, kind: str) -> str:
    """Return an id as `kit.ids` makes them, of something as old as that."""
    born = (int(_born(number).timestamp() * 1000) << 80) | ord(kind)
    return "".join(ALPHABET[(born >> shift) & 31] for shift in range(125, -1, -5))


def _timed(client: httpx.Client, asked: dict[str, str]) -> tuple[list[float], int]:
    path = f"/api/v1/library{asked.get('', '')}"
    params = {name: value for name, value in asked.items() if name}
    times, found = [], 0
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        answer = client.get(path, params=params)
        times.append(1000 * (time.perf_counter() - began))
        answer.raise_for_status()
        found = _count(answer.json())
    return times[1:], found


def _count(answer: Any) -> int:  # noqa: ANN401
    if isinstance(answer, list):
        return len(answer)
    return int(answer.get("total") or len(answer.get("items", ())))


def _row(what: str, times: list[float], found: int) -> str:
    median, slow = quantiles(times, n=100)[49], quantiles(times, n=20)[18]
    wanted = WANTED_MS.get(what.partition(" ")[0], WANTED_MS["find"])
    verdict = "met" if slow <= wanted else "**missed**"
    return f"| {what} | {median:.1f} | {slow:.1f} | {json.dumps(found)} | {verdict} |\n"


if __name__ == "__main__":
    main()
