"""Models: what each is and how it does, switched off and on, and the default, for people who may administer.

The cards are `static/models/`; what may be chosen is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="models")
    island("models")
