"""Whatever the schema holds of a person is on a list: it goes with them, or it stays and is said why."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import SQLModel

from backend.accounts.models import User
from backend.leaving.belongings import (
    ACCOUNT_KEEPS,
    BELONGINGS,
    erased,
)
from backend.leaving.staying import NOBODYS, STAYS

GOING = {str(one.table.__tablename__) for one in BELONGINGS}
TABLES = SQLModel.metadata.tables


def references(to: str) -> Iterator[tuple[str, str]]:
    """Yield every (table, column) that refers to the table `to`."""
    for table in TABLES.values():
        for key in table.foreign_keys:
            if key.column.table.name == to:
                yield table.name, key.parent.name


def test_every_table_is_on_one_list() -> None:
    staying = {name for name in STAYS if "." not in name}
    listed = [*GOING, *staying, *NOBODYS]
    assert len(listed) == len(set(listed))
    ours = {name for name in TABLES if not name.startswith("test_")}
    assert ours - set(listed) == set(), "what becomes of it when its person leaves?"
    assert set(listed) - ours == {"alembic_version"}


def test_every_column_that_names_a_person_goes_or_says_why_it_stays() -> None:
    going = {"owner_id", "user_id", "created_by", "author_id"}
    silent = [
        f"{table}.{column}"
        for table, column in references("user_account")
        if not (table in GOING and column in going) and f"{table}.{column}" not in STAYS
    ]
    assert silent == []


def test_what_refers_to_something_goes_before_it() -> None:
    order = [str(one.table.__tablename__) for one in BELONGINGS]
    for name in order:
        for table, _ in references(name):
            if table in NOBODYS:
                continue  # the database removes it with what it refers to
            # A webhook may be of one generation, and goes before it with all others.
            assert order.index(table) < order.index(name), f"{table} refers to {name}"


def test_every_column_of_an_account_is_blanked_or_kept() -> None:
    assert set(erased("someone")) | ACCOUNT_KEEPS == set(User.model_fields)
    assert set(erased("someone")) & ACCOUNT_KEEPS == set()


def test_what_is_never_to_be_said_is_there() -> None:
    for one in BELONGINGS:
        assert one.unsaid <= set(one.table.model_fields), one.name
        assert set(one.files) <= set(one.table.model_fields), one.name
    words = ("secret", "hash", "token")
    said = [
        f"{one.name}.{column}"
        for one in BELONGINGS
        for column in set(one.table.model_fields) - one.unsaid
        if any(word in column for word in words)
    ]
    assert said == []


def test_names_of_belongings_are_their_own() -> None:
    names = [one.name for one in BELONGINGS]
    assert len(names) == len(set(names))
