"""Nothing of an erased person is left, wherever somebody dies on the way; everything of others is."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlmodel import Session, select, update

from backend.accounts.models import Standing, User
from backend.audit import service as audit
from backend.dispatch import erasing
from backend.generations.models import Generation, queue
from backend.images.models import Image
from backend.kit import scrubbing
from backend.kit.database import Database
from backend.kit.errors import UnderLegalHold
from backend.leaving import erasure, reports, repository
from backend.leaving.erasure import Step
from backend.leaving.schemas import ErasureReport
from backend.moderation.models import Flag
from tests.fixtures.estate import CANARIES, NOTE, PROMPT, Estate
from tests.fixtures.telling import Tell

FEW_STEPS = 100


def ask(estate: Estate) -> str:
    with estate.context.database.write() as session:
        person = repository.get_person(session, estate.person.id)
        return erasure.ask(session, estate.other.id, person).id


def advance(estate: Estate, erasure_id: str) -> Step:
    return erasing.advance(estate.context, erasure_id)


def carry_through(estate: Estate, erasure_id: str) -> ErasureReport:
    for _ in range(FEW_STEPS):
        if advance(estate, erasure_id) is Step.DONE:
            break
    return report(estate, erasure_id)


def kind_of(estate: Estate) -> str:
    return estate.context.database.engine.dialect.name


def report(estate: Estate, erasure_id: str) -> ErasureReport:
    with estate.context.database.read() as session:
        return reports.of(session, repository.get_erasure(session, erasure_id))


def assert_nothing_is_left(estate: Estate) -> None:
    assert estate.found_in_database() == set()
    assert estate.found_in_files() == set()
    with estate.context.database.read() as session:
        assert set(repository.count(session, estate.person.id).values()) == {0}
        *_, verdict = audit.verify(session)
    assert verdict.breaks == []


def assert_others_have_theirs(estate: Estate) -> None:
    assert len(estate.images_of(estate.other)) == 2
    assert estate.keeps_files_of(estate.other)
    assert len(estate.generations_of(estate.other)) == 2


class TestUploads:
    def test_go_but_for_a_file_that_another_brought_too(self, estate: Estate) -> None:
        shared, own = b"the same picture", b"another picture"
        gone, kept = estate.bring(own), estate.bring(shared)
        estate.be(estate.other)
        assert estate.bring(shared) == kept
        told = carry_through(estate, ask(estate))
        assert (told.removed["uploads"], told.removed["files"]) == (2, 1)
        assert estate.context.storage.exists(kept)
        assert not estate.context.storage.exists(gone)


class TestErasing:
    def test_leaves_no_trace_but_an_empty_account(
        self, estate: Estate, caplog: pytest.LogCaptureFixture, tell: Tell
    ) -> None:
        with caplog.at_level(logging.DEBUG):
            asyncio.run(estate.fill())
            assert estate.found_in_database() == set(CANARIES)  # or this test could not fail
            assert PROMPT in estate.found_in_files()
            told = carry_through(estate, ask(estate))
        found = estate.found_in_database() | estate.found_in_files()
        tell({"erasure": kind_of(estate), "words": len(CANARIES), "found": len(found)})
        assert_nothing_is_left(estate)
        assert_others_have_theirs(estate)
        assert [word for word in CANARIES if word in caplog.text] == []
        with estate.context.database.read() as session:
            empty = session.get_one(User, estate.person.id)
        assert (empty.email, empty.name, empty.standing) == ("", "", Standing.DEACTIVATED)
        assert told.ended_at
        assert (told.removed["generations"], told.removed["images"]) == (3, 2)

    def test_keeps_files_that_images_of_others_name_and_says_so(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        hers, theirs = estate.images_of(estate.person)[0], estate.images_of(estate.other)[0]
        with (
            estate.context.database.write() as session
        ):  # as one that was answered from hers has it
            session.get_one(Image, theirs.id).preview_key = hers.preview_key
        assert hers.storage_key != theirs.storage_key
        told = carry_through(estate, ask(estate))
        assert not estate.context.storage.exists(hers.storage_key)
        assert estate.context.storage.exists(hers.preview_key)
        assert any("files" in one.what and "same pixels" in one.why for one in told.kept)

    def test_what_they_decided_about_others_stays_decided_without_their_words(
        self, estate: Estate
    ) -> None:
        asyncio.run(estate.fill())
        carry_through(estate, ask(estate))
        with estate.context.database.read() as session:
            flag = session.exec(select(Flag)).one()
            image = session.get_one(Image, flag.image_id)
        assert (flag.decided_by, flag.note) == (estate.person.id, None)
        assert image.reason == "A reviewer looked at this image and rejected it."

    def test_a_second_one_does_nothing(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        first = ask(estate)
        assert ask(estate) == first
        carry_through(estate, first)
        again = carry_through(estate, ask(estate))
        assert again.id != first
        assert again.removed == {}

    def test_shuts_them_out_before_anything_goes(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        ask(estate)
        with estate.context.database.read() as session:
            person = session.get_one(User, estate.person.id)
            assert repository.count(session, person.id)["sessions"] == 0
        assert not person.active

    def test_foretells_what_it_will_remove(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        with estate.context.database.read() as session:
            foretold = reports.foreseen(session, None, estate.person)
        told = carry_through(estate, ask(estate))
        assert foretold.dry_run
        for name, number in foretold.removed.items():
            assert told.removed.get(name, 0) == (0 if name == "sessions" else number)

    def test_is_written_down_without_a_word_about_them(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        erasure_id = ask(estate)
        carry_through(estate, erasure_id)
        *before, last = estate.audited(f"person:{estate.person.id}")
        assert last.verb == "person.erased"
        assert last.detail == {"erasure": erasure_id}
        assert {one.detail is None for one in before} == {True}


class TestWhatRuns:
    def test_is_canceled_first(self, database: Database, tmp_path: Path) -> None:
        estate = Estate(database, tmp_path)

        async def scenario() -> None:
            async with estate.dispatching():
                with estate.inference.hold():
                    estate.submit(prompt=PROMPT)
                    await estate.inference.previewed.wait()
                    erasure_id = await asyncio.to_thread(ask, estate)
                    assert await asyncio.to_thread(advance, estate, erasure_id) is Step.WAITING
                async with asyncio.timeout(20):
                    while await asyncio.to_thread(advance, estate, erasure_id) is not Step.DONE:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)

        asyncio.run(scenario())
        assert_nothing_is_left(estate)

    def test_is_ended_when_whoever_ran_it_is_dead(self, estate: Estate) -> None:
        estate.submit(prompt=PROMPT)
        estate.claim(owner="dead")
        erasure_id = ask(estate)
        assert advance(estate, erasure_id) is Step.WAITING
        with estate.context.database.write() as session:
            session.execute(update(Generation).values(lease_until=queue.now(session) - 1))
        carry_through(estate, erasure_id)
        assert_nothing_is_left(estate)

    def test_what_a_late_request_leaves_is_erased_too(
        self, estate: Estate, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        erasure_id = ask(estate)
        late: list[str] = []

        def scrub(database: Database) -> None:
            if not late:
                late.append(estate.bring(PROMPT.encode()))
            scrubbing.scrub(database)

        monkeypatch.setattr(erasure, "scrub", scrub)
        told = carry_through(estate, erasure_id)
        assert told.removed["uploads"] == told.removed["files"] == 1
        assert_nothing_is_left(estate)


class Killed(BaseException):
    """The process ended here."""


def dying_at_commit(moment: str) -> Callable[[Estate, Any], Any]:
    @contextmanager
    def dying(_estate: Estate, _patch: pytest.MonkeyPatch) -> Iterator[None]:
        def die(_session: Session) -> None:
            raise Killed

        event.listen(Session, moment, die)
        try:
            yield
        finally:
            event.remove(Session, moment, die)

    return dying


def dying_at_delete(*, done: bool) -> Callable[[Estate, Any], Any]:
    @contextmanager
    def dying(estate: Estate, patch: pytest.MonkeyPatch) -> Iterator[None]:
        real = estate.context.storage.delete

        def delete(key: str) -> None:
            if done:
                real(key)
            raise Killed

        with patch.context() as patched:
            patched.setattr(estate.context.storage, "delete", delete)
            yield

    return dying


@contextmanager
def dying_at_scrub(_estate: Estate, patch: pytest.MonkeyPatch) -> Iterator[None]:
    def scrub(_database: Database) -> None:
        raise Killed

    with patch.context() as patched:
        patched.setattr(erasure, "scrub", scrub)
        yield


WITHOUT_PROGRESS = (
    (dying_at_delete(done=False), dying_at_commit("before_commit")),
    (dying_at_delete(done=True), dying_at_commit("before_commit")),
    (dying_at_commit("before_commit"),),
)
WITH_PROGRESS = ((dying_at_commit("after_commit"),), (dying_at_scrub,), ())


class TestDying:
    def test_at_every_step_and_said_again_it_completes(
        self, estate: Estate, monkeypatch: pytest.MonkeyPatch, tell: Tell
    ) -> None:
        asyncio.run(estate.fill())
        monkeypatch.setattr(erasure, "AT_ONCE", 1)
        deaths = 0

        def done(act: Callable[[], Any], ways: tuple[Callable[[Estate, Any], Any], ...]) -> Any:
            nonlocal deaths
            with suppress(Killed), ExitStack() as dying:
                for way in ways:
                    dying.enter_context(way(estate, monkeypatch))
                return act()
            deaths += 1
            return None

        for ways in (*WITHOUT_PROGRESS, WITH_PROGRESS[0]):
            done(lambda: ask(estate), ways)
        erasure_id = ask(estate)
        for number in range(FEW_STEPS):
            for ways in WITHOUT_PROGRESS:
                assert done(lambda: advance(estate, erasure_id), ways) is None
            if done(lambda: advance(estate, erasure_id), WITH_PROGRESS[number % 3]) is Step.DONE:
                break
        tell({"erasure": kind_of(estate), "deaths": deaths})
        assert deaths > 50
        assert_nothing_is_left(estate)
        assert_others_have_theirs(estate)
        told = report(estate, erasure_id)
        assert (told.removed["generations"], told.removed["images"]) == (3, 2)

    def test_a_dispatcher_carries_on(self, estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(erasing, "LOOK_EVERY_S", 0.05)
        asyncio.run(estate.fill())
        erasure_id = ask(estate)
        advance(estate, erasure_id)

        async def scenario() -> None:
            async with estate.dispatching(), asyncio.timeout(20):
                while not (await asyncio.to_thread(report, estate, erasure_id)).ended_at:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)

        asyncio.run(scenario())
        assert_nothing_is_left(estate)

    def test_two_at_once_do_no_harm(self, estate: Estate, monkeypatch: pytest.MonkeyPatch) -> None:
        asyncio.run(estate.fill())
        monkeypatch.setattr(erasure, "AT_ONCE", 1)
        erasure_id = ask(estate)
        errors: list[Exception] = []

        def go() -> None:
            try:
                carry_through(estate, erasure_id)
            except Exception as error:  # noqa: BLE001
                errors.append(error)

        threads = [threading.Thread(target=go) for _ in range(3)]

        async def while_others_draw() -> None:
            estate.be(estate.other)
            rows = [estate.submit(seed=seed) for seed in range(4)]
            async with estate.dispatching():
                for thread in threads:
                    thread.start()
                for row in rows:
                    assert (await estate.ended(row)).attempt == 1

        asyncio.run(while_others_draw())
        for thread in threads:
            thread.join()
        assert errors == []
        assert estate.keeps_files_of(estate.other)
        assert_nothing_is_left(estate)
        assert report(estate, erasure_id).removed["generations"] == 3


class TestLegalHold:
    @pytest.mark.parametrize("kind", ["person", "generation", "image"])
    def test_forbids_it_until_it_is_lifted(self, estate: Estate, kind: str) -> None:
        asyncio.run(estate.fill())
        subject = {
            "person": estate.person.id,
            "generation": estate.generations_of(estate.person)[0].id,
            "image": estate.images_of(estate.person)[0].id,
        }[kind]
        hold = estate.hold_legally(f"{kind}:{subject}")
        with pytest.raises(UnderLegalHold, match=hold.id):
            ask(estate)
        assert estate.found_in_database() == set(CANARIES)
        with estate.context.database.read() as session:
            assert reports.foreseen(session, None, estate.person).legal_hold == hold.id
            assert session.get_one(User, estate.person.id).active
        estate.lift(hold)
        carry_through(estate, ask(estate))
        assert_nothing_is_left(estate)

    def test_stops_one_that_has_begun(self, estate: Estate) -> None:
        asyncio.run(estate.fill())
        erasure_id = ask(estate)
        advance(estate, erasure_id)
        before = estate.found_in_database()
        hold = estate.hold_legally(f"person:{estate.person.id}")
        with pytest.raises(UnderLegalHold):
            advance(estate, erasure_id)
        assert estate.found_in_database() == before
        assert NOTE in before
        assert report(estate, erasure_id).legal_hold == hold.id
        estate.lift(hold)
        carry_through(estate, erasure_id)
        assert_nothing_is_left(estate)
