"""How much of a flood of the same news is said."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

from backend.kit.pace import Pace

SHORT_S = 0.05
whose: ContextVar[str] = ContextVar("whose", default="nobody")


class Paper:
    """What was said: which, how many were left out, and in whose context."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int, str]] = []
        self.pace = Pace(SHORT_S)

    def tell(self, kind: str, what: str) -> None:
        token = whose.set(what)
        self.pace(kind, lambda left_out: self.lines.append((what, left_out, whose.get())))
        whose.reset(token)


def test_the_first_is_said_at_once_and_of_the_rest_the_last_with_their_number() -> None:
    async def flood() -> Paper:
        paper = Paper()
        for number in range(1000):
            paper.tell("a", str(number))
        assert paper.lines == [("0", 0, "0")]
        await asyncio.sleep(4 * SHORT_S)
        return paper

    assert asyncio.run(flood()).lines == [("0", 0, "0"), ("999", 998, "999")]


def test_two_together_are_both_said() -> None:
    async def both() -> Paper:
        paper = Paper()
        paper.tell("a", "one")
        paper.tell("a", "two")
        await asyncio.sleep(4 * SHORT_S)
        return paper

    assert [line[:2] for line in asyncio.run(both()).lines] == [("one", 0), ("two", 0)]


def test_kinds_do_not_wait_for_each_other_and_quiet_ones_are_forgotten() -> None:
    async def several() -> Paper:
        paper = Paper()
        for kind in "abc":
            paper.tell(kind, kind)
        assert [line[0] for line in paper.lines] == ["a", "b", "c"]
        await asyncio.sleep(4 * SHORT_S)
        assert paper.pace._held == {}
        paper.tell("a", "again")
        return paper

    assert asyncio.run(several()).lines[-1] == ("again", 0, "again")


def test_a_long_flood_is_one_line_a_while() -> None:
    async def flood() -> Paper:
        paper = Paper()
        loop = asyncio.get_running_loop()
        until = loop.time() + 6 * SHORT_S
        while loop.time() < until:
            paper.tell("a", "x")
            await asyncio.sleep(0.001)
        return paper

    assert len(asyncio.run(flood()).lines) <= 7
