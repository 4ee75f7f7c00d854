"""Account: what belongs to the person who is signed in. Its sections are listed in `static/account/page.js`."""

from __future__ import annotations

from webui.islands import island


def build() -> None:
    """Put the page's parts into the Blocks that is open."""
    island("rail", page="account")
    island("account")
