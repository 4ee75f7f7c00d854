"""`atelier import-model`: a folder in diffusers layout of one safetensors file, which the models file can then name.

`inference.importing` does the work, and is imported (with torch) when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from backend.console import fail, out

_File = Annotated[
    Path, typer.Argument(help="A *.safetensors checkpoint of Stable Diffusion 1.5 or SDXL.")
]
_Like = Annotated[
    Path, typer.Option(help="A diffusers folder of the same family; its weights are not needed.")
]
_Into = Annotated[Path, typer.Option(help="The folder to write, which must not be there yet.")]


def import_model(file: _File, *, like: _Like, into: _Into) -> None:
    """Make a model folder of a single safetensors file; nothing is fetched."""
    from inference.offline import stay_offline  # noqa: PLC0415 - a command imports what it needs

    stay_offline()
    from inference.catalog import CatalogError, digest_of  # noqa: PLC0415
    from inference.importing import import_model as imported  # noqa: PLC0415
    from inference.weightfiles import RefusedFile  # noqa: PLC0415

    try:
        imported(file.absolute(), like, into)
        digest = digest_of(into)
    except (CatalogError, RefusedFile, OSError) as error:
        fail(str(error))
    out.print(f"[green]Imported[/] {escape(str(file))} to {escape(str(into))}.")
    out.print("Offer it by a table in the models file (docs/operate/models.md):")
    table = f'[[model]]\ndirectory = "{into}"\nsha256 = "{digest}"'
    out.print(escape(table), soft_wrap=True, highlight=False)
