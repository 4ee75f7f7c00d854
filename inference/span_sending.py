"""How spans leave a process: in batches, from a thread of its own, by OTLP over HTTP. Imports the OpenTelemetry SDK.

A collector that is slow or away costs the studio nothing: at most 2,048 spans wait (`OTEL_BSP_MAX_QUEUE_SIZE`), those beyond
are counted and let go, and a process that ends gives the last batch two seconds.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from inference.request_ids import request_id, trace_id_of
from inference.span_counts import SPANS

LAST_WORDS_S: Final = 2.0
_ROOM: Final = "OTEL_BSP_MAX_QUEUE_SIZE"
_USUAL_ROOM: Final = 2048


def provider_for(service: str) -> TracerProvider:
    """Return what makes spans in the name of `service` and sends them where the environment says."""
    resource = Resource.create({"service.name": service})
    provider = TracerProvider(
        resource=resource, id_generator=IdsOfRequests(), shutdown_on_exit=False
    )
    provider.add_span_processor(Sender(Counted(OTLPSpanExporter())))
    return provider


class IdsOfRequests(RandomIdGenerator):
    """A trace that begins in a request has the id that follows from the request's."""

    def generate_trace_id(self) -> int:
        """Return the next trace's id, 128 bits."""
        this = request_id()
        return int(trace_id_of(this), 16) if this else super().generate_trace_id()


class Counted(SpanExporter):
    """Counts what reached the collector and what did not; `waiting` spans were not tried yet."""

    def __init__(self, real: SpanExporter) -> None:
        self._real = real
        self.waiting = 0
        self.counting = threading.Lock()
        self._ended = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send a batch."""
        with self.counting:
            self.waiting -= len(spans)
        result = self._real.export(spans)
        outcome = "sent" if result is SpanExportResult.SUCCESS else "lost"
        SPANS.labels(outcome).inc(len(spans))
        return result

    def shutdown(self) -> None:
        """Send no more, and break off what is being tried."""
        if not self._ended:
            self._ended = True
            self._real.shutdown()


class Sender(BatchSpanProcessor):
    """The SDK's batches, with the spans that find no room counted, and a short end."""

    def __init__(self, exporter: Counted) -> None:
        super().__init__(exporter)
        self._counted = exporter
        self._most = int(os.environ.get(_ROOM, _USUAL_ROOM))

    def on_end(self, span: ReadableSpan) -> None:
        """Take a span that has ended, if there is room."""
        if not (span.context and span.context.trace_flags.sampled):
            return
        with self._counted.counting:
            has_room = self._counted.waiting < self._most
            self._counted.waiting += has_room
        if has_room:
            super().on_end(span)
        else:
            SPANS.labels("lost").inc()

    def shutdown(self) -> None:
        """Send what is left; who does not answer within two seconds is not waited for."""
        late = threading.Timer(LAST_WORDS_S, self._counted.shutdown)
        late.daemon = True
        late.start()
        super().shutdown()  # type: ignore[no-untyped-call] # the SDK's
        late.cancel()
