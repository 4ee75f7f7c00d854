"""Whoever is on the last attempt draws alone; everybody else draws beside whom they like."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlmodel import col, update

from backend.dispatch.suspects import divide, is_suspect
from backend.generations.models import Generation
from backend.kit.database import Database
from backend.kit.queue import State
from tests.fixtures.workshop import Workshop


def row(name: str, attempt: int, of: int = 3) -> Generation:
    values: dict[str, Any] = {"id": name, "attempt": attempt, "max_attempts": of}
    return Generation(**values)


def divided(names: str, *, empty: bool) -> tuple[str, str]:
    """Divide rows of one letter each; capitals are on their last attempt."""
    rows = [row(name, 3 if name.isupper() else 1) for name in names]
    begin, wait = divide(rows, empty=empty)
    return "".join(one.id for one in begin), "".join(one.id for one in wait)


def test_suspects_are_on_their_last_attempt_and_not_on_their_first() -> None:
    assert [is_suspect(row("a", attempt)) for attempt in (1, 2, 3)] == [False, False, True]
    assert not is_suspect(row("a", 1, of=1))


def test_a_suspect_begins_alone_once_it_is_first_in_line() -> None:
    assert divided("ab", empty=True) == ("ab", "")
    assert divided("aXb", empty=True) == ("ab", "X")
    assert divided("XaY", empty=True) == ("X", "aY")
    assert divided("XaY", empty=False) == ("a", "XY")
    assert divided("", empty=True) == ("", "")


def test_nothing_begins_beside_a_suspect_and_its_wait_costs_no_attempt(
    database: Database, tmp_path: Path
) -> None:
    async def scenario() -> None:
        workshop = Workshop(database, tmp_path)
        first = workshop.submit()
        with workshop.inference.hold():
            async with workshop.dispatching():
                await workshop.inference.previewed.wait()
                suspect, last = workshop.submit(), workshop.submit()
                with database.write() as session:
                    suspected = update(Generation).where(col(Generation.id) == suspect.id)
                    session.execute(suspected.values(attempt=2))
                await asyncio.sleep(1)  # it looks every half second
                waiting = workshop.row(suspect)
                assert (waiting.state, waiting.attempt) == (State.QUEUED, 2)
                workshop.inference.let_go()
                for each in (first, suspect, last):
                    assert (await workshop.ended(each)).state is State.SUCCEEDED
        begun = [workshop.row(each).started_at for each in (suspect, last)]
        ended = [workshop.row(each).ended_at for each in (first, suspect)]
        assert all(ended)
        assert ended[0] < begun[0]  # type: ignore[operator]
        assert ended[1] < begun[1]  # type: ignore[operator]

    asyncio.run(scenario())
