"""Library: every image a person may come across, found, looked at and judged. It is `static/library/page.js`."""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="library")
    island("library")
