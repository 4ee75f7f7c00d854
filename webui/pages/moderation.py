"""Moderation: what the safety checker held back, for people who may review.

The list itself is `static/moderation/list.js`; who may see and decide is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="moderation")
    island("moderation")
