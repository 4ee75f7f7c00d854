"""Vote: two images side by side and which is better, for people who may generate.

The pairs are `static/vote/`; which model drew what is the backend's secret.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="vote")
    island("vote")
