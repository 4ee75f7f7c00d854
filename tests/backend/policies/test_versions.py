"""Versions of the policy on both databases: two people stand behind what decides, and one can go back."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from backend.accounts.actor import Actor
from backend.kit.clock import utc_now
from backend.kit.database import Database
from backend.kit.errors import Conflict, Forbidden, NotFound, Unprocessable
from backend.policies import service
from backend.policies.models import Policy, PolicyMove
from backend.policies.schemas import Action, CategoryRule, PolicyDocument, TermRule
from backend.policies.states import ALONE_WAITS, PolicyState
from backend.policies.versions import Versions
from backend.policies.wire import PolicyActivate, PolicyCreate, PolicyWrite
from tests.fixtures.actors import actor_of, add_user
from tests.fixtures.workshop import audited

R = TypeVar("R")
STRICT = PolicyDocument(
    categories=(CategoryRule(name="all", title="Anything", concepts=("*",), shift=0.05),)
)


@pytest.fixture
def ada(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


@pytest.fixture
def ben(database: Database) -> Actor:
    return actor_of(add_user(database, "admin"))


def by(database: Database, actor: Actor, act: Callable[[Versions], R]) -> R:
    with database.write() as session:
        return act(Versions(session, actor))


def drafted(database: Database, actor: Actor, document: PolicyDocument = STRICT) -> Policy:
    """Return a draft with that document."""
    row = by(database, actor, lambda all_: all_.create(PolicyCreate()))
    wanted = PolicyWrite(document=document, note="stricter", digest=row.digest)
    return by(database, actor, lambda all_: all_.edit(row.number, wanted))


def proposed(database: Database, actor: Actor, document: PolicyDocument = STRICT) -> Policy:
    number = drafted(database, actor, document).number
    return by(database, actor, lambda all_: all_.propose(number))


def activate(database: Database, actor: Actor, row: Policy) -> Policy:
    wanted = PolicyActivate(digest=row.digest, reason="agreed")
    return by(database, actor, lambda all_: all_.activate(row.number, wanted))


def active(database: Database) -> service.ActivePolicy:
    with database.read() as session:
        return service.active(session)


class TestFromDraftToActive:
    def test_the_first_version_is_the_built_in_one(self, database: Database) -> None:
        assert active(database).version == "1"

    def test_decides_from_its_activation_on(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        row = proposed(database, ada)
        assert active(database).version == "1"
        activate(database, ben, row)
        assert (active(database).version, active(database).document) == ("2", STRICT)
        with database.read() as session:
            states = {one.number: one.state for one in session.exec(select(Policy))}
        assert states == {1: PolicyState.RETIRED, 2: PolicyState.ACTIVE}

    def test_who_proposed_it_does_not_activate_it(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        row = proposed(database, ada)
        with pytest.raises(Forbidden, match="another administrator"):
            activate(database, ada, row)
        assert active(database).version == "1"
        assert ben.id != ada.id

    def test_the_only_administrator_waits_a_day(self, database: Database, ada: Actor) -> None:
        row = proposed(database, ada)
        with pytest.raises(Forbidden, match="24 hours"):
            activate(database, ada, row)
        with database.write() as session:
            session.get_one(Policy, row.number).proposed_at = utc_now() - ALONE_WAITS
        activate(database, ada, row)
        entry = audited(database, f"policy:{row.number}")[-1]
        assert entry.detail is not None
        assert (entry.verb, entry.detail["alone"]) == ("policy.activate", "yes")

    def test_a_second_administrator_ends_the_wait(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        row = proposed(database, ada)
        with database.write() as session:
            long_ago = utc_now() - ALONE_WAITS - timedelta(days=1)
            session.get_one(Policy, row.number).proposed_at = long_ago
        with pytest.raises(Forbidden, match="another administrator"):
            activate(database, ada, row)
        activate(database, ben, row)

    def test_what_is_activated_is_what_was_looked_at(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        row = proposed(database, ada)
        by(database, ada, lambda all_: all_.withdraw(row.number))
        looser = STRICT.model_copy(update={"categories": ()})
        wanted = PolicyWrite(document=looser, digest=row.digest)
        by(database, ada, lambda all_: all_.edit(row.number, wanted))
        by(database, ada, lambda all_: all_.propose(row.number))
        with pytest.raises(Conflict, match="not what you looked at"):
            activate(database, ben, row)
        assert active(database).version == "1"

    def test_of_two_who_edit_the_second_is_told(self, database: Database, ada: Actor) -> None:
        row = by(database, ada, lambda all_: all_.create(PolicyCreate()))
        wanted = PolicyWrite(document=STRICT, digest=row.digest)
        by(database, ada, lambda all_: all_.edit(row.number, wanted))
        with pytest.raises(Conflict, match="meanwhile"):
            by(database, ada, lambda all_: all_.edit(row.number, wanted))

    def test_of_two_who_activate_at_once_one_does(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        row, together = proposed(database, ada), threading.Barrier(2)

        def once(_: int) -> str:
            together.wait()
            try:
                return activate(database, ben, row).state
            except Conflict:
                return "refused"

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(once, range(2))) == ["active", "refused"]

    def test_nothing_is_proposed_that_changes_nothing(self, database: Database, ada: Actor) -> None:
        row = by(database, ada, lambda all_: all_.create(PolicyCreate()))
        with pytest.raises(Conflict, match="word for word"):
            by(database, ada, lambda all_: all_.propose(row.number))

    @pytest.mark.parametrize("state", ["proposed", "active", "retired"])
    def test_only_a_draft_changes(
        self, database: Database, ada: Actor, ben: Actor, state: str
    ) -> None:
        row = proposed(database, ada)
        if state != "proposed":
            activate(database, ben, row)
        number = 1 if state == "retired" else row.number
        with database.read() as session:
            digest = session.get_one(Policy, number).digest
        wanted = PolicyWrite(document=STRICT, digest=digest)
        for act in (
            lambda all_: all_.edit(number, wanted),
            lambda all_: all_.discard(number),
            lambda all_: all_.propose(number),
        ):
            with pytest.raises(Conflict, match=f"is {state}"):
                by(database, ada, act)

    def test_a_number_is_given_once(self, database: Database, ada: Actor) -> None:
        row = drafted(database, ada)
        by(database, ada, lambda all_: all_.discard(row.number))
        assert drafted(database, ada).number == row.number + 1
        with pytest.raises(NotFound):
            by(database, ada, lambda all_: all_.propose(row.number))

    def test_each_move_is_kept_and_written_down(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        row = proposed(database, ada)
        activate(database, ben, row)
        with database.read() as session:
            moves = session.exec(
                select(PolicyMove.before, PolicyMove.after, PolicyMove.by)
                .where(PolicyMove.number == row.number)
                .order_by(PolicyMove.id)
            ).all()
        assert moves == [
            (None, "draft", ada.id),
            ("draft", "proposed", ada.id),
            ("proposed", "active", ben.id),
        ]
        verbs = [entry.verb for entry in audited(database, f"policy:{row.number}")]
        assert verbs == ["policy.create", "policy.edit", "policy.propose", "policy.activate"]


class TestRollback:
    def test_one_person_puts_back_what_was_there(
        self, database: Database, ada: Actor, ben: Actor
    ) -> None:
        before = active(database).document
        activate(database, ben, proposed(database, ada))
        by(database, ada, lambda all_: all_.roll_back(1, "holds every dress"))
        assert (active(database).version, active(database).document) == ("1", before)
        entry = audited(database, "policy:1")[-1]
        assert entry.detail is not None
        assert (entry.verb, entry.detail["reason"]) == ("policy.rollback", "holds every dress")

    def test_what_never_decided_is_not_put_back(self, database: Database, ada: Actor) -> None:
        row = proposed(database, ada)
        with pytest.raises(Conflict, match="was active before"):
            by(database, ada, lambda all_: all_.roll_back(row.number, "now"))


class TestDocuments:
    @pytest.mark.parametrize(
        ("document", "field"),
        [
            (STRICT.model_copy(update={"categories": STRICT.categories * 2}), "categories"),
            (
                PolicyDocument(
                    categories=(
                        CategoryRule(name="a", title="A", concepts=("x",)),
                        CategoryRule(name="b", title="B", concepts=("x",)),
                    )
                ),
                "categories",
            ),
            (
                STRICT.model_copy(
                    update={
                        "terms": (
                            TermRule(name="t", action=Action.BLOCK, category="none", terms=("x",)),
                        )
                    }
                ),
                "terms.0.category",
            ),
        ],
    )
    def test_what_contradicts_itself_is_refused(
        self, database: Database, ada: Actor, document: PolicyDocument, field: str
    ) -> None:
        with pytest.raises(Unprocessable) as refused:
            drafted(database, ada, document)
        assert f"document.{field}" in {one.field for one in refused.value.fields}

    def test_the_active_one_is_asked_for_with_one_short_query(
        self, database: Database, counted: Callable[[Session], list[str]]
    ) -> None:
        active(database)
        with database.read() as session:
            said = counted(session)
            service.active(session)
        assert len(said) == 1
        assert "document" not in said[0]


@pytest.fixture
def counted(database: Database) -> Callable[[Session], list[str]]:
    """Return what is told every statement of a session."""

    def listen(_session: Session) -> list[str]:
        said: list[str] = []

        def hear(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            if "SELECT" in statement:
                said.append(statement)

        event.listen(database.engine, "before_cursor_execute", hear)
        return said

    return listen
