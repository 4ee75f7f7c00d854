"""A legal hold is placed on what there is, stands until it is lifted, and is exact between two transactions."""

from __future__ import annotations

import threading

import pytest

from backend.kit.errors import Conflict, NotFound, UnderLegalHold
from backend.kit.ids import new_id
from backend.legalholds import repository, service
from backend.legalholds.schemas import LegalHoldCreate, SubjectKind
from tests.fixtures.estate import Estate


def must_be_free(estate: Estate) -> None:
    with estate.context.database.write() as session:
        service.must_be_free(session, {SubjectKind.PERSON: [estate.person.id]})


class TestPlace:
    def test_stands_until_the_last_one_is_lifted(self, estate: Estate) -> None:
        first, second = (estate.hold_legally(f"person:{estate.person.id}") for _ in range(2))
        for hold in (first, second):
            with pytest.raises(UnderLegalHold, match=hold.id):
                must_be_free(estate)
            estate.lift(hold)
        must_be_free(estate)
        with pytest.raises(Conflict):
            estate.lift(first)

    @pytest.mark.parametrize("kind", list(SubjectKind))
    def test_is_on_something_that_there_is(self, estate: Estate, kind: SubjectKind) -> None:
        with pytest.raises(NotFound):
            estate.hold_legally(f"{kind}:{new_id()}")

    def test_of_one_person_is_not_of_another(self, estate: Estate) -> None:
        estate.hold_legally(f"person:{estate.other.id}")
        must_be_free(estate)

    def test_both_are_written_down_without_the_reason(self, estate: Estate) -> None:
        hold = estate.hold_legally(f"person:{estate.person.id}", "secret reason")
        estate.lift(hold)
        entries = estate.audited(hold.subject, "legal_hold.")
        assert [entry.verb for entry in entries] == ["legal_hold.place", "legal_hold.lift"]
        assert {str(entry.detail) for entry in entries} == {str({"legal_hold": hold.id})}

    def test_lists_those_that_stand_and_the_others_too(self, estate: Estate) -> None:
        holds = [estate.hold_legally(f"person:{estate.person.id}") for _ in range(3)]
        estate.lift(holds[0])

        def listed(*, standing: bool) -> list[str]:
            with estate.context.database.read() as session:
                found, _ = repository.page(session, standing=standing, cursor=None, limit=9)
                return [one.id for one in found]

        ids = [hold.id for hold in holds]
        assert listed(standing=True) == ids[:0:-1]
        assert listed(standing=False) == ids[::-1]


class TestAtTheSameTime:
    def test_placing_waits_until_who_deletes_is_done(self, estate: Estate) -> None:
        placed = threading.Event()

        def place() -> None:
            estate.hold_legally(f"person:{estate.person.id}")
            placed.set()

        thread = threading.Thread(target=place)
        with estate.context.database.write() as session:
            service.must_be_free(session, {SubjectKind.PERSON: [estate.person.id]})
            thread.start()
            assert not placed.wait(0.2)
        thread.join()
        with pytest.raises(UnderLegalHold):
            must_be_free(estate)

    def test_deleting_waits_for_who_places(self, estate: Estate) -> None:
        free: list[bool] = []

        def look() -> None:
            try:
                must_be_free(estate)
            except UnderLegalHold:
                free.append(False)
            else:
                free.append(True)

        thread = threading.Thread(target=look)
        wanted = LegalHoldCreate(subject=f"person:{estate.person.id}", reason="a dispute")
        with estate.context.database.write() as session:
            service.place(session, None, wanted)
            thread.start()
            thread.join(0.2)
            assert free == []
        thread.join()
        assert free == [False]
