"""What a request to the inference app carries beside its body: whose request it is for, and within which span."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import SpanKind

from inference import tracing
from inference.request_ids import HEADER, request_id


@contextmanager
def asking(name: str) -> Iterator[dict[str, str]]:
    """Ask within a span of that name; yields the headers.

    The span is not made the one at work: a generator may be closed from elsewhere, where nothing could be put back.
    """
    this = request_id()
    made = tracing.begin(name, kind=SpanKind.CLIENT)
    try:
        yield {**({HEADER: this} if this else {}), **tracing.headers_of(made)}
    except Exception as error:
        tracing.failed(made, error)
        raise
    finally:
        made.end()
