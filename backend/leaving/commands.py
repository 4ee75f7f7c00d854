"""`atelier person`: export, transfer and erase, from a terminal and on the database itself, studio running or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from backend.console import err, fail, open_database, out, read_settings

if TYPE_CHECKING:
    from sqlmodel import Session

    from backend.accounts.models import User
    from backend.kit.database import Database
    from backend.kit.settings import Settings
    from backend.kit.storage import Storage
    from backend.leaving.erasure import Step
    from backend.leaving.schemas import ErasureReport

_AGAIN_S: Final = 0.5

app = typer.Typer(no_args_is_help=True, help="Export, hand on or erase everything of one person.")

Email = Annotated[str | None, typer.Option(help="Whose, by e-mail address.")]
Id = Annotated[str | None, typer.Option("--id", help="Whose, by id.")]


@app.command()
def export(
    *,
    email: Email = None,
    person_id: Id = None,
    to: Annotated[Path, typer.Option(help="The zip to write; it must not be there yet.")],
) -> None:
    """Write everything that the studio keeps of a person into a zip."""
    from backend.leaving import export as exporting  # noqa: PLC0415

    if to.exists():
        fail(f"{to} is there already")
    with _opened() as (database, storage, _):
        with database.write() as session:
            person = _found(session, email, person_id)
            exporting.write_down(session, None, person)
        part = to.with_name(f"{to.name}.part")
        part.touch(mode=0o600)
        with part.open("wb") as file, err.status("writing"):
            file.writelines(exporting.export(database, storage, person))
        part.rename(to)
    out.print(f"Written: {to}", soft_wrap=True)


@app.command()
def transfer(
    giver: Annotated[str, typer.Option("--from", help="E-mail address or id of who leaves.")],
    taker: Annotated[str, typer.Option("--to", help="E-mail address or id of who gets the work.")],
) -> None:
    """Hand a person's generations, images and galleries on to another one, all or nothing."""
    from backend.leaving import transfer as handing_on  # noqa: PLC0415

    with _opened() as (database, _, _settings), database.write() as session:
        moved = handing_on.transfer(session, None, _named(session, giver), _named(session, taker))
    out.print(f"Handed on: {moved.generations} generations, {moved.images} images.")


@app.command()
def erase(
    *,
    email: Email = None,
    person_id: Id = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    confirm: Annotated[
        str | None, typer.Option(help="The address or id once more, instead of being asked.")
    ] = None,
) -> None:
    """Erase everything of a person, for good, and print the report."""
    from backend.leaving import erasure, reports  # noqa: PLC0415

    with _opened() as (database, storage, settings):
        with database.read() as session:
            person = _found(session, email, person_id)
            if dry_run:
                _print(reports.foreseen(session, None, person))
                return
        named = erasure.named(person)
        typed = confirm or typer.prompt(f"What is erased does not come back. Type {named} again")
        if not erasure.is_meant(person, typed):
            fail("that was not the same; nothing was done")
        with database.write() as session:
            asked = erasure.ask(session, None, _found(session, None, person.id))
        _carry_through(database, storage, settings, asked.id)


def _carry_through(
    database: Database, storage: Storage, settings: Settings, erasure_id: str
) -> None:
    from backend.leaving import reports, repository  # noqa: PLC0415
    from backend.leaving.erasure import Step  # noqa: PLC0415

    until = time.monotonic() + 2 * settings.lease_seconds
    with err.status("erasing") as status:
        while (step := _advance(database, storage, erasure_id)) is not Step.DONE:
            if step is Step.WAITING:
                status.update("waiting until what runs has stopped, and the database is free")
                if time.monotonic() >= until:
                    fail("something still runs, or the database is busy; say it again later")
                time.sleep(_AGAIN_S)
    with database.read() as session:
        _print(reports.of(session, repository.get_erasure(session, erasure_id)))


def _advance(database: Database, storage: Storage, erasure_id: str) -> Step:
    """Take a step; who finds the database busy has to wait too."""
    from backend.kit.database import AWAY  # noqa: PLC0415
    from backend.kit.notifier.memory import MemoryNotifier  # noqa: PLC0415
    from backend.leaving import erasure  # noqa: PLC0415

    try:
        return erasure.advance(database, storage, MemoryNotifier(), erasure_id)
    except AWAY:
        return erasure.Step.WAITING


def _print(report: ErasureReport) -> None:
    out.print("[bold]Would be removed[/]" if report.dry_run else "[bold]Removed[/]")
    for name, number in report.removed.items():
        out.print(f"  {number:>8} {name.replace('_', ' ')}")
    if not report.removed:
        out.print("  nothing")
    out.print("[bold]Stays[/]")
    for one in report.kept:
        out.print(f"  {one.what}: {one.why}", soft_wrap=True)
    if report.legal_hold:
        out.print(f"[red]Legal hold {report.legal_hold} forbids it now.[/]")
    if report.id:
        out.print(f"Erasure {report.id} of person {report.person_id}, {report.ended_at:%Y-%m-%d %H:%M} UTC.")  # fmt: skip


@contextmanager
def _opened() -> Iterator[tuple[Database, Storage, Settings]]:
    from backend.kit.storage import open_storage  # noqa: PLC0415

    settings = read_settings()
    with open_database(settings) as database:
        yield database, open_storage(settings.resolved_storage_url), settings


def _named(session: Session, text: str) -> User:
    return _found(session, text, None) if "@" in text else _found(session, None, text)


def _found(session: Session, email: str | None, person_id: str | None) -> User:
    from backend.accounts import repository as accounts  # noqa: PLC0415
    from backend.leaving import repository  # noqa: PLC0415

    if person_id:
        return repository.get_person(session, person_id)
    if not email:
        fail("say whose: --email or --id")
    known = accounts.users_with_email(session, email)
    if len(known) > 1:
        fail(
            f"several accounts have that address; choose by --id: {', '.join(u.id for u in known)}"
        )
    if not known:
        open_ones = repository.erasures_under_way(session)
        hint = (
            "; an erasure that was begun is finished by the studio, or by --id" if open_ones else ""
        )
        fail(f"nobody here has the address {email}{hint}")
    return known[0]
