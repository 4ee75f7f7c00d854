"""Which metrics there are to ask for: the engine's, a running studio's, and those of Prometheus and the exporters beside it."""

from __future__ import annotations

import re

from prometheus_client.parser import text_string_to_metric_families

from inference.metrics import Metrics
from tests.fixtures.app import Studio

OF_OTHERS = {
    "up",
    "kubelet_volume_stats_available_bytes",
    "kubelet_volume_stats_capacity_bytes",
}
_ENDS = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}
_QUOTED = re.compile(r'"[^"]*"')
_NAME = re.compile(r"\b(?:atelier|kubelet)_\w+|\bup\b")


def exposed(studio: Studio) -> set[str]:
    """Return every name that a query may ask for."""
    engine = Metrics(waiting=lambda: 0.0, running=lambda: 0.0).text().decode()
    return _names(engine) | _names(studio.actors.anonymous().get("/metrics").text) | OF_OTHERS


def asked_in(query: str) -> set[str]:
    """Return the metrics that a PromQL expression asks for."""
    return set(_NAME.findall(_QUOTED.sub("", query)))


def _names(text: str) -> set[str]:
    families = text_string_to_metric_families(text)
    names = {one.name + end for one in families for end in _ENDS.get(one.type, [""])}
    return {name for name in names if not name.endswith("_created")}
