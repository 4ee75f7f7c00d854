"""Policy: its versions, the editor with what it would do to the past, and how good moderation is, for administrators.

All of it is `static/policy/`; who may write, propose and activate a version is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="policy")
    island("policy")
