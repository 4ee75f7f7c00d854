"""Where the time of a request goes, told to any OpenTelemetry collector: spans, under the id of the request.

Off unless `OTEL_EXPORTER_OTLP_ENDPOINT` names a collector; then nothing is made, and the SDK is not even imported. The
exporter's other standard variables count too (headers, certificates, sampling). A span holds ids, names and numbers of
`ATTRIBUTES`, never a word that somebody wrote.
"""

from __future__ import annotations

import atexit
import functools
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, ParamSpec, TypeAlias, TypeVar

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import INVALID_SPAN, Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from inference.request_ids import request_id, trace_id_of

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
ATTRIBUTES: Final = frozenset(
    {
        "atelier.request_id",
        "atelier.generation_id",
        "atelier.model",
        "atelier.priority",
        "atelier.images",
        "atelier.index",
        "atelier.width",
        "atelier.height",
        "atelier.steps",
        "atelier.step",
        "atelier.attempt",
        "atelier.shared",
        "atelier.outcome",
        "atelier.moderation",
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "error.type",
    }
)
"""Everything that may stand in a span."""
TRACEPARENT: Final = "traceparent"
HTTP_BROKEN: Final = 500
NOTHING: Final = INVALID_SPAN
"""The span of who is not told of."""
Value: TypeAlias = str | int | float | bool

P = ParamSpec("P")
T = TypeVar("T")
_carrier: Final = TraceContextTextMapPropagator()
_provider: TracerProvider | None = None


def start(service: str) -> bool:
    """Begin to tell a collector, in the name of `service`, if one is named; again changes nothing. Says whether it does."""
    global _provider  # noqa: PLW0603 - a process has one collector
    if _provider is None and any(os.environ.get(name) for name in ENDPOINTS):
        from inference.span_sending import provider_for  # noqa: PLC0415 - the SDK, for those who trace

        _provider = provider_for(service)
        atexit.register(stop)
    return _provider is not None


def stop() -> None:
    """Send what is left, for two seconds at most, and tell no more."""
    global _provider  # noqa: PLW0603
    if _provider is not None:
        _provider.shutdown()
        _provider = None


def is_on() -> bool:
    """Whether anybody is told."""
    return _provider is not None


def begin(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    within: Context | None = None,
    began: float | None = None,
    **attributes: Value,
) -> Span:
    """Return a span that has begun, now or at `began` (seconds of `time.time`); whoever asked ends it.

    `within` names the parent; None means the span at work. An attribute `x` is told as `atelier.x`.
    """
    return _begun(name, kind, within, began, attributes)


@contextmanager
def span(
    name: str,
    *,
    kind: SpanKind = SpanKind.INTERNAL,
    within: Context | None = None,
    **attributes: Value,
) -> Iterator[Span]:
    """Do what is inside within a span of that name. An error is told by its class alone, for its text may hold anything."""
    if _provider is None:
        yield INVALID_SPAN
        return
    made = _begun(name, kind, within, None, attributes)
    with trace.use_span(
        made, end_on_exit=True, record_exception=False, set_status_on_exception=False
    ):
        try:
            yield made
        except BaseException as error:
            failed(made, error)
            raise


def past(
    name: str, began: float, ended: float, *, within: Context | None = None, **attributes: Value
) -> None:
    """Tell of something that is over; `began` and `ended` are seconds of `time.time`."""
    made = _begun(name, SpanKind.INTERNAL, within, began, attributes)
    made.end(_nanoseconds(max(began, ended)))


def answered(made: Span, method: str, route: str, status: int) -> None:
    """Name the span of a request by the route that answered it, and note how."""
    made.update_name(f"{method} {route}")
    made.set_attribute("http.request.method", method)
    made.set_attribute("http.route", route)
    made.set_attribute("http.response.status_code", status)
    if status >= HTTP_BROKEN:
        made.set_status(Status(StatusCode.ERROR))


def failed(made: Span, error: BaseException) -> None:
    """Note on a span that it ended with `error`."""
    made.set_attribute("error.type", type(error).__name__)
    made.set_status(Status(StatusCode.ERROR))


def traced(name: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Have a function do its work within a span of that name."""

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def within(*args: P.args, **kwargs: P.kwargs) -> T:
            if _provider is None:
                return function(*args, **kwargs)
            with span(name):
                return function(*args, **kwargs)

        return within

    return wrap


def note(**attributes: Value) -> None:
    """Say more of the span at work."""
    if _provider is not None:
        for key, value in attributes.items():
            trace.get_current_span().set_attribute(f"atelier.{key}", value)


def traceparent() -> str | None:
    """Return the span at work as W3C writes it, for a row or a header; None if nobody is told."""
    return headers_of(trace.get_current_span()).get(TRACEPARENT)


def headers_of(made: Span) -> dict[str, str]:
    """Return the headers by which another process goes on within `made`."""
    carried: dict[str, str] = {}
    _carrier.inject(carried, trace.set_span_in_context(made, Context()))
    return carried


def after(written: str | None) -> Context:
    """Return what a `traceparent` names as a parent; of None or nonsense, a context in which a trace begins."""
    return _carrier.extract({TRACEPARENT: written} if written else {}, Context())


def believed(headers: Mapping[str, str], this: str) -> Context:
    """Return the parent that a request with the id `this` names, if it is of its own trace; whoever made another is not told."""
    parent = after(headers.get(TRACEPARENT))
    told = trace.get_current_span(parent).get_span_context()
    return parent if f"{told.trace_id:032x}" == trace_id_of(this) else Context()


def wall(monotonic: float) -> float:
    """Return what `time.time` was when `time.monotonic` was that."""
    return time.time() - (time.monotonic() - monotonic)


def moments(made: Span, name: str, key: str, at: Sequence[tuple[float, int]]) -> None:
    """Add events to a span: (seconds of `time.time`, number)."""
    for seconds, number in at:
        made.add_event(name, {f"atelier.{key}": number}, _nanoseconds(seconds))


def _begun(
    name: str,
    kind: SpanKind,
    within: Context | None,
    began: float | None,
    attributes: Mapping[str, Value],
) -> Span:
    if _provider is None:
        return INVALID_SPAN
    tracer = _provider.get_tracer("atelier")
    told: dict[str, Value] = {f"atelier.{key}": value for key, value in attributes.items()}
    if this := request_id():
        told["atelier.request_id"] = this
    return tracer.start_span(name, within, kind, told, start_time=_nanoseconds(began))


def _nanoseconds(seconds: float | None) -> int | None:
    return None if seconds is None else int(seconds * 1e9)
