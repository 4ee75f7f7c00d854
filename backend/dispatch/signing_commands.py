"""`atelier sign`: signs what is stored unsigned, from a terminal, studio running or not."""

from __future__ import annotations

from collections import Counter

import typer

from backend.console import open_database, out, read_settings


def sign() -> None:
    """Sign the files of images that are not signed yet; say it again after a break, and it goes on."""
    from backend.dispatch.signing import signing  # noqa: PLC0415 - a command imports what it needs
    from backend.kit.storage import open_storage  # noqa: PLC0415
    from backend.provenance.marker import marker_of  # noqa: PLC0415

    settings = read_settings()
    storage = open_storage(settings.resolved_storage_url)
    with open_database(settings) as database:
        found = Counter(one.why for one in signing(database, storage, marker_of(settings)))
    out.print(f"Images signed: {found.pop(None, 0)}.")
    for why, number in found.most_common():
        out.print(f"Not signed, for {why}: {number}.", soft_wrap=True)
    if found:
        raise typer.Exit(1)
