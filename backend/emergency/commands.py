"""`atelier emergency`: stop drawing, a model or a category, and take images down, from a terminal.

On the database itself, studio running or not. Every process looks for stops twice a second, and asks whether an image
is shown whenever it hands one out; open pages hear of it within a minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape

from backend.console import fail, open_database, out, print_table, read_settings, reading, table_of

if TYPE_CHECKING:
    from sqlmodel import Session

    from backend.kit.context import Context

Reason = Annotated[str, typer.Option(help="Why; people read it.")]

app = typer.Typer(no_args_is_help=True, help="Stop drawing at once, and take images down.")


@app.command()
def status() -> None:
    """Print what is stopped."""
    from backend.stops import repository  # noqa: PLC0415 - a command imports what it needs

    table = table_of("id", "stopped", "since")
    table.add_column("reason")
    with reading() as session:
        rows = repository.in_force(session)
    for row in rows:
        what = f"{row.scope} {row.name}".strip()
        table.add_row(row.id, what, f"{row.since:%Y-%m-%d %H:%M}", escape(row.reason))
    if rows:
        print_table(table)
    else:
        out.print("Nothing is stopped.")


@app.command()
def stop(
    reason: Reason,
    *,
    model: Annotated[str, typer.Option(help="This model.")] = "",
    category: Annotated[str, typer.Option(help="This category of the policy.")] = "",
    everything: Annotated[bool, typer.Option("--everything", help="All drawing.")] = False,
) -> None:
    """Stop something from now on, and end what waits for it; print the stop's id."""
    from backend.emergency import service  # noqa: PLC0415
    from backend.stops.schemas import Scope, StopWanted  # noqa: PLC0415

    if [bool(model), bool(category), everything].count(True) != 1:
        fail("one of --model NAME, --category NAME and --everything")
    scope = Scope.MODEL if model else Scope.CATEGORY if category else Scope.EVERYTHING
    wanted = _asked(StopWanted, scope=scope, name=model or category, reason=reason)
    with _writing() as (session, context):
        done = service.pull(session, context, None, [], wanted)
    out.print(done.stop.id)
    out.print(f"Stopped; {done.ended} waiting generations were ended. What runs ends in a second.")


@app.command()
def lift(stop_id: Annotated[str, typer.Argument(metavar="ID", help="The stop's id.")]) -> None:
    """Let it be drawn again."""
    from backend.emergency import service  # noqa: PLC0415

    with _writing() as (session, context):
        service.lift(session, context, None, stop_id)
    out.print("Lifted.")


@app.command()
def takedown(
    image_id: Annotated[str, typer.Argument(metavar="ID", help="The image's id.")],
    reason: Reason,
    category: Annotated[str, typer.Option(help="Of the policy.")],
    *,
    children: Annotated[
        bool, typer.Option("--children", help="And what was made from it.")
    ] = False,
    alike: Annotated[bool, typer.Option("--alike", help="And what is the same picture.")] = False,
) -> None:
    """Take an image down everywhere, until a reviewer restores it."""
    from backend.emergency import takedown as verbs  # noqa: PLC0415
    from backend.emergency.schemas import TakedownWanted  # noqa: PLC0415

    wanted = _asked(
        TakedownWanted, reason=reason, category=category, children=children, alike=alike
    )
    with _writing() as (session, context):
        done = verbs.take_down(session, context, None, image_id, wanted)
    out.print(f"Taken down: {len(done.image_ids)}")


def _asked(shape: Any, **values: Any) -> Any:  # noqa: ANN401
    from pydantic import ValidationError  # noqa: PLC0415

    try:
        return shape(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        fail(f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}")


@contextmanager
def _writing() -> Iterator[tuple[Session, Context]]:
    """Open the studio for one transaction, without anything that draws; what it says, nobody hears."""
    from backend.kit.context import Context  # noqa: PLC0415
    from backend.kit.notifier.memory import MemoryNotifier  # noqa: PLC0415
    from backend.kit.storage import open_storage  # noqa: PLC0415
    from inference.client import connect  # noqa: PLC0415

    settings = read_settings()
    with open_database(settings) as database:
        context = Context(
            settings=settings,
            database=database,
            storage=open_storage(settings.resolved_storage_url),
            notifier=MemoryNotifier(),
            inference=connect(settings.inference_url, data_dir=settings.data_dir),
        )
        with database.write() as session:
            yield session, context
