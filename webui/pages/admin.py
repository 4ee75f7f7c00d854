"""Administration: everybody's queue and its dead letters, for people who may administer.

The lists themselves are `static/admin/queue.js`; who may see and decide is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="admin")
    island("queue")
