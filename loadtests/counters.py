"""What a server says of itself on `/metrics`: images finished, UNet rows computed, rows wasted.

A server that says nothing is asked no further; the report then says that its waste is an estimate.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

import httpx2

# The end of a Prometheus sample's name, and what we call it. The longer ends stand first.
_NAMES: Final = {
    "rows_wasted_total": "rows_wasted",
    "images_total": "images",
    "rows_total": "rows",
}


def read_counters(url: str) -> dict[str, float]:
    """Return what the server at `url` counts; empty if it does not."""
    with suppress(httpx2.HTTPError):
        answer = httpx2.get(f"{url}/metrics", timeout=5)
        if answer.status_code == httpx2.codes.OK:
            return parse(answer.text)
    return {}


def parse(text: str) -> dict[str, float]:
    """Return the sums of the samples we know, by our names."""
    found: dict[str, float] = {}
    for line in text.splitlines():
        name, _, value = line.rpartition(" ")
        ours = _ours(name.partition("{")[0])
        if ours and not line.startswith("#"):
            with suppress(ValueError):
                found[ours] = found.get(ours, 0.0) + float(value)
    return found


def grown(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Return by how much each counter grew."""
    return {name: value - before.get(name, 0.0) for name, value in after.items()}


def _ours(name: str) -> str | None:
    return next((ours for end, ours in _NAMES.items() if name.endswith(end)), None)
