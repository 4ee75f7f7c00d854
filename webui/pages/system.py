"""System: how each part of the studio stands, what to do next, and the notice to everybody, for administrators.

The list itself is `static/system/`; who may see and post is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="system")
    island("system")
