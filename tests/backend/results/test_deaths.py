"""Whoever dies between an answer's files and its rows loses nothing: what was accepted is whole, the rest is an orphan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from backend.dispatch import retention
from backend.generations import foresight, service
from backend.generations.models import Generation
from backend.generations.recall import Recalled
from backend.images.models import Image
from inference.protocol import GenerationParameters
from tests.fixtures.scripted import CARD
from tests.fixtures.workshop import Workshop

ASKED = GenerationParameters(prompt="a red dress", seed=7, num_images=2)


class Killed(BaseException):
    """The process ended here."""


@pytest.fixture
def drawn(workshop: Workshop) -> Workshop:
    """A workshop in which what is asked was drawn."""

    async def draw() -> None:
        async with workshop.dispatching():
            await workshop.ended(workshop.submit(num_images=2))

    asyncio.run(draw())
    return workshop


def look(workshop: Workshop) -> Recalled | None:
    return foresight.foresee(workshop.context, workshop.actor, ASKED, CARD, idempotency_key="k")


def submit(workshop: Workshop, recalled: Recalled | None) -> Generation:
    with workshop.context.database.write() as session:
        return service.submit(
            session,
            workshop.context,
            workshop.actor,
            ASKED,
            CARD,
            idempotency_key="k",
            recalled=recalled,
        ).row


def orphans(workshop: Workshop) -> list[str]:
    return retention.orphans_of(workshop.context.database, workshop.context.storage, 0)


def remove_orphans(workshop: Workshop) -> int:
    return sum(retention.removing(workshop.context.database, workshop.context.storage, 0))


def rows(workshop: Workshop) -> tuple[list[Generation], list[Image]]:
    with workshop.context.database.read() as session:
        return list(session.exec(select(Generation))), list(session.exec(select(Image)))


def assert_every_row_has_its_files(workshop: Workshop) -> None:
    for image in rows(workshop)[1]:
        for key in (image.storage_key, image.preview_key, image.thumb_key):
            assert workshop.context.storage.exists(key)


@contextmanager
def dying_at(moment: str) -> Iterator[None]:
    def die(*_: Any) -> None:
        raise Killed

    event.listen(Session, moment, die)
    try:
        yield
    finally:
        event.remove(Session, moment, die)


@contextmanager
def dying_at_file(number: int, patch: pytest.MonkeyPatch, workshop: Workshop) -> Iterator[None]:
    """Die before the file of that number is stored."""
    real, stored = workshop.context.storage.put, 0

    def put(data: bytes, *, suffix: str) -> str:
        nonlocal stored
        if stored == number:
            raise Killed
        stored += 1
        return real(data, suffix=suffix)

    with patch.context() as patched:
        patched.setattr(workshop.context.storage, "put", put)
        yield


@contextmanager
def dying_before_telling(patch: pytest.MonkeyPatch, workshop: Workshop) -> Iterator[None]:
    """Die after the commit, before anybody hears of it."""

    def publish(*_: Any) -> None:
        raise Killed

    with patch.context() as patched:
        patched.setattr(workshop.context.notifier, "publish", publish)
        yield


Dying = Callable[[], AbstractContextManager[None]]


def die(dying: Dying, act: Callable[[], object]) -> None:
    finished = False
    with suppress(Killed), dying():
        act()
        finished = True
    assert not finished, "nothing died"


def test_between_the_files_leaves_orphans_that_are_removed(
    drawn: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = rows(drawn)
    for number in range(6):
        die(lambda: dying_at_file(number, monkeypatch, drawn), lambda: look(drawn))  # noqa: B023
    assert rows(drawn) == before
    # The master is its own, with an id of its own in it; the smaller two are the files of what it is a copy of.
    masters = 5 + 2  # those who came past the first one's, and past the second one's
    assert len(orphans(drawn)) == remove_orphans(drawn) == masters
    assert orphans(drawn) == []
    assert_every_row_has_its_files(drawn)
    assert submit(drawn, look(drawn)).from_cache


@pytest.mark.parametrize("moment", ["before_flush", "after_flush", "before_commit"])
def test_in_the_transaction_leaves_nothing_of_it(drawn: Workshop, moment: str) -> None:
    before = rows(drawn)
    recalled = look(drawn)
    die(lambda: dying_at(moment), lambda: submit(drawn, recalled))
    assert rows(drawn) == before
    assert len(orphans(drawn)) == 2
    assert remove_orphans(drawn) == 2
    assert_every_row_has_its_files(drawn)


def test_after_the_commit_it_is_there_and_the_same_key_finds_it(
    drawn: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    recalled = look(drawn)
    assert recalled
    die(lambda: dying_before_telling(monkeypatch, drawn), lambda: submit(drawn, recalled))
    assert look(drawn) is None  # the key is known: nothing is stored again
    again = submit(drawn, None)
    assert (again.id, again.from_cache) == (recalled.generation_id, True)
    assert orphans(drawn) == []
    assert_every_row_has_its_files(drawn)


def test_files_removed_before_the_rows_are_never_named(drawn: Workshop) -> None:
    recalled = look(drawn)
    assert remove_orphans(drawn) == 2  # it slept for an hour between the two
    row = submit(drawn, recalled)
    assert (row.from_cache, row.cost > 0) == (False, True)
    assert_every_row_has_its_files(drawn)
