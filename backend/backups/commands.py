"""`atelier backup`, `restore` and `snapshots`: save a studio, put it back, see what was saved."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from backend.console import err, fail, open_database, out, print_table, read_settings, table_of

if TYPE_CHECKING:
    from backend.backups.snapshots import Place

_MEGABYTE = 1_000_000
Target = Annotated[str, typer.Argument(help="A folder, or a URL such as gs://bucket/backups.")]


def backup(
    target: Target,
    *,
    keep_days: Annotated[
        float | None,
        typer.Option(help="Then remove older snapshots; the newest always stays.", min=0),
    ] = None,
) -> None:
    """Save every row and file, while the studio works; files that are there already are not copied again."""
    from backend.backups import service  # noqa: PLC0415 - a command imports what it needs
    from backend.backups.snapshots import BadSnapshot  # noqa: PLC0415
    from backend.kit.clock import utc_now  # noqa: PLC0415
    from backend.kit.storage import open_storage  # noqa: PLC0415

    settings, place = read_settings(), _place(target)
    storage = open_storage(settings.resolved_storage_url)
    try:
        with open_database(settings) as database, err.status("saving") as status:
            made = service.back_up(database, storage, place, now=utc_now(), tell=status.update)
            removed = (
                service.prune(place, older_than=timedelta(days=keep_days), now=utc_now())
                if keep_days is not None
                else (0, 0)
            )
    except BadSnapshot as error:
        fail(str(error))
    rows = sum(table.rows for table in made.tables.values())
    out.print(
        f"{place.names()[-1]}: {rows} rows of {len(made.tables)} tables, {made.files} files, "
        f"{made.bytes / _MEGABYTE:.1f} MB of them new."
    )
    if any(removed):
        out.print(f"Removed: {removed[0]} older snapshots, {removed[1]} files that none names.")
    out.print(f"The audit ends at {made.anchor}. The secret keys are not in it: keep them apart.")
    for key in made.missing:
        err.print(f"[yellow]warning[/] the storage has lost {key}, or it is damaged there")


def restore(
    target: Target,
    *,
    snapshot: Annotated[str | None, typer.Option(help="Which one; else the newest.")] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only read everything and say whether it is whole.")
    ] = False,
) -> None:
    """Put a studio back into the empty database and storage that the settings name."""
    from backend.backups import service  # noqa: PLC0415 - a command imports what it needs
    from backend.backups.snapshots import BadSnapshot  # noqa: PLC0415
    from backend.kit.storage import open_storage  # noqa: PLC0415

    settings, place = read_settings(), _place(target)
    try:
        found = place.open(snapshot)
        with err.status("reading") as status:
            if check:
                made = service.check(found, place, tell=status.update)
                out.print(f"{found.name} is whole: {made.files} files, audit to {made.anchor}.")
                return
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            storage = open_storage(settings.resolved_storage_url)
            put = service.restore(
                found, place, settings.resolved_database_url, storage, tell=status.update
            )
    except (BadSnapshot, service.NotEmpty) as error:
        fail(str(error))
    out.print(
        f"{found.name} is back: {put.rows} rows, {put.files} files, audit to {put.anchor}; "
        "each was compared with what was saved."
    )
    out.print("What had ended since is alive again: docs/operate/backups.md says what to look at.")


def snapshots(target: Target) -> None:
    """Print what was saved there."""
    from backend.backups.snapshots import BadSnapshot  # noqa: PLC0415 - a command imports what it needs

    place = _place(target)
    table = table_of("snapshot", "version", "rows", "files", "lost", "audit ends at")
    for name in place.names():
        try:
            made = place.open(name).manifest()
        except BadSnapshot as error:
            err.print(f"[yellow]warning[/] {error}")
            continue
        rows = sum(one.rows for one in made.tables.values())
        table.add_row(
            name, made.software, str(rows), str(made.files), str(len(made.missing)), made.anchor
        )
    print_table(table)
    for name in place.unfinished():
        out.print(f"{name} is not finished: it is being made, or whoever made it died.")


def _place(target: str) -> Place:
    from backend.backups.snapshots import Place  # noqa: PLC0415 - a command imports what it needs

    try:
        return Place(target)
    except (ValueError, ImportError) as error:
        fail(f"TARGET: {error}; give a folder, or a URL such as gs://bucket/backups")
