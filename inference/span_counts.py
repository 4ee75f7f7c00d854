"""How many spans reached a collector, counted for the process and told with whatever else it counts."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

SPANS: Final = Counter(
    "atelier_spans",
    "Spans of traces, by whether they reached the collector.",
    ["outcome"],
    registry=None,
)
for _outcome in ("sent", "lost"):
    SPANS.labels(_outcome)
