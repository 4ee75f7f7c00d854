"""`atelier legal-hold`: what must not be deleted, from a terminal and on the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape

from backend.console import fail, out, print_table, reading, table_of, writing

if TYPE_CHECKING:
    from backend.legalholds.schemas import LegalHoldCreate

_SHOWN: Final = 100

app = typer.Typer(no_args_is_help=True, help="Forbid to delete what is needed as evidence.")


@app.command("list")
def list_them(
    *, lifted: Annotated[bool, typer.Option("--lifted", help="Those that were lifted too.")] = False
) -> None:
    """Print the legal holds, newest first."""
    from backend.legalholds import repository  # noqa: PLC0415 - a command imports what it needs

    table = table_of("id", "subject", "since", "lifted")
    table.add_column("reason")
    with reading() as session:
        found, _ = repository.page(session, standing=not lifted, cursor=None, limit=_SHOWN)
    for one in found:
        ended = f"{one.lifted_at:%Y-%m-%d}" if one.lifted_at else ""
        table.add_row(one.id, one.subject, f"{one.placed_at:%Y-%m-%d}", ended, escape(one.reason))
    print_table(table)


@app.command()
def place(
    subject: Annotated[str, typer.Argument(help="person:ID, generation:ID or image:ID.")],
    reason: Annotated[str, typer.Option(help="Why, for other administrators.")],
) -> None:
    """Forbid to delete it, and what belongs to it; print the legal hold's id."""
    from backend.legalholds import service  # noqa: PLC0415 - a command imports what it needs

    wanted = _wanted(subject, reason)
    with writing() as session:
        hold = service.place(session, None, wanted)
    out.print(hold.id)


@app.command()
def lift(
    hold_id: Annotated[str, typer.Argument(metavar="ID", help="The legal hold's id.")],
) -> None:
    """End a legal hold."""
    from backend.legalholds import service  # noqa: PLC0415 - a command imports what it needs

    with writing() as session:
        hold = service.lift(session, None, hold_id)
    out.print(
        f"Lifted: {hold.subject} may be deleted again, unless another legal hold stands on it."
    )


def _wanted(subject: str, reason: str) -> LegalHoldCreate:
    from pydantic import ValidationError  # noqa: PLC0415

    from backend.legalholds.schemas import LegalHoldCreate  # noqa: PLC0415

    try:
        return LegalHoldCreate(subject=subject, reason=reason)
    except ValidationError as error:
        named = error.errors()[0]["loc"][0]
        if named == "subject":
            fail(f"a subject reads person:ID, generation:ID or image:ID, not {subject!r}")
        fail("a reason has 1 to 1000 characters")
