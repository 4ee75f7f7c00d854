"""Whatever leaves the studio is marked, by every way out: in words, by a signature, and in the pixels.

The ways are those of the running studio: each route that answers with something that is no JSON stands in one of the two
lists, so that nobody can add one and forget it.
"""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from hashlib import sha256
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
from fastapi.routing import iter_route_contexts
from PIL import Image as Pillow
from sqlmodel import select

from backend.comparisons.models import ComparisonPair
from backend.images.models import Image
from backend.images.schemas import Format, Variant
from backend.kit.settings import Settings
from backend.leaving import prompts
from backend.provenance.marker import marker_of
from backend.provenance.reading import State
from backend.uploads.models import Upload
from tests.fixtures.actors import Client
from tests.fixtures.app import QUIET, UNLIMITED, Studio, open_studio
from tests.fixtures.marks import marks_of
from tests.fixtures.scripted import CARD, ScriptedInference

API: Final = "/api/v1"
SIDE: Final = 512
LARGE: Final = CARD.defaults.model_copy(update={"width": SIDE, "height": SIDE})
CARDS: Final = [
    CARD.model_copy(update={"defaults": LARGE}),
    CARD.model_copy(
        update={"defaults": LARGE, "name": "vega", "title": "Vega", "weights_sha256": "e" * 64}
    ),
]


@dataclass(frozen=True)
class Out:
    """A file that left: whether its pixels are large enough, are one image of the studio, and may come with the prompt."""

    file: bytes
    is_whole: bool = True
    is_image: bool = True
    tells: bool = False


@dataclass(frozen=True)
class Author:
    """Somebody with an image in a gallery that has a share link, and an administrator with a comparison and a grid."""

    studio: Studio
    person: Client
    admin: Client
    image: Any
    token: str
    comparison: str
    grid: str


def contents(author: Author) -> Iterator[Out]:
    for variant, kind in product(Variant, Format):
        path = f"{API}/images/{author.image['id']}/content"
        answer = author.person.get(path, params={"variant": variant, "format": kind})
        answer.raise_for_status()
        assert answer.headers["content-type"] == kind.content_type
        yield Out(answer.content, variant is not Variant.THUMB, tells=variant is Variant.FULL)


def thumbs(author: Author) -> Iterator[Out]:
    answer = author.person.get(f"{API}/library/thumbs", params={"id": author.image["id"]})
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    for part in message_from_bytes(head + answer.content).get_payload():
        file = part.get_payload(decode=True)  # type: ignore[union-attr]
        assert isinstance(file, bytes)
        yield Out(file, is_whole=False)


def in_zip(data: bytes) -> Iterator[Out]:
    archive = ZipFile(BytesIO(data))
    for name in archive.namelist():
        if name.endswith(".webp") and not name.startswith("uploads/"):
            yield Out(archive.read(name), tells=True)


def library(author: Author) -> Iterator[Out]:
    asked = {"image_ids": [author.image["id"]]}
    yield from in_zip(author.person.post(f"{API}/library/export", json=asked).content)


def my_export(author: Author) -> Iterator[Out]:
    yield from in_zip(author.person.post(f"{API}/me/export").content)


def export_of_a_person(author: Author) -> Iterator[Out]:
    path = f"{API}/people/{author.person.user_id}/export"
    yield from in_zip(author.admin.post(path).content)


def link(author: Author) -> Iterator[Out]:
    guest = author.studio.actors.anonymous()
    for variant in (Variant.THUMB, Variant.PREVIEW, Variant.CLEAN):
        path = f"/s/{author.token}/images/{author.image['id']}"
        answer = guest.get(path, params={"variant": variant})
        answer.raise_for_status()
        yield Out(answer.content, is_whole=variant is not Variant.THUMB)


def ballot(author: Author) -> Iterator[Out]:
    told = author.person.get(f"{API}/ballots/{author.comparison}").json()
    for pair, side in product(told["pairs"], ("left", "right")):
        yield Out(author.person.get(pair[side]).content)


def sheet(author: Author) -> Iterator[Out]:
    answer = author.admin.get(f"{API}/grids/{author.grid}/sheet")
    answer.raise_for_status()
    yield Out(answer.content, is_whole=False, is_image=False)


