"""What was stored while nothing could sign, and what signs it later: all of it, once, and nothing that it should not vouch for."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import select

from backend.dispatch.signing import Signed, count_unsigned, signing
from backend.images import webp
from backend.images.models import Image
from backend.kit.database import Database
from backend.kit.settings import Settings
from backend.legalholds import service as legal_holds
from backend.legalholds.schemas import LegalHoldCreate
from backend.provenance.marker import marker_of
from backend.provenance.reading import State
from tests.fixtures import terminal
from tests.fixtures.marks import marks_of
from tests.fixtures.workshop import Workshop

LARGE: dict[str, Any] = {"width": 256, "height": 256}


@pytest.fixture
def workshop(database: Database, tmp_path: Path) -> Workshop:
    """One whose certificates are not where the settings say."""
    absent = str(tmp_path / "absent.pem")
    return Workshop(database, tmp_path, signing_chain=absent, signing_key=absent)


@pytest.fixture
def mended(workshop: Workshop) -> Settings:
    """The settings once somebody has looked: those of a local authority."""
    return workshop.context.settings.model_copy(update={"signing_chain": "", "signing_key": ""})


def draw(workshop: Workshop, **asked: Any) -> Image:
    async def drawn() -> str:
        async with workshop.dispatching():
            return (await workshop.ended(workshop.submit(**{**LARGE, **asked}))).id

    generation_id = asyncio.run(drawn())
    with workshop.context.database.read() as session:
        return session.exec(select(Image).where(Image.generation_id == generation_id)).one()


def row(workshop: Workshop, image: Image) -> Image:
    with workshop.context.database.read() as session:
        return session.get_one(Image, image.id)


def files(workshop: Workshop, image: Image) -> list[bytes]:
    keys = image.storage_key, image.preview_key, image.thumb_key
    return [workshop.context.storage.get(key) for key in keys]


def unsigned(workshop: Workshop) -> int:
    with workshop.context.database.read() as session:
        return count_unsigned(session)


def sign(workshop: Workshop, settings: Settings) -> list[Signed]:
    context = workshop.context
    return list(signing(context.database, context.storage, marker_of(settings)))


def test_what_cannot_be_signed_is_stored_all_the_same_and_signed_later(
    workshop: Workshop, mended: Settings
) -> None:
    image = draw(workshop)
    assert (image.signed, image.hidden, unsigned(workshop)) == (False, True, 1)
    before = files(workshop, image)
    assert not any(map(webp.is_signed, before))

    assert sign(workshop, mended) == [Signed(image.id)]
    after = row(workshop, image)
    assert (after.signed, unsigned(workshop), sign(workshop, mended)) == (True, 0, [])
    assert after.lookup == image.lookup
    assert after.sha256 == sha256(files(workshop, after)[0]).hexdigest()
    for file in files(workshop, after):
        credentials = marks_of(file, mended).credentials
        assert (credentials.state, credentials.lookup) == (State.TRUSTED, image.lookup)
    was, now = webp.parse(before[0]), webp.parse(files(workshop, after)[0])
    assert (now.picture, now.xmp, now.exif) == (was.picture, was.xmp, was.exif)
    # Nobody needs the files before them any more.
    assert not any(
        workshop.context.storage.exists(key)
        for key in (image.storage_key, image.preview_key, image.thumb_key)
    )


def test_one_that_nothing_can_sign_yet_stays_as_it_is(workshop: Workshop) -> None:
    image = draw(workshop)
    [told] = sign(workshop, workshop.context.settings)
    assert told.why == "nothing signs: atelier doctor says why"
    assert row(workshop, image).storage_key == image.storage_key


def test_names_what_it_was_drawn_over(workshop: Workshop, mended: Settings) -> None:
    first = draw(workshop)
    over = draw(workshop, init_image=first.id, strength=0.5)
    assert [one.why for one in sign(workshop, mended)] == [None, None]
    [master, *_] = files(workshop, row(workshop, over))
    assert marks_of(master, mended).credentials.parents == 1
    [master, *_] = files(workshop, row(workshop, first))
    assert marks_of(master, mended).credentials.parents == 0


def test_an_image_from_before_there_were_marks_gets_what_finds_it(
    workshop: Workshop, mended: Settings
) -> None:
    image = draw(workshop)
    with workshop.context.database.write() as session:
        old = session.get_one(Image, image.id)
        old.lookup, old.hidden = None, False
        session.add(old)
    assert sign(workshop, mended) == [Signed(image.id)]
    after = row(workshop, image)
    assert (after.signed, after.hidden) == (True, False)
    assert after.lookup == marker_of(mended).lookup_of(image.generation_id, image.index)
    credentials = marks_of(files(workshop, after)[0], mended).credentials
    assert credentials.lookup == after.lookup


def test_does_not_vouch_for_a_file_that_is_not_the_one_that_was_stored(
    workshop: Workshop, mended: Settings
) -> None:
    image = draw(workshop)
    with workshop.context.database.write() as session:
        old = session.get_one(Image, image.id)
        old.sha256 = "0" * 64
        session.add(old)
    [told] = sign(workshop, mended)
    assert told.why == "its file is not the one that was stored"
    assert not row(workshop, image).signed


def test_leaves_alone_what_a_legal_hold_covers(workshop: Workshop, mended: Settings) -> None:
    image = draw(workshop)
    wanted = LegalHoldCreate(subject=f"image:{image.id}", reason="A case.")
    with workshop.context.database.write() as session:
        legal_holds.place(session, None, wanted)
    assert sign(workshop, mended) == []
    assert unsigned(workshop) == 0
    assert row(workshop, image).storage_key == image.storage_key


def test_from_a_terminal(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    draw(workshop)
    terminal.at_home(monkeypatch, workshop.context.database.url, tmp_path)
    done = terminal.atelier("sign")
    assert done.exit_code == 0, done.output
    assert "Images signed: 1." in done.output
    assert "Images signed: 0." in terminal.atelier("sign").output
