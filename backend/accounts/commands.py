"""`atelier end-sessions` and `atelier revoke-key`: for the first hour of an incident, studio running or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from backend.console import fail, out, writing

if TYPE_CHECKING:
    from sqlmodel import Session


def end_sessions(
    *,
    email: Annotated[str | None, typer.Option(help="Whose, by e-mail address.")] = None,
    person_id: Annotated[str | None, typer.Option("--id", help="Whose, by id.")] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="All there are.")] = False,
) -> None:
    """Sign people out of every browser; their API keys go on."""
    from backend.accounts import sessions  # noqa: PLC0415 - a command imports what it needs

    if sum(map(bool, (email, person_id, everybody))) != 1:
        fail("say whose, in one way: --email, --id or --everybody")
    with writing() as session:
        people = _people(session, email, person_id)
        ended = sum(sessions.end_all_of(session, each, by=None) for each in people)
    out.print(f"Sessions ended: {ended}.")


def revoke_key(
    key_id: Annotated[str, typer.Argument(help="Its id: what follows `atl_` in the key.")],
) -> None:
    """End one API key, whosever it is."""
    from backend.accounts import keys  # noqa: PLC0415

    with writing() as session:
        owner = keys.revoke_of(session, key_id, None, by=None)
    out.print(f"Revoked: key {key_id} of person {owner}.", soft_wrap=True)


def _people(session: Session, email: str | None, person_id: str | None) -> list[str]:
    """Return the ids of who is meant: one person, or everybody who has a session."""
    from backend.accounts import repository  # noqa: PLC0415

    if person_id:
        found = list(repository.users_by_id(session, [person_id]))
        return found or fail(f"there is no person {person_id}")
    if email is None:
        return repository.people_with_sessions(session)
    found = [user.id for user in repository.users_with_email(session, email)]
    if len(found) > 1:
        fail(f"several accounts have that address; choose by --id: {', '.join(found)}")
    return found or fail(f"nobody here has the address {email}")
