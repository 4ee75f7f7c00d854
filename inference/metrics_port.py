"""Where Prometheus asks a replica of Ray Serve for what its own engine counts: a small port beside Serve's one address.

Behind that address any replica may answer, so that `/metrics` there is of one of them, and nobody knows which.
`ATELIER_ENGINE_METRICS_PORT` names the first port to try; replicas that share a machine take the next ones. None: no port.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Metric, start_http_server
from prometheus_client.registry import Collector

PORT_VARIABLE: Final = "ATELIER_ENGINE_METRICS_PORT"
TRIED: Final = 16
"""As many replicas of one machine find a port."""
_HIGHEST: Final = 65535
logger = logging.getLogger(__name__)


def first_port() -> int | None:
    """Return the first port to try; None where nobody wants any.

    Raises:
        ValueError: The variable holds no port.
    """
    written = os.environ.get(PORT_VARIABLE, "").strip()
    if written in {"", "0"}:
        return None
    if not written.isdecimal() or not 1024 <= int(written) <= _HIGHEST - TRIED:  # noqa: PLR2004 - below are root's
        raise ValueError(
            f"{PORT_VARIABLE} must be a port from 1024 to {_HIGHEST - TRIED}, not {written!r}; 9464 is a good one, 0 means none"
        )
    return int(written)


def answer(
    registry: CollectorRegistry, host: str, first: int, labels: Mapping[str, str]
) -> int | None:
    """Answer Prometheus at the first free port from `first` on, until the process ends; return which it is.

    Every sample gets `labels` too. None: `TRIED` ports are taken, which is logged, and nothing to stop drawing for.
    """
    labelled = CollectorRegistry()
    labelled.register(Labelled(registry, labels))
    for port in range(first, first + TRIED):
        try:
            start_http_server(port, host, labelled)
        except OSError:
            continue
        logger.info("what this replica counts is told at http://%s:%d/metrics", host, port)
        return port
    logger.warning("no port from %d to %d is free to tell metrics at", first, first + TRIED - 1)
    return None


@dataclass(frozen=True, eq=False)
class Labelled(Collector):
    """What a registry holds, with more labels on every sample."""

    registry: CollectorRegistry
    labels: Mapping[str, str]

    def collect(self) -> Iterator[Metric]:
        """Yield every family as it stands now."""
        for family in self.registry.collect():
            told = Metric(family.name, family.documentation, family.type, family.unit)
            told.samples = [
                sample._replace(labels={**sample.labels, **self.labels})
                for sample in family.samples
            ]
            yield told

    def describe(self) -> list[Metric]:
        """Return nothing: names are looked at when they are asked for."""
        return []
