"""`atelier notice`: tell everybody something, or begin and end maintenance, from a terminal.

On the database itself, studio running or not. Processes refuse at once; open pages hear of it within a minute.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.markup import escape

from backend.console import fail, out, reading, writing

if TYPE_CHECKING:
    from backend.notices.schemas import NoticeNow, NoticeWrite

_LENGTH: Final = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}


def notice(
    text: Annotated[
        str | None, typer.Argument(help="What everybody reads; left out: print it.")
    ] = None,
    *,
    maintenance: Annotated[
        bool, typer.Option("--maintenance", help="Accept no new generation meanwhile.")
    ] = False,
    lasting: Annotated[
        str | None, typer.Option("--for", help="How long, such as 30m, 2h or 1d.")
    ] = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="End the notice, and maintenance.")
    ] = False,
) -> None:
    """Tell everybody something, begin or end maintenance; alone, print what there is."""
    if text is not None and clear:
        fail("either a text or --clear")
    if text is None and (maintenance or lasting) and not clear:
        fail("maintenance wants a text that says why; everybody reads it")
    if clear:
        _clear()
    elif text is None:
        _print()
    else:
        _post(_wanted(text, maintenance=maintenance, lasting=lasting))


def _print() -> None:
    from backend.notices import service  # noqa: PLC0415 - a command imports what it needs

    with reading() as session:
        told = service.tell(session)
    _say(told)


def _clear() -> None:
    from backend.kit.notifier.memory import MemoryNotifier  # noqa: PLC0415
    from backend.notices import service  # noqa: PLC0415

    with writing() as session:
        service.clear(session, MemoryNotifier(), None)
    out.print("There is no notice, and generations are accepted.")


def _post(wanted: NoticeWrite) -> None:
    from backend.kit.notifier.memory import MemoryNotifier  # noqa: PLC0415
    from backend.notices import service  # noqa: PLC0415

    with writing() as session:
        told = service.post(session, MemoryNotifier(), None, wanted)
    _say(told)


def _wanted(text: str, *, maintenance: bool, lasting: str | None) -> NoticeWrite:
    from pydantic import ValidationError  # noqa: PLC0415

    from backend.notices.schemas import LONGEST_TEXT, NoticeKind, NoticeWrite  # noqa: PLC0415

    kind = NoticeKind.MAINTENANCE if maintenance else NoticeKind.INFO
    ends_at = datetime.now(UTC) + _length_of(lasting) if lasting else None
    try:
        return NoticeWrite(kind=kind, text=text, ends_at=ends_at)
    except ValidationError:
        fail(f"a notice has 1 to {LONGEST_TEXT} characters")


def _length_of(written: str) -> timedelta:
    found = _LENGTH.fullmatch(written)
    if found is None:
        fail(f"a length reads 30m, 2h or 1d, not {written!r}")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def _say(told: NoticeNow) -> None:
    if told.notice is None:
        out.print("There is no notice.")
        return
    one = told.notice
    until = f"until {one.ends_at:%Y-%m-%d %H:%M} UTC" if one.ends_at else "until somebody ends it"
    since = f"{'since' if told.in_force else 'from'} {one.starts_at:%Y-%m-%d %H:%M} UTC"
    out.print(f"{one.kind.value}, {since}, {until}: {escape(one.text)}", soft_wrap=True)
