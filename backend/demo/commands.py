"""`atelier demo-data`: something to look at in a studio that was just started."""

from __future__ import annotations

import httpx2
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from backend.console import fail, out, read_settings


def demo_data() -> None:
    """Fill the running studio with sketches, galleries, tags and comments; needs its development sign-in."""
    from backend.demo.telling import tell  # noqa: PLC0415 - a command imports what it needs
    from backend.demo.visitor import DemoFailed  # noqa: PLC0415

    settings = read_settings()
    if not settings.development_sign_in:
        fail("this studio has real people in it: demo data is for one with the development sign-in")
    columns = (
        TextColumn("· {task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=out) as progress:
        task = progress.add_task("signing in", total=None)

        def say(what: str, done: int, total: int) -> None:
            progress.update(task, description=what, completed=done, total=total)

        try:
            link = tell(settings.base_url, say)
        except httpx2.TransportError:
            fail(
                f"no studio answers at {settings.base_url}; start it with `make run`, then say this again"
            )
        except DemoFailed as error:
            fail(str(error))
    out.print(f"\n  The studio is furnished: [bold cyan]{settings.base_url}/library[/]")
    out.print(f"  What a guest sees of the lookbook: {link}\n", soft_wrap=True)
