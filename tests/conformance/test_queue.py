"""What the lease table promises, on every database it runs on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlmodel import col, select, update

from backend.accounts.models import User
from backend.generations.models import Generation, queue
from backend.kit.database import Database
from backend.kit.queue import Beat, Lease, State
from inference.protocol import GenerationParameters, Priority
from tests.fixtures.actors import add_user

LONG = 60.0


@pytest.fixture
def owner(database: Database) -> User:
    return add_user(database)


def put(database: Database, owner: User, **changed: Any) -> Generation:
    values: dict[str, Any] = {
        "owner_id": owner.id,
        "parameters": GenerationParameters(prompt="a red dress"),
        "priority": Priority.NORMAL,
        "cost": 1.0,
        "max_attempts": 3,
        "request_hash": "",
        **changed,
    }
    row = Generation(**values)
    with database.write() as session:
        queue.put(session, row, person=row.owner_id)
    return row


def claim(database: Database, *, lease_seconds: float = LONG, limit: int = 1) -> list[Generation]:
    with database.write() as session:
        return queue.claim(session, owner="here", lease_seconds=lease_seconds, limit=limit)


def lease_of(row: Generation) -> Lease:
    return Lease(row.id, row.fence)


def read(database: Database, row: Generation) -> Generation:
    with database.read() as session:
        found = session.get(Generation, row.id)
        assert found
        return found


def expire(database: Database) -> None:
    with database.write() as session:
        session.execute(update(Generation).values(lease_until=queue.now(session) - 1))


class TestClaim:
    def test_leases_the_row_and_counts(self, database: Database, owner: User) -> None:
        row = put(database, owner)
        [claimed] = claim(database)
        assert claimed.id == row.id
        assert (claimed.state, claimed.attempt, claimed.fence) == (State.RUNNING, 1, 1)
        assert claimed.lease_owner == "here"
        assert claimed.lease_until
        assert claimed.lease_until == pytest.approx(time.time() + LONG, abs=5)

    def test_is_empty_when_nothing_is_queued(self, database: Database, owner: User) -> None:
        put(database, owner)
        assert claim(database)
        assert claim(database) == []

    def test_leaves_alone_what_is_not_due(self, database: Database, owner: User) -> None:
        put(database, owner)
        [row] = claim(database)
        with database.write() as session:
            assert queue.release(session, lease_of(row), delay=LONG)
        assert claim(database) == []

    def test_gives_each_row_to_one_claimer_only(self, database: Database, owner: User) -> None:
        wanted = {put(database, owner).id for _ in range(24)}
        together = threading.Barrier(4)

        def work() -> list[str]:
            together.wait()
            got: list[str] = []
            while rows := claim(database, limit=2):
                assert len(rows) <= 2
                got += [row.id for row in rows]
            return got

        with ThreadPoolExecutor(4) as pool:
            every = [got for task in [pool.submit(work) for _ in range(4)] for got in task.result()]
        assert Counter(every) == Counter(wanted)


class TestOrder:
    def test_serves_one_person_in_the_order_of_asking(
        self, database: Database, owner: User
    ) -> None:
        rows = [put(database, owner) for _ in range(3)]
        assert [row.id for row in claim(database, limit=3)] == [row.id for row in rows]

    def test_a_late_person_is_not_behind_somebody_elses_many(
        self, database: Database, owner: User
    ) -> None:
        for _ in range(20):
            put(database, owner)
        for _ in range(5):
            claim(database)
        late = put(database, add_user(database))
        assert late.id in {row.id for row in claim(database, limit=2)}

    def test_shares_a_busy_queue_sixteen_to_four_to_one(
        self, database: Database, owner: User
    ) -> None:
        for _ in range(34):
            for priority in Priority:
                put(database, owner, priority=priority)
        served = Counter(row.priority for row in claim(database, limit=42))
        assert served == {Priority.HIGH: 32, Priority.NORMAL: 8, Priority.LOW: 2}

    def test_a_costly_generation_waits_longer_than_a_cheap_one(
        self, database: Database, owner: User
    ) -> None:
        put(database, owner, cost=8.0)
        cheap = put(database, add_user(database), cost=1.0)
        assert claim(database)[0].id == cheap.id

    def test_says_how_many_are_before(self, database: Database, owner: User) -> None:
        rows = [put(database, owner) for _ in range(3)]
        with database.read() as session:
            places = queue.places(session, [row.id for row in rows], col(Generation.cost) * 2)
            assert queue.places(session, []) == {}
        assert [places[row.id] for row in rows] == [(0, 0.0), (1, 2.0), (2, 4.0)]


class TestHeartbeat:
    def test_renews_the_lease(self, database: Database, owner: User) -> None:
        put(database, owner)
        [row] = claim(database, lease_seconds=5)
        with database.write() as session:
            assert queue.heartbeat(session, lease_of(row), lease_seconds=LONG) is Beat.OK
        renewed = read(database, row).lease_until
        assert renewed
        assert row.lease_until
        assert renewed > row.lease_until + 50

    def test_carries_the_wish_to_cancel(self, database: Database, owner: User) -> None:
        put(database, owner)
        [row] = claim(database)
        with database.write() as session:
            assert queue.cancel(session, row.id)
            assert queue.heartbeat(session, lease_of(row), lease_seconds=LONG) is Beat.CANCEL

    def test_the_wish_is_found_without_one_too(self, database: Database, owner: User) -> None:
        rows = [put(database, owner) for _ in range(3)]
        claim(database, limit=2)
        with database.write() as session:
            for row in rows[1:]:  # one that runs, and one that is queued and ends at once
                assert queue.cancel(session, row.id)
            every = [row.id for row in rows]
            assert queue.wanted_stopped(session, every) == [rows[1].id]
            assert queue.wanted_stopped(session, every[:1]) == []

    def test_says_when_somebody_else_holds_it(self, database: Database, owner: User) -> None:
        put(database, owner)
        [slept] = claim(database)
        with database.write() as session:
            queue.release(session, lease_of(slept))
        claim(database)
        with database.write() as session:
            assert queue.heartbeat(session, lease_of(slept), lease_seconds=LONG) is Beat.LOST


class TestFinish:
    @pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED, State.CANCELED])
    def test_ends_the_row(self, database: Database, owner: User, state: State) -> None:
        put(database, owner)
        [row] = claim(database)
        with database.write() as session:
            assert queue.finish(session, lease_of(row), state, error_code="x")
        ended = read(database, row)
        assert (ended.state, ended.error_code, ended.lease_until) == (state, "x", None)

    def test_is_refused_to_one_who_slept_through_the_lease(
        self, database: Database, owner: User
    ) -> None:
        put(database, owner)
        [slept] = claim(database)
        expire(database)
        with database.write() as session:
            for late in queue.expired(session):
                queue.release(session, lease_of(late))
            assert not queue.finish(session, lease_of(slept), State.SUCCEEDED)
        [row] = claim(database)
        with database.write() as session:
            assert not queue.finish(session, lease_of(slept), State.SUCCEEDED)
            assert queue.lock(session, lease_of(slept)) is None
            assert queue.finish(session, lease_of(row), State.SUCCEEDED)

    def test_happens_once(self, database: Database, owner: User) -> None:
        put(database, owner)
        [row] = claim(database)
        with database.write() as session:
            assert queue.finish(session, lease_of(row), State.SUCCEEDED)
            assert not queue.finish(session, lease_of(row), State.FAILED)
        assert read(database, row).state is State.SUCCEEDED


class TestGivingBack:
    def test_release_counts_no_attempt(self, database: Database, owner: User) -> None:
        put(database, owner)
        [row] = claim(database)
        with database.write() as session:
            assert queue.release(session, lease_of(row))
        [again] = claim(database)
        assert (again.attempt, again.fence) == (1, 2)

    def test_retry_counts_one_and_waits_a_little(self, database: Database, owner: User) -> None:
        put(database, owner)
        [row] = claim(database)
        with database.write() as session:
            before = queue.now(session)
            assert queue.retry(session, lease_of(row), attempt=row.attempt)
        waiting = read(database, row)
        assert (waiting.state, waiting.attempt) == (State.QUEUED, 1)
        assert before <= waiting.run_at <= before + 4

    def test_finds_leases_that_ran_out_and_no_others(self, database: Database, owner: User) -> None:
        put(database, owner)
        [late] = claim(database)
        expire(database)
        put(database, owner)
        claim(database)
        with database.write() as session:
            assert [row.id for row in queue.expired(session)] == [late.id]


class TestCancel:
    def test_ends_a_queued_row(self, database: Database, owner: User) -> None:
        row = put(database, owner)
        with database.write() as session:
            assert queue.cancel(session, row.id)
        assert read(database, row).state is State.CANCELED
        assert claim(database) == []

    def test_is_refused_for_one_that_ended(self, database: Database, owner: User) -> None:
        put(database, owner)
        [row] = claim(database)
        with database.write() as session:
            queue.finish(session, lease_of(row), State.SUCCEEDED)
            assert not queue.cancel(session, row.id)


class TestCounting:
    def test_counts_what_is_queued_and_running(self, database: Database, owner: User) -> None:
        for _ in range(3):
            put(database, owner)
        claim(database)
        with database.write() as session:
            assert queue.counts(session) == {State.QUEUED: 2, State.RUNNING: 1}
            session.execute(
                update(Generation)
                .where(col(Generation.state) == State.QUEUED)
                .values(run_at=queue.now(session) - 30)
            )
            assert queue.longest_wait(session) == pytest.approx(30, abs=5)

    def test_counts_nothing_in_an_empty_queue(self, database: Database) -> None:
        with database.read() as session:
            assert queue.counts(session) == {State.QUEUED: 0, State.RUNNING: 0}
            assert queue.longest_wait(session) == 0
            assert session.exec(select(Generation)).all() == []
