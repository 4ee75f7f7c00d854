"""Spans leave in batches or are counted as lost; where nobody collects them, none is made."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.trace import INVALID_SPAN

from inference import tracing
from inference.engine import Engine
from inference.hosting import free_port
from inference.request_ids import request_id, trace_id_of, working_for
from inference.span_counts import SPANS
from tests.fixtures.collector import Collector
from tests.fixtures.inference import asking

ENDS_WITHIN_S = 6.0
DRAWN_WITHIN_S = 60.0
MANY = 5000


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    with Collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        assert tracing.start("test")
        yield collector
        tracing.stop()


def counted(outcome: str) -> float:
    return SPANS.labels(outcome)._value.get()


class TestSpans:
    def test_arrive_under_the_id_of_the_request(self, collector: Collector) -> None:
        before = counted("sent")
        with working_for("a-click"), tracing.span("outer"), tracing.span("inner", index=3):
            pass
        tracing.stop()
        inner, outer = collector.spans
        assert (inner.name, inner.parent_id, outer.parent_id) == ("inner", outer.span_id, "")
        assert {inner.trace_id, outer.trace_id} == {trace_id_of("a-click")}
        assert inner.attributes == {"atelier.index": 3, "atelier.request_id": "a-click"}
        assert counted("sent") == before + 2

    def test_tell_of_an_error_by_its_class_alone(self, collector: Collector) -> None:
        with pytest.raises(ValueError, match="velvet"), tracing.span("broken"):
            raise ValueError("a red velvet dress")
        tracing.stop()
        assert collector.spans[0].attributes == {"error.type": "ValueError"}
        assert b"velvet" not in collector.received[0].body

    def test_go_on_in_another_process_by_a_header(self, collector: Collector) -> None:
        with working_for("a-click"), tracing.span("here") as here:
            carried = tracing.headers_of(here)
        with working_for("a-click"):
            parent = tracing.believed(carried, "a-click")
            tracing.begin("there", within=parent).end()
        tracing.stop()
        by_name = {span.name: span for span in collector.spans}
        assert by_name["there"].parent_id == by_name["here"].span_id

    @pytest.mark.parametrize(
        "given",
        [
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-" + "0" * 32 + "-b7ad6b7169203331-01",
            "nonsense",
            "",
        ],
    )
    def test_are_no_part_of_a_trace_that_a_stranger_names(
        self, collector: Collector, given: str
    ) -> None:
        assert collector.received == []
        parent = tracing.believed({"traceparent": given}, "a-click")
        assert not trace.get_current_span(parent).get_span_context().is_valid


class TestACollectorThatIsAway:
    def test_slows_nothing_and_what_it_misses_is_counted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{free_port()}")
        lost, sent = counted("lost"), counted("sent")
        tracing.start("test")
        began = time.monotonic()
        for _ in range(MANY):
            tracing.begin("span").end()
        made = time.monotonic()
        tracing.stop()
        ended = time.monotonic()
        assert made - began < ENDS_WITHIN_S  # 0.1 s where nobody else computes
        assert ended - made < ENDS_WITHIN_S
        assert (counted("lost") - lost, counted("sent") - sent) == (MANY, 0)


class TestWithoutACollector:
    def test_nothing_is_made(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in tracing.ENDPOINTS:
            monkeypatch.delenv(name, raising=False)
        assert not tracing.start("test")
        with tracing.span("span", index=1) as span:
            assert span is INVALID_SPAN
        assert tracing.begin("span") is INVALID_SPAN
        assert tracing.traceparent() is None

    def test_the_engine_notes_no_stage_and_no_step(self, tiny_engine: Engine) -> None:
        with working_for("a-click"):
            generation = tiny_engine.submit(asking(num_inference_steps=2))
        until = time.monotonic() + DRAWN_WITHIN_S
        while not generation.ended:
            assert time.monotonic() < until
            time.sleep(0.01)
        assert generation.state == "succeeded"
        assert (generation.trail._stages, list(generation.trail._steps)) == ([], [])
        assert generation.trail.told == {"told": {"request_id": "a-click"}}
        assert request_id() is None

    def test_the_sdk_is_not_imported(self) -> None:
        asked = (
            "import sys, inference.app, inference.client, backend.app;"
            "print([name for name in sys.modules if name.startswith('opentelemetry.sdk')])"
        )
        said = subprocess.run(
            [sys.executable, "-c", asked],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            cwd=Path(__file__).parents[2],
        )
        assert said.stdout.strip() == "[]"
