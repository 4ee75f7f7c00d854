"""Recipes: chains of edits that are kept, shared and run again, and one's own runs of them.

The page itself is `static/recipes/`; what a run does is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="recipes")
    island("recipes")
