"""History: everything a person has made, newest first. The list itself is `static/history.js`."""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="history")
    island("history")
