"""The lease table under any sequence of its verbs, as Hypothesis finds them, on every database.

The machine keeps what it knows of each row: the newest lease, and how it ended. After each step all rows
are read: none is lost, fences only rise, what has ended stays as it is, and only the newest holder counts.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import Row, delete, inspect
from sqlmodel import Session, col, select, update

from backend.accounts.models import User
from backend.generations.models import Generation, queue
from backend.kit import queue as kit_queue
from backend.kit.database import Database
from backend.kit.fairness import QueueClock
from backend.kit.gate import QueueGate
from backend.kit.queue import Beat, Lease, State
from backend.kit.waiting import Seat
from inference.protocol import GenerationParameters, Priority
from tests.fixtures.actors import add_user
from tests.fixtures.telling import Tell

LONG = 600.0
# Twenty miss a claim that takes paused rows; a PostgreSQL transaction takes three times as long.
EXAMPLES, EXAMPLES_ON_POSTGRES, STEPS = 60, 20, 40
MANY, LONG_STEPS, ALL_STEPS = 500, 60, 25_000
# All but the parameters, which no verb touches and which take longest to read.
SEEN = [column for column in inspect(Generation).columns if column.name != "parameters"]
ANY_END = st.sampled_from([State.SUCCEEDED, State.FAILED, State.CANCELED])


@pytest.fixture(autouse=True)
def pauses_end_when_time_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or what is due would depend on how fast this runs, and no sequence could be played again as it was."""
    monkeypatch.setattr(kit_queue, "backoff", lambda _: LONG)


