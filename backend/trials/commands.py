"""`atelier policy`: the policy as a file, what differs between two versions, and what a file would do to the past."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backend.console import fail, open_database, out, print_table, read_settings, reading, table_of

if TYPE_CHECKING:
    from backend.policies.schemas import PolicyDocument
    from backend.trials.schemas import TrialReport

app = typer.Typer(no_args_is_help=True, help="Read the policy, and try another on the past.")


@app.command()
def show(
    number: Annotated[int | None, typer.Argument(help="A version; usually the active one.")] = None,
) -> None:
    """Print the document of a version as JSON, as `try` takes it."""
    from backend.policies import repository  # noqa: PLC0415 - a command imports what it needs

    with reading() as session:
        row = repository.get(session, number or repository.active_name(session)[0])
    sys.stdout.write(row.document.model_dump_json(indent=1) + "\n")


@app.command()
def difference(
    before: Annotated[int, typer.Argument(help="The older version.")],
    after: Annotated[int, typer.Argument(help="The newer version.")],
) -> None:
    """Print as JSON what changes from a version to another."""
    from backend.policies import difference as policies  # noqa: PLC0415
    from backend.policies import repository  # noqa: PLC0415

    with reading() as session:
        old, new = (repository.get(session, number).document for number in (before, after))
    found = policies.difference((before, old), (after, new))
    sys.stdout.write(found.model_dump_json(indent=1) + "\n")


@app.command("try")
def try_file(
    file: Annotated[Path, typer.Argument(help="A policy as `show` prints it.")],
    most: Annotated[
        int, typer.Option(min=1, max=100_000, help="Of the latest images, how many.")
    ] = 100_000,
) -> None:
    """Say what a policy would do with the images of the past; nothing changes."""
    from backend.policies import service as policies  # noqa: PLC0415
    from backend.trials.service import Trial  # noqa: PLC0415

    document = _read(file)
    with open_database(read_settings()) as database:
        with database.read() as session:
            active = policies.active(session).document
        trial = Trial(database, active, document, most=most)
        while not trial.ended:
            trial.step()
    report = trial.line().report
    if report is not None:
        _print(report)


def _print(report: TrialReport) -> None:
    out.print(
        f"Would newly hold {report.held} and release {report.released} of {report.of} images; "
        f"{report.held_in_all} held in all."
    )
    if words := report.words:
        out.print(
            f"Would newly refuse {words.refused}, send {words.review} to review and let {words.through} through of "
            f"{words.of} prompts."
        )
    if not report.categories:
        return
    table = table_of("category", "newly held", "newly released")
    for one in report.categories:
        table.add_row(one.name, str(one.held), str(one.released))
    print_table(table)


def _read(file: Path) -> PolicyDocument:
    from pydantic import ValidationError  # noqa: PLC0415

    from backend.kit.errors import Unprocessable  # noqa: PLC0415
    from backend.policies.checking import check  # noqa: PLC0415
    from backend.policies.schemas import PolicyDocument  # noqa: PLC0415

    try:
        document = PolicyDocument.model_validate_json(file.read_bytes())
        check(document)
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}.")
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"{'.'.join(str(part) for part in first['loc']) or file}: {first['msg']}.")
    except Unprocessable as error:
        fail(error.message)
    return document
