"""A limit is exact, whoever asks at the same moment, on both databases; and says to the second when to come back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from sqlmodel import col, func, select, update

from backend.kit import ratelimit
from backend.kit.database import Database
from backend.kit.metering import Memory, Meter, Tally
from backend.kit.ratelimit import Decision, Policy, RateLimit

FOUR = Policy(
    "changes", quota=4, window_s=4000
)  # one more each 1,000 s: nothing comes back meanwhile
AT_ONCE = 60


def take(database: Database, who: str = "dana", policy: Policy = FOUR) -> Decision:
    with database.write() as session:
        return ratelimit.take(session, policy, who)


def spend(database: Database) -> Decision:
    for _ in range(FOUR.quota):
        take(database)
    return take(database)


def pass_time(database: Database, seconds: float) -> None:
    with database.write() as session:
        session.execute(update(RateLimit).values(tat=col(RateLimit.tat) - seconds))


def test_a_whole_quota_may_come_at_once_and_then_no_more(database: Database) -> None:
    taken = [take(database) for _ in range(FOUR.quota + 2)]
    assert [one.taken for one in taken] == [True] * 4 + [False] * 2
    assert [one.remaining for one in taken] == [3, 2, 1, 0, 0, 0]
    assert take(database, "erin").taken


def test_the_time_to_wait_is_exact(database: Database) -> None:
    refused = spend(database)
    assert refused.retry_after == 1000
    pass_time(database, refused.retry_after - 2)
    assert not take(database).taken
    pass_time(database, 2)
    assert [take(database).taken for _ in range(2)] == [True, False]


def test_being_refused_costs_nothing(database: Database) -> None:
    before = spend(database)
    for _ in range(5):
        assert take(database).wait_s <= before.wait_s


def test_a_full_window_later_everything_is_there_again_and_not_more(database: Database) -> None:
    spend(database)
    pass_time(database, 10 * FOUR.window_s)
    assert [take(database).taken for _ in range(5)] == [True] * 4 + [False]


def test_looking_counts_nothing(database: Database) -> None:
    for _ in range(9):
        with database.read() as session:
            assert ratelimit.look(session, FOUR, "dana").taken
    refused = spend(database)
    with database.read() as session:
        seen = ratelimit.look(session, FOUR, "dana")
    assert (seen.taken, seen.retry_after) == (False, refused.retry_after)


def test_rows_that_say_nothing_any_more_are_forgotten(database: Database) -> None:
    spend(database)
    with database.write() as session:
        assert ratelimit.forget(session, limit=9) == 0
    pass_time(database, FOUR.window_s)
    take(database, "erin")
    with database.write() as session:
        assert ratelimit.forget(session, limit=9) == 1
        assert session.exec(select(RateLimit.key)).all() == ["changes:erin"]


def test_the_headers_are_the_drafts(database: Database) -> None:
    assert take(database).headers == {
        "RateLimit-Policy": '"changes";q=4;w=4000',
        "RateLimit": '"changes";r=3;t=1000',
    }


@pytest.fixture
def meters(database_url: str) -> Iterator[list[Meter]]:
    """Three on one database, each with connections of its own, as three processes have."""
    with ExitStack() as opened:
        databases = [Database(database_url) for _ in range(3)]
        for one in databases:
            opened.callback(one.dispose)
        yield [Meter(one) for one in databases]


class TestMeter:
    def test_sixty_at_once_take_exactly_what_there_is(self, meters: list[Meter]) -> None:
        people = ["dana", "erin", "finn"]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            asked = [
                (
                    person := people[number % 3],
                    pool.submit(meters[number // 3 % 3].take, FOUR, person),
                )
                for number in range(AT_ONCE)
            ]
            taken = Counter(person for person, task in asked if task.result().taken)
        assert taken == dict.fromkeys(people, FOUR.quota)

    def test_who_was_refused_is_refused_without_a_write(self, meters: list[Meter]) -> None:
        meter = meters[0]
        assert meter.refused(FOUR, "dana") is None
        last = [meter.take(FOUR, "dana") for _ in range(FOUR.quota + 1)][-1]
        known = meter.refused(FOUR, "dana")
        assert known is not None
        assert (known.taken, known.retry_after, known.remaining) == (False, last.retry_after, 0)
        assert meter.refused(FOUR, "erin") is None
        assert meters[1].refused(FOUR, "dana") is None

    def test_an_error_reaches_everybody_and_the_next_are_served(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        meter = Meter(database)
        with monkeypatch.context() as broken:
            broken.setattr(database, "write", lambda: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                meter.take(FOUR, "dana")
        assert meter.take(FOUR, "dana").remaining == FOUR.quota - 1

    def test_one_row_a_key(self, meters: list[Meter]) -> None:
        for _ in range(3):
            meters[0].take(FOUR, "dana")
        with meters[0].database.read() as session:
            assert session.exec(select(func.count()).select_from(RateLimit)).one() == 1


def test_a_tally_counts_the_same_in_memory() -> None:
    tally = Tally()
    taken = [tally.take(FOUR, "dana") for _ in range(6)]
    assert [one.remaining for one in taken] == [3, 2, 1, 0, 0, 0]
    assert taken[-1].retry_after == 1000
    assert tally.take(FOUR, "erin").taken


def test_memory_keeps_the_newest() -> None:
    memory: Memory[int] = Memory(most=2)
    for number in range(3):
        memory.put(str(number), number)
    assert [memory.get(key) for key in "012"] == [None, 1, 2]


def test_who_waits_for_somebody_elses_transaction_is_counted_all_the_same(
    database: Database,
) -> None:
    """The moment they asked there was no room, and there is some when it is their turn."""
    quick = Policy("changes", quota=2, window_s=1.0)
    for _ in range(quick.quota):
        assert take(database, policy=quick).taken
    row = select(RateLimit.tat).where(col(RateLimit.key) == quick.key("dana"))
    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            before = session.exec(row.with_for_update()).one()
            waiting = pool.submit(take, database, "dana", quick)
            time.sleep(quick.interval * 1.5)  # the limit is one of time
        decision = waiting.result()
    with database.read() as session:
        after = session.exec(row).one()
    assert decision.taken
    assert after >= before + quick.interval * 0.99
