"""What takes two people, on both databases: nobody is their own second."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backend.accounts.actor import Actor
from backend.approvals import service
from backend.approvals.models import Approval, Outcome
from backend.audit.schemas import AuditRecord
from backend.kit import clock
from backend.kit.database import Database
from backend.kit.errors import Conflict, Forbidden, NotFound
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.workshop import audited

WHAT, SUBJECT, PAYLOAD = "policy.activate", "policy:7", {"document": {"sampled": 0.01}}


@pytest.fixture
def ada(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


@pytest.fixture
def ben(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


def ask(database: Database, actor: Actor) -> Approval:
    with database.write() as session:
        return service.ask(
            session, actor, what=WHAT, subject=SUBJECT, payload=PAYLOAD, note="as agreed"
        )


def verbs(entries: list[AuditRecord]) -> list[tuple[str, str | None]]:
    return [(entry.verb, entry.actor_id) for entry in entries]


class TestAsk:
    def test_stands_until_somebody_confirms_it(self, database: Database, ada: Actor) -> None:
        row = ask(database, ada)
        with database.write() as session:
            found = service.current(session, WHAT, SUBJECT)
        assert found
        assert (found.id, found.asked_by, found.outcome) == (row.id, ada.id, None)

    def test_who_asked_is_not_their_own_second(self, database: Database, ada: Actor) -> None:
        ask(database, ada)
        with pytest.raises(Forbidden, match="another person"):
            ask(database, ada)

    def test_what_another_asked_for_is_to_be_confirmed(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        ask(database, ada)
        with pytest.raises(Conflict, match="asked for this already"):
            ask(database, ben)


class TestConfirm:
    def test_a_second_person_confirms(self, database: Database, ada: Actor, ben: Actor) -> None:
        row = ask(database, ada)
        with database.write() as session:
            done = service.confirm(session, ben, row.id, payload=PAYLOAD)
        assert (done.outcome, done.confirmed_by) == (Outcome.CONFIRMED, ben.id)
        assert verbs(audited(database, SUBJECT)) == [
            ("approval.ask", ada.id),
            ("approval.confirm", ben.id),
        ]

    def test_not_the_one_who_asked(self, database: Database, ada: Actor) -> None:
        row = ask(database, ada)
        with database.write() as session, pytest.raises(Forbidden, match="yourself"):
            service.confirm(session, ada, row.id, payload=PAYLOAD)

    def test_not_something_else(self, database: Database, ada: Actor, ben: Actor) -> None:
        row = ask(database, ada)
        with database.write() as session, pytest.raises(Conflict, match="Something else"):
            service.confirm(session, ben, row.id, payload={"document": {"sampled": 1}})

    def test_not_twice(self, database: Database, ada: Actor, ben: Actor) -> None:
        row = ask(database, ada)
        with database.write() as session:
            service.confirm(session, ben, row.id, payload=PAYLOAD)
        with database.write() as session, pytest.raises(Conflict, match="ended"):
            service.confirm(session, ben, row.id, payload=PAYLOAD)

    def test_not_after_a_week(
        self, database: Database, ada: Actor, ben: Actor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        row = ask(database, ada)
        later = clock.utc_now() + service.LASTS + timedelta(seconds=1)
        monkeypatch.setattr(clock, "utc_now", lambda: later)
        with database.write() as session, pytest.raises(Conflict, match="ended"):
            service.confirm(session, ben, row.id, payload=PAYLOAD)
        assert ask(database, ada).id != row.id, "it can be asked for anew"

    def test_not_what_nobody_asked_for(self, database: Database, ben: Actor) -> None:
        with database.write() as session, pytest.raises(NotFound):
            service.confirm(session, ben, "nosuch", payload=PAYLOAD)


def test_what_was_taken_back_can_be_asked_for_anew(
    database: Database, ada: Actor, ben: Actor
) -> None:
    ask(database, ada)
    with database.write() as session:
        service.withdraw(session, ben, WHAT, SUBJECT)
    assert ask(database, ben).asked_by == ben.id