WAYS: Final[dict[tuple[str, str], Callable[[Author], Iterator[Out]]]] = {
    ("GET", "/api/v1/images/{image_id}/content"): contents,
    ("GET", "/api/v1/library/thumbs"): thumbs,
    ("POST", "/api/v1/library/export"): library,
    ("POST", "/api/v1/me/export"): my_export,
    ("POST", "/api/v1/people/{person_id}/export"): export_of_a_person,
    ("GET", "/s/{token}/images/{image_id}"): link,
    ("GET", "/api/v1/ballots/{comparison_id}/pairs/{pair_id}/{side}"): ballot,
    ("GET", "/api/v1/grids/{grid_id}/sheet"): sheet,
}
WITHOUT: Final = {
    ("GET", "/api/v1/events"): "live previews of what is being drawn",
    ("GET", "/api/v1/generations/{generation_id}/events"): "the same",
    ("GET", "/api/v1/uploads/{upload_id}/content"): "a picture that its owner brought",
    ("GET", "/api/v1/moderation/flags/{flag_id}/blurred"): "a few soft colours",
    ("GET", "/s/{token}"): "a page",
    ("GET", "/s/{token}/shown"): "ids",
    ("GET", "/api/v1/verify/root.pem"): "certificates",
    ("GET", "/i/{image_id}"): "leads to a page",
    **dict.fromkeys(
        (
            ("GET", "/api/v1/audit/export"),
            ("GET", "/api/v1/library/export.csv"),
            ("GET", "/api/v1/usage/report.csv"),
            ("POST", "/api/v1/policies/{number}/trial"),
        ),
        "tables and text",
    ),
}


@pytest.fixture(scope="module")
def author(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Author]:
    folder = tmp_path_factory.mktemp("studio")
    (folder / "atelier.db").write_bytes(sqlite_template.read_bytes())
    # The same keys each time, so that what is hidden looks the same each time.
    settings = Settings(data_dir=folder, secret_key="k" * 40 + "eys-of-it", **QUIET, **UNLIMITED)
    with open_studio(settings, ScriptedInference()) as studio:
        studio.inference.cards = CARDS
        yield at_work(studio)


def at_work(studio: Studio) -> Author:
    person, admin = studio.actors.browser(), studio.actors.browser("admin")
    gallery = person.post(f"{API}/galleries", json={"name": "Hats"}).json()["id"]
    wanted = {"downloads": "full", "prompts": True}
    url = person.post(f"{API}/galleries/{gallery}/links", json=wanted).json()["url"]
    [image] = studio.draw(person, "a red hat", seed=7)["images"]
    ids = {"image_ids": [image["id"]]}
    person.post(f"{API}/galleries/{gallery}/images", json=ids).raise_for_status()
    return Author(
        studio, person, admin, image, urlsplit(url).path.removeprefix("/s/"),
        compared(studio, admin), in_a_grid(admin),
    )  # fmt: skip


def compared(studio: Studio, admin: Client) -> str:
    asked = {"models": ["scripted", "vega"], "prompts": ["a hat"]}
    answer = admin.post(f"{API}/comparisons", json=asked)
    assert answer.status_code == 201, answer.text
    with studio.context.database.read() as session:
        [pair] = session.exec(select(ComparisonPair))
    for generation in (pair.first_id, pair.second_id):
        admin.get(f"{API}/generations/{generation}/events").raise_for_status()
    return str(answer.json()["id"])


def in_a_grid(admin: Client) -> str:
    asked = {"base": {"prompt": "a hat", "seed": 7}, "x": {"setting": "seed", "values": [1, 2]}}
    grid = admin.post(f"{API}/grids", json=asked).json()
    for cell in grid["cells"]:
        admin.get(f"{API}/generations/{cell['generation']['id']}/events").raise_for_status()
    return str(grid["id"])


def rows_of(studio: Studio, lookup: int | None) -> list[Image]:
    with studio.context.database.read() as session:
        return list(session.exec(select(Image).where(Image.lookup == lookup)))


def test_every_route_that_could_hand_out_a_picture_is_known(author: Author) -> None:
    told = author.studio.app.openapi()["paths"]
    files = {
        (method.upper(), path)
        for path, methods in told.items()
        for method, operation in methods.items()
        if _kinds(operation) - {"application/json", "application/problem+json"}
    }
    hidden = {
        ("GET", str(one.path))
        for one in iter_route_contexts(author.studio.app.routes)
        if re.match("/[is]/", str(one.path)) and "GET" in (one.methods or ())
    }
    assert files | hidden == WAYS.keys() | WITHOUT.keys()


def _kinds(operation: Any) -> set[str]:
    return {kind for one in operation["responses"].values() for kind in one.get("content", {})}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[1])
