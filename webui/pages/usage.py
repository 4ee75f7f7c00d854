"""Usage: what was drawn, for how many credits, how fast and how much was held back, for people who may administer.

The charts and the table are `static/usage/`; the sums are the backend's.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="usage")
    island("report")
