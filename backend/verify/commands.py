"""`atelier verify`: whether files came from this studio, by its own data folder, or by asking a studio that runs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape

from backend.console import err, open_database, print_table, read_settings, table_of

if TYPE_CHECKING:
    from backend.kit.settings import Settings
    from backend.verify.schemas import Verification

OURS: Final = frozenset({"made_here", "made_here_changed"})
_NOT_ALL: Final = 1
_FAILED: Final = 2
_WITHIN_S: Final = 120.0

Asking = Callable[[Path], dict[str, Any]]


class CannotSay(Exception):
    """Nothing can be said of a file; the message says why."""


def verify(
    files: Annotated[list[Path], typer.Argument(help="PNG, JPEG or WebP pictures.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON list.")] = False,
    url: Annotated[
        str, typer.Option(help="Ask the studio there, such as https://studio.example.com.")
    ] = "",
) -> None:
    """Say of each file whether it came from this studio. Exit status: 0 all did, 1 some did not, 2 an error."""
    said = _asked(files, url) if url else _looked_at(files)
    if as_json:
        sys.stdout.write(json.dumps(said, indent=1, ensure_ascii=False) + "\n")
    else:
        _print(said)
    if any("error" in one for one in said):
        raise typer.Exit(_FAILED)
    if any(one["verdict"] not in OURS for one in said):
        raise typer.Exit(_NOT_ALL)


def _each(files: Sequence[Path], ask: Asking) -> list[dict[str, Any]]:
    said = []
    for file in files:
        try:
            said.append({"file": str(file), **ask(file)})
        except (CannotSay, OSError) as error:
            said.append({"file": str(file), "error": str(error)})
    return said


def _asked(files: Sequence[Path], url: str) -> list[dict[str, Any]]:
    import httpx2  # noqa: PLC0415 - a command imports what it needs

    with httpx2.Client(base_url=url, timeout=_WITHIN_S) as client:

        def ask(file: Path) -> dict[str, Any]:
            try:
                with file.open("rb") as opened:
                    sent = client.post("/api/v1/verify", files={"file": ("picture", opened)})
                found: dict[str, Any] = sent.json()
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                raise CannotSay(f"{url} does not answer as a studio does: {error}") from error
            if not sent.is_success:
                raise CannotSay(str(found.get("detail", sent.status_code)))
            return found

        return _each(files, ask)


def _looked_at(files: Sequence[Path]) -> list[dict[str, Any]]:
    import anyio  # noqa: PLC0415

    from backend.kit.errors import AtelierError  # noqa: PLC0415
    from backend.verify import service  # noqa: PLC0415

    settings = read_settings()
    with open_database(settings) as database, database.read() as session:

        def ask(file: Path) -> dict[str, Any]:
            try:
                evidence = anyio.run(_evidence, file, settings)
            except AtelierError as error:
                raise CannotSay(error.message) from error
            found: Verification = service.answer(session, settings, evidence)
            return found.model_dump(mode="json", exclude={"image"})

        return _each(files, ask)


async def _evidence(file: Path, settings: Settings) -> Any:  # noqa: ANN401 - imported where it is needed
    from backend.verify import examining  # noqa: PLC0415

    with file.open("rb") as opened:
        return await examining.examine_for(settings, opened)


def _print(said: Sequence[dict[str, Any]]) -> None:
    table = table_of("file", "verdict", "signature", "mark", "says")
    for one in said:
        if "error" in one:
            told = escape(f"{one['file']}: {one['error']}")
            err.print(f"[red]problem[/] {told}", soft_wrap=True)
        else:
            table.add_row(*map(escape, _row(one)))
    if table.row_count:
        print_table(table)


def _row(one: dict[str, Any]) -> tuple[str, ...]:
    mark = f"found, {one['mark']['confidence']:.0%}" if one["mark"]["found"] else "none"
    says = "AI" if one["says_ai"] else "nothing"
    return one["file"], one["verdict"], one["signature"]["state"], mark, says
