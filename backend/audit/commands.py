"""`atelier audit`: whether the chain still holds, and what is in it, from a terminal and on the database itself."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from backend.audit.format import Format
from backend.console import err, fail, open_database, out, read_settings

if TYPE_CHECKING:
    from backend.audit.chain import Anchor

_BROKEN: Final = 1

app = typer.Typer(no_args_is_help=True, help="Look after the record of who did what.")


@app.command()
def verify(
    anchor: Annotated[
        list[str] | None,
        typer.Option(help="SEQ:HASH, as an earlier run printed it; may be given again."),
    ] = None,
) -> None:
    """Walk along the whole chain; exit status 1 and the rows, if it was changed anywhere."""
    from backend.audit import service  # noqa: PLC0415 - a command imports what it needs

    anchors = [_anchor(text) for text in anchor or ()]
    with (
        open_database(read_settings()) as database,
        database.read() as session,
        err.status("walking along the chain") as status,
    ):
        for verdict in service.verify(session, anchors):
            status.update(f"{verdict.entries} entries")
    for found in verdict.breaks:
        out.print(f"[red]entry {found.seq}[/]: {found.why}")
    if verdict.breaks:
        out.print("The audit was changed by somebody other than the studio: docs/operate/audit.md.")
        raise typer.Exit(_BROKEN)
    out.print(f"The chain holds: {verdict.entries} entries, {verdict.erased} with erased details.")
    out.print(
        f"Keep this where nobody who owns the database can change it: --anchor {verdict.head}"
    )


@app.command("export")
def export_entries(  # noqa: PLR0913 - one for each option
    *,
    form: Annotated[Format, typer.Option("--format", help="What to write.")] = Format.JSONL,
    actor: Annotated[str | None, typer.Option(help="Id of who did it.")] = None,
    verb: Annotated[str | None, typer.Option(help="`webhook.create`, or `webhook.`")] = None,
    subject: Annotated[str | None, typer.Option(help="Such as generation:ID.")] = None,
    since: Annotated[datetime | None, typer.Option(help="From this moment on, in UTC.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Before this moment, in UTC.")] = None,
) -> None:
    """Print the entries, newest first."""
    from backend.audit import export  # noqa: PLC0415 - a command imports what it needs
    from backend.audit.schemas import AuditFilter  # noqa: PLC0415 - likewise

    wanted = AuditFilter(
        actor_id=actor,
        verb=verb,
        subject=subject,
        since=since and since.replace(tzinfo=UTC),
        until=until and until.replace(tzinfo=UTC),
    )
    with open_database(read_settings()) as database:
        sys.stdout.writelines(export.lines(export.found(database, wanted), form))


def _anchor(text: str) -> Anchor:
    from backend.audit.chain import Anchor  # noqa: PLC0415 - a command imports what it needs

    try:
        return Anchor.parse(text)
    except ValueError as error:
        fail(str(error))
