"""`atelier queue`: the operator's verbs from a terminal, on the database itself, studio running or not.

Dispatchers notice at their next look, half a second later at most.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape

from backend.console import out, print_table, reading, table_of, writing

if TYPE_CHECKING:
    from backend.queue.schemas import QueueStatus

_SHOWN: Final = 100
_WORDS: Final = 32
_MESSAGE_WIDTH: Final = 60

app = typer.Typer(invoke_without_command=True, help="Look after the queue.")


@app.callback()
def look(context: typer.Context) -> None:
    """Print who waits for what and what runs, in the order of the line."""
    if context.invoked_subcommand is None:
        from backend.queue import service  # noqa: PLC0415 - a command imports what it needs

        with reading() as session:
            page = service.look(session, cursor=None, limit=_SHOWN)
        table = table_of("id", "who", "state", "priority", "attempt", "for", "prompt")
        for one in page.items:
            state = "paused" if one.paused else one.state.value
            attempt = f"{one.attempt}/{one.max_attempts}"
            held = f"{one.seconds:.0f} s"
            prompt = escape(one.prompt[:_WORDS])
            table.add_row(one.id, one.owner.email, state, one.priority.value, attempt, held, prompt)
        print_table(table)
        if page.next_cursor:
            out.print(f"Only the first {_SHOWN} are shown.")
        _print_status(page.status)


@app.command()
def drain() -> None:
    """Let nothing new begin; what runs ends as usual, and submissions are still accepted."""
    from backend.kit.notifier.memory import MemoryNotifier  # noqa: PLC0415
    from backend.queue import service  # noqa: PLC0415

    with writing() as session:
        _print_status(service.drain(session, MemoryNotifier(), None))


@app.command()
def resume() -> None:
    """Let generations begin again."""
    from backend.kit.notifier.memory import MemoryNotifier  # noqa: PLC0415
    from backend.queue import service  # noqa: PLC0415

    with writing() as session:
        _print_status(service.resume(session, MemoryNotifier(), None))


@app.command()
def dead() -> None:
    """Print the generations that failed after their last attempt, or by a bug."""
    from backend.queue import service  # noqa: PLC0415

    with reading() as session:
        page = service.dead(session, cursor=None, limit=_SHOWN)
    table = table_of("id", "who", "when", "attempts", "code")
    table.add_column("message", max_width=_MESSAGE_WIDTH)
    for one in page.items:
        when = f"{one.ended_at:%Y-%m-%d %H:%M}" if one.ended_at else ""
        attempts = str(one.attempts)
        table.add_row(one.id, one.owner.email, when, attempts, one.code, escape(one.message))
    print_table(table)
    if page.next_cursor:
        out.print(f"Only the newest {_SHOWN} are shown.")


@app.command()
def retry(
    generation_id: Annotated[str, typer.Argument(metavar="ID", help="The dead letter's id.")],
) -> None:
    """Queue a dead letter anew; print the id of the generation that it became."""
    from backend.kit.notifier.memory import MemoryNotifier  # noqa: PLC0415
    from backend.queue import service  # noqa: PLC0415

    with writing() as session:
        fresh = service.retry(session, MemoryNotifier(), None, generation_id)
    out.print(fresh.id)


def _print_status(status: QueueStatus) -> None:
    counted = f"{status.queued} queued, {status.running} running"
    if status.drained_at:
        out.print(f"{counted}; drained since {status.drained_at:%Y-%m-%d %H:%M} UTC.")
    else:
        out.print(f"{counted}; open.")
    if status.inference_away:
        out.print("Nothing that draws could be reached lately.")
