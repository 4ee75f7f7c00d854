"""`atelier invite`: links that let one person in, from a terminal and on the database itself."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer
from pydantic import ValidationError
from rich.markup import escape

from backend.accounts.invites.schemas import DEFAULT_INVITE_DAYS, InviteCreate
from backend.console import fail, out, print_table, read_settings, reading, table_of, writing

if TYPE_CHECKING:
    from sqlmodel import Session

_SHOWN: Final = 100

app = typer.Typer(no_args_is_help=True, help="Let one person in by a link.")


@app.command()
def make(
    note: Annotated[str, typer.Option(help="For whom it is.")] = "",
    role: Annotated[str | None, typer.Option(help="The role they get and keep.")] = None,
    team: Annotated[str | None, typer.Option(help="The name of the team they come into.")] = None,
    days: Annotated[int, typer.Option(help="Days until the link ends.")] = DEFAULT_INVITE_DAYS,
) -> None:
    """Print a link that lets one person in, alone on its line."""
    from backend.accounts import service as accounts  # noqa: PLC0415 - a command imports what it needs
    from backend.accounts.invites import service  # noqa: PLC0415

    try:
        wanted = InviteCreate(note=note, role=role, expires_in_days=days)
    except ValidationError as error:
        fail("; ".join(f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors()))
    with writing() as session:
        accounts.ensure_roles(session)
        if team is not None:
            wanted = wanted.model_copy(update={"team_id": _team_named(session, team)})
        made = service.make(session, read_settings().base_url, None, wanted)
    sys.stdout.write(made.url + "\n")


@app.command("list")
def show() -> None:
    """Print the newest invites, and what became of them."""
    from backend.accounts.invites import service  # noqa: PLC0415

    with reading() as session:
        page = service.find(session, cursor=None, limit=_SHOWN)
    table = table_of("id", "state", "for", "role", "team", "until", "used by")
    for one in page.items:
        used_by = one.used_by.email or one.used_by.name if one.used_by else ""
        team = one.team.name if one.team else ""
        words = (one.id, one.state, one.note, one.role or "", team)
        until = f"{one.expires_at:%Y-%m-%d %H:%M}"
        table.add_row(*(escape(word) for word in words), until, escape(used_by))
    print_table(table)
    if page.next_cursor:
        out.print(f"Only the newest {_SHOWN} are shown.")


@app.command()
def revoke(
    invite_id: Annotated[str, typer.Argument(metavar="ID", help="The invite's id.")],
) -> None:
    """End an invite that nobody has used."""
    from backend.accounts.invites import service  # noqa: PLC0415

    with writing() as session:
        service.revoke(session, None, invite_id)
    out.print("The invite is revoked.")


def _team_named(session: Session, name: str) -> str:
    from backend.accounts import repository  # noqa: PLC0415

    found = repository.find_team(session, name)
    return found.id if found else fail(f"there is no team {name!r}")
