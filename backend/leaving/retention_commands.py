"""`atelier retention`: what is older than the studio keeps it, and removing that now."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from backend.console import err, open_database, out, print_table, read_settings, table_of

app = typer.Typer(no_args_is_help=True, help="Remove what is older than the settings keep it.")


@app.callback()
def retention() -> None:
    """Keep `run` a word of its own."""


@app.command()
def run(
    *, dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False
) -> None:
    """Print what is too old, by class, and remove it; every dispatcher does so once an hour."""
    from backend.kit.storage import open_storage  # noqa: PLC0415 - a command imports what it needs
    from backend.leaving.retention import removing, survey  # noqa: PLC0415

    settings = read_settings()
    storage = open_storage(settings.resolved_storage_url)
    removed: Counter[str] = Counter()
    table = table_of("class", "days", "rows", "bytes", "oldest")
    with open_database(settings) as database:
        for one in survey(database, storage, settings):
            days = f"{one.days:g}" if one.days else "for ever"
            oldest = f"{one.oldest:%Y-%m-%d}" if one.oldest else ""
            table.add_row(one.name, days, str(one.rows), str(one.bytes), oldest)
        print_table(table)
        if dry_run:
            out.print("Nothing was removed.")
            return
        with err.status("removing"):
            for name, number in removing(database, storage, settings):
                removed[name] += number
    out.print(
        ", ".join(f"{name}: {number}" for name, number in removed.items()) or "Nothing was too old."
    )