class Machine(RuleBasedStateMachine):
    """See the module."""

    rows = Bundle("rows")
    leases = Bundle("leases")

    def __init__(self, database: Database, people: list[User]) -> None:
        super().__init__()
        self.database = database
        self.people = people
        self.owner_of: dict[str, str] = {}
        self.newest: dict[str, Lease] = {}
        self.fences: dict[str, int] = {}
        self.ends: dict[str, Row[Any]] = {}
        self.shut = False
        self.steps = -1  # the invariant is looked at once before the first step
        with database.write() as session:
            for table in (Generation, QueueClock, QueueGate):
                session.execute(delete(table))

    # What happens to rows nobody holds.

    @rule(
        target=rows,
        person=st.integers(0, 2),
        priority=st.sampled_from(Priority),
        cost=st.sampled_from([0.5, 1.0, 1.0, 4.0]),
    )
    def put(self, person: int, priority: Priority, cost: float) -> str:
        row = Generation(
            owner_id=self.people[person].id,
            parameters=GenerationParameters(prompt="a dress"),
            priority=priority,
            cost=cost,
            max_attempts=3,
            request_hash="",
        )
        with self.database.write() as session:
            queue.put(session, row, person=row.owner_id)
        self.owner_of[row.id] = row.owner_id
        return row.id

    @rule(row=rows)
    def pause(self, row: str) -> None:
        with self.database.write() as session:
            before = session.get_one(Generation, row)
            was, tag = before.state, before.tag
            assert queue.pause(session, row) == (was is State.QUEUED)
            session.refresh(before)
            assert before.tag == tag
            assert before.paused or was is not State.QUEUED

    @rule(row=rows)
    def resume(self, row: str) -> None:
        with self.database.write() as session:
            before = session.get_one(Generation, row)
            was, tag = before.state, before.tag
            assert queue.resume(session, row, person=before.owner_id) == (was is State.QUEUED)
            session.refresh(before)
            assert before.tag >= tag
            assert not (before.paused and was is State.QUEUED)

    @rule(row=rows, other=rows | st.none())
    def move(self, row: str, other: str | None) -> None:
        owner = self.owner_of[row]
        mine = col(Generation.owner_id) == owner
        with self.database.write() as session:
            before = seats(session)
            moved = queue.move(session, row, among=mine, before=other)
            after = seats(session)
        own = {one for one in before if self.owner_of[one] == owner}
        assert moved == (row in own and (other is None or (other in own and other != row)))
        order = sorted(own, key=after.__getitem__)
        if not moved:
            assert after == before
        else:
            assert order.index(row) == (0 if other is None else order.index(other) - 1)
        for foreign in before.keys() - own:
            assert after[foreign] == before[foreign]
            ahead = [sum(all_[one] < all_[foreign] for one in own) for all_ in (before, after)]
            assert ahead[1] <= ahead[0]

    @rule(row=rows)
    def cancel(self, row: str) -> None:
        with self.database.write() as session:
            was = session.get_one(Generation, row).state
            assert queue.cancel(session, row, error_code="x") == (not was.ended)
            session.expire_all()
            now = session.get_one(Generation, row)
            assert was.ended or now.cancel_requested
            assert now.state is (State.CANCELED if was is State.QUEUED else was)

    @rule(shut=st.booleans())
    def gate(self, shut: bool) -> None:
        with self.database.write() as session:
            assert (queue.gate.shut if shut else queue.gate.open)(session) == (shut != self.shut)
        self.shut = shut

    @rule()
    def time_passes(self) -> None:
        with self.database.write() as session:
            queued = col(Generation.state) == State.QUEUED
            session.execute(update(Generation).where(queued).values(run_at=0.0))

    # What holders do. A lease stays in the bundle when it is lost: the sleeper who wakes up.

    @rule(target=leases, limit=st.integers(1, 3))
    def claim(self, limit: int) -> Any:
        return multiple(*self._claimed(limit))

    def _claimed(self, limit: int) -> list[Lease]:
        with self.database.write() as session:
            now = queue.now(session)
            due = [
                Seat(row.tag, row.id)
                for row in session.exec(select(Generation).where(Generation.state == State.QUEUED))
                if not row.paused and row.run_at <= now
            ]
            session.expunge_all()
            got = queue.claim(session, owner="here", lease_seconds=LONG, limit=limit)
        wanted = [] if self.shut else [seat.id for seat in sorted(due)[:limit]]
        assert [row.id for row in got] == wanted
        for row in got:
            assert row.fence > self.fences.get(row.id, 0)
            self.newest[row.id] = Lease(row.id, row.fence)
        return [Lease(row.id, row.fence) for row in got]

    @rule(target=leases)
    def sleep_through(self) -> Any:
        """All holders sleep until others have claimed what there is, and wake up."""
        with self.database.write() as session:
            running = col(Generation.state) == State.RUNNING
            asleep = [
                self.newest[key] for key in session.exec(select(Generation.id).where(running))
            ]
            self._expire_and_reap(session)
        self.time_passes()
        claimed = self._claimed(3)
        with self.database.write() as session:
            for lease in asleep:
                assert queue.heartbeat(session, lease, lease_seconds=LONG) is Beat.LOST
                assert not queue.finish(session, lease, State.SUCCEEDED)
                assert not queue.release(session, lease)
                assert not queue.retry(session, lease, attempt=1)
                assert queue.lock(session, lease) is None
        return multiple(*claimed)

    @rule(lease=leases)
    def heartbeat(self, lease: Lease) -> None:
        with self.database.write() as session:
            held = self._held(session, lease)
            beat = queue.heartbeat(session, lease, lease_seconds=LONG)
            assert (beat is not Beat.LOST) == held

    @rule(lease=leases, state=ANY_END)
    def finish(self, lease: Lease, state: State) -> None:
        with self.database.write() as session:
            assert queue.finish(session, lease, state) == self._held(session, lease, after=state)

    @rule(lease=leases)
    def release(self, lease: Lease) -> None:
        with self.database.write() as session:
            held, begun = self._held(session, lease), self._attempt(session, lease)
            assert queue.release(session, lease) == held
            assert self._attempt(session, lease) == begun - held

    @rule(lease=consumes(leases))
    def retry(self, lease: Lease) -> None:
        with self.database.write() as session:
            held, begun = self._held(session, lease), self._attempt(session, lease)
            assert queue.retry(session, lease, attempt=1) == held
            assert self._attempt(session, lease) == begun

    @rule()
    def expire_and_reap(self) -> None:
        with self.database.write() as session:
            self._expire_and_reap(session)

    def _expire_and_reap(self, session: Session) -> None:
        running = col(Generation.state) == State.RUNNING
        session.execute(update(Generation).where(running).values(lease_until=1.0))
        for row in queue.expired(session):
            assert self._held(session, Lease(row.id, row.fence))
            if row.attempt < row.max_attempts:
                assert queue.retry(session, Lease(row.id, row.fence), attempt=row.attempt)
            else:
                assert queue.finish(session, Lease(row.id, row.fence), State.FAILED)

    # What is always so.

    @invariant()
    def every_row_is_as_it_may_be(self) -> None:
        self.steps += 1
        with self.database.read() as session:
            rows = {row.id: row for row in session.execute(select(*SEEN))}
            places = queue.places(session, list(rows))
        assert rows.keys() == self.owner_of.keys()
        for key, row in rows.items():
            assert row.fence >= self.fences.get(key, 0)
            assert 0 <= row.attempt <= row.fence
            assert (row.lease_owner is not None) == (row.state is State.RUNNING)
            if row.state is State.RUNNING:
                assert self.newest[key].fence == row.fence
            if key in self.ends:
                assert row == self.ends[key]
            if row.state.ended:
                self.ends[key] = row
            self.fences[key] = row.fence
        waiting = [row for row in rows.values() if row.state is State.QUEUED and not row.paused]
        line = sorted(Seat(row.tag, row.id) for row in waiting)
        assert {seat.id: number for number, seat in enumerate(line)} == {
            key: place.position for key, place in places.items()
        }

    def _held(self, session: Session, lease: Lease, *, after: State = State.RUNNING) -> bool:
        """Whether `lease` is the newest and its row runs, or ran until it came to `after`."""
        session.expire_all()
        row = session.get_one(Generation, lease.id)
        held = lease == self.newest[lease.id] and row.state is after
        return held and lease.id not in self.ends

    def _attempt(self, session: Session, lease: Lease) -> int:
        session.expire_all()
        return session.get_one(Generation, lease.id).attempt


def seats(session: Session) -> dict[str, Seat]:
    columns = select(Generation.tag, Generation.id).where(Generation.state == State.QUEUED)
    return {key: Seat(tag, key) for tag, key in session.exec(columns)}


def test_any_sequence_keeps_the_promises(database: Database) -> None:
    run_machine(database, EXAMPLES if database.is_sqlite else EXAMPLES_ON_POSTGRES, STEPS)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_so_do_five_hundred_of_fifty_steps(database: Database, tell: Tell) -> None:
    machines = run_machine(database, MANY, LONG_STEPS)
    runs, steps = len(machines), sum(machine.steps for machine in machines)
    name = database.engine.dialect.name
    told = {"property": "queue", "database": name, "runs": runs, "steps": steps}
    tell(told)
    assert runs >= MANY
    assert steps >= ALL_STEPS


def run_machine(database: Database, examples: int, steps: int) -> list[Machine]:
    """Run `examples` sequences of up to `steps` rules; return a machine for each."""
    people = [add_user(database) for _ in range(3)]
    machines: list[Machine] = []

    def begin() -> Machine:
        machines.append(Machine(database, people))
        return machines[-1]

    run_state_machine_as_test(
        begin,  # type: ignore[arg-type] # a factory is as good
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return machines
