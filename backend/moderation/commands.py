"""`atelier moderation`: what can be done about moderation from a terminal."""

from __future__ import annotations

import typer

from backend.moderation.evaluation.command import evaluate

app = typer.Typer(no_args_is_help=True, help="See how good the safety check is.")


@app.callback()
def _several() -> None:
    """Keep the command's name, while there is one only."""


app.command()(evaluate)
