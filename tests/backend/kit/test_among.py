"""The condition that takes a long list as one parameter, on both databases."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from backend.accounts.models import Team
from backend.kit.among import among
from backend.kit.database import Database

NAMES = ("Knits", "it's", 'a "quoted", {braced} \\ one', "", "Größe")


@pytest.fixture
def teams(database: Database) -> set[str]:
    with database.write() as session:
        session.add_all([Team(name=name) for name in NAMES])
    return set(NAMES)


def found(database: Database, names: list[str], *, other: bool = False) -> set[str]:
    condition = among(col(Team.name), names)
    with database.read() as session:
        return set(session.exec(select(Team.name).where(~condition if other else condition)))


def test_finds_each_of_them_whatever_its_letters(database: Database, teams: set[str]) -> None:
    assert found(database, [*teams, "nobody"]) == teams


def test_finds_nothing_among_none(database: Database, teams: set[str]) -> None:
    assert found(database, []) == set()
    assert found(database, [], other=True) == teams


def test_can_be_turned_around(database: Database, teams: set[str]) -> None:
    assert found(database, ["Knits", "it's"], other=True) == teams - {"Knits", "it's"}


def test_takes_more_values_than_a_statement_has_room_for(
    database: Database, teams: set[str]
) -> None:
    """PostgreSQL's protocol counts parameters in 16 bits, SQLite takes 32,766 of them."""
    assert found(database, [*map(str, range(70_000)), "Knits"]) == {"Knits"}


def test_keeps_its_values_apart_in_a_statement_that_is_remembered(
    database: Database, teams: set[str]
) -> None:
    assert [found(database, [name]) for name in NAMES] == [{name} for name in NAMES]
