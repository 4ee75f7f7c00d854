"""Galleries: what is gathered by whom and for whom, and one gallery with its images, members and links.

The page itself is `static/galleries/`; who may open and change what is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="galleries")
    island("galleries")
