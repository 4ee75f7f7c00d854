"""People: who may come in, what they are, invites, teams, roles, quotas and the audit, for people who may administer.

The lists themselves are `static/people/`; who may see and decide is the backend's business.
"""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="people")
    island("people")