def test_is_marked(author: Author, way: tuple[str, str]) -> None:
    settings = author.studio.context.settings
    left = list(WAYS[way](author))
    assert left
    for out in left:
        marks = marks_of(out.file, settings)
        assert marks.says_ai
        assert marks.credentials.state is State.TRUSTED, marks
        assert marks.credentials.problems == ()
        lookup = marks.credentials.lookup
        assert bool(rows_of(author.studio, lookup)) is out.is_image
        if out.is_whole:
            assert marks.hidden == lookup
        assert out.tells or b"red hat" not in out.file


def test_the_row_remembers(author: Author) -> None:
    with author.studio.context.database.read() as session:
        rows = session.exec(select(Image)).all()
    assert all(row.signed and row.lookup is not None for row in rows)
    assert all(row.hidden for row in rows)


def test_a_side_of_a_comparison_names_no_model(author: Author) -> None:
    files = [out.file for out in ballot(author)]
    assert len(files) == 2
    for file in files:
        assert not any(word in file for word in (b"scripted", b"vega", b"5c5c5c", b"eeeeee"))


def content(author: Author, image: Any, **asked: Any) -> bytes:
    return author.person.get(f"{API}/images/{image['id']}/content", params=asked).content


def bring(author: Author, file: bytes) -> str:
    answer = author.person.post(f"{API}/uploads", files={"file": ("a", file)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def parents_of(author: Author, image: Any, **asked: Any) -> int:
    settings = author.studio.context.settings
    return marks_of(content(author, image, **asked), settings).credentials.parents


def test_what_was_drawn_over_is_named(author: Author) -> None:
    ours = bring(author, content(author, author.image, format="png"))
    plain = bring(author, encoded_anew(content(author, author.image)))
    over = {
        name: author.studio.draw(author.person, "a hat", seed=9, init_image=name)["images"][0]
        for name in (author.image["id"], ours, plain)
    }
    assert [parents_of(author, image) for image in over.values()] == [1, 1, 0]
    assert parents_of(author, over[ours], variant="clean", format="jpeg") == 1


def encoded_anew(file: bytes) -> bytes:
    with Pillow.open(BytesIO(file)) as picture:
        out = BytesIO()
        picture.convert("RGB").save(out, "PNG")
    return out.getvalue()


def test_of_an_upload_its_manifest_is_kept_for_its_owner(author: Author) -> None:
    upload = bring(author, content(author, author.image))
    with author.studio.context.database.read() as session:
        kept = session.exec(select(Upload.credentials).where(Upload.id == upload)).one()
    assert kept
    assert len(kept) <= 16_000
    archive = ZipFile(BytesIO(author.person.post(f"{API}/me/export").content))
    lines = map(json.loads, archive.read("uploads.jsonl").splitlines())
    [told] = [line["credentials"] for line in lines if line["id"] == upload]
    assert urlsafe_b64decode(told) == kept


def test_an_answer_from_storage_has_the_same_pixels_and_leads_to_both(author: Author) -> None:
    again = author.studio.draw(author.person, "a red hat", seed=7)
    [image] = again["images"]
    assert again["from_cache"]
    marks = marks_of(content(author, image), author.studio.context.settings)
    assert marks.credentials.state is State.TRUSTED
    assert marks.hidden == marks.credentials.lookup
    ids = {row.id for row in rows_of(author.studio, marks.hidden)}
    assert ids >= {image["id"], author.image["id"]}


def test_a_file_whose_prompt_is_forgotten_is_signed_anew(author: Author) -> None:
    told = author.studio.draw(author.person, "a secret hat", seed=11)
    context = author.studio.context
    with context.database.write() as session:
        prompts.forget(session, context.storage, marker_of(context.settings), [told["id"]])
    file = content(author, told["images"][0])
    marks = marks_of(file, context.settings)
    assert marks.credentials.state is State.TRUSTED
    assert marks.hidden == marks.credentials.lookup
    assert b"secret hat" not in file
    [row] = rows_of(author.studio, marks.hidden)
    assert row.signed
    assert row.sha256 == sha256(file).hexdigest()


def test_made_anew_it_is_known_by_a_weak_tag(author: Author) -> None:
    path = f"{API}/images/{author.image['id']}/content"
    first = author.person.get(path, params={"variant": "clean"})
    assert first.headers["etag"].startswith("W/")
    known = {"If-None-Match": first.headers["etag"]}
    assert author.person.get(path, params={"variant": "clean"}, headers=known).status_code == 304
    assert not author.person.get(path).headers["etag"].startswith("W/")
