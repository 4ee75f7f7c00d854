"""What every `atelier` command needs to talk with a terminal: settings read politely, and two streams."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.measure import Measurement

from backend.kit.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table
    from sqlmodel import Session

    from backend.kit.database import Database

_WIDEST = 240

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def read_settings(**overrides: str | int | None) -> Settings:
    """Return the settings; what is wrong with them is printed and ends the command."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type] # pydantic parses what the shell gave
    except ValidationError as error:
        for problem in error.errors():
            where = "_".join(str(part) for part in problem["loc"]).upper()
            message = problem["msg"].removeprefix("Value error, ")
            err.print(f"[red]problem[/] {f'ATELIER_{where}: ' if where else ''}{message}")
        raise typer.Exit(2) from None


def bring_up_to_date(settings: Settings, *, quiet: bool = False) -> list[str]:
    """Bring the database to the newest schema, making it if there is none; return the revisions that have to wait."""
    from backend import migrations  # noqa: PLC0415 - a command imports what it needs

    if not quiet:
        out.print("· preparing the database")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        return migrations.upgrade(settings.resolved_database_url)
    except migrations.Refused as refused:
        fail(f"{refused}.")


@contextmanager
def open_database(settings: Settings) -> Iterator[Database]:
    """Open the database for a command; a refusal of ours is printed and ends the command."""
    from backend.kit.database import Database  # noqa: PLC0415
    from backend.kit.errors import AtelierError  # noqa: PLC0415

    bring_up_to_date(settings, quiet=True)
    database = Database(settings.resolved_database_url)
    try:
        yield database
    except AtelierError as error:
        fail(error.message)
    finally:
        database.dispose()


@contextmanager
def reading() -> Iterator[Session]:
    """Open the database that the settings name, in a transaction that only reads."""
    with open_database(read_settings()) as database, database.read() as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    """Open the database that the settings name, in a transaction that writes."""
    with open_database(read_settings()) as database, database.write() as session:
        yield session


def table_of(*columns: str) -> Table:
    """Return an empty table; what stands in those columns is never broken into lines."""
    from rich.box import SIMPLE  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE)
    for name in columns:
        table.add_column(name, no_wrap=True)
    return table


def print_table(table: Table) -> None:
    """Print `table` no narrower than its words: an id that is cut off is of no use to anybody."""
    wanted = Measurement.get(out, out.options.update(max_width=_WIDEST), table).maximum
    Console(highlight=False, width=max(out.width, wanted)).print(table)


def fail(message: str) -> NoReturn:
    """Print `message` as a problem and end the command."""
    err.print(f"[red]problem[/] {message}")
    raise typer.Exit(1)
