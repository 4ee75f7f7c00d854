"""One request id from the click to the denoiser: in the trace that a collector gets, in logs, errors and the generation."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from inference.request_ids import trace_id_of
from inference.tracing import ATTRIBUTES
from loadtests.studio import running_studio
from tests.fixtures.collector import Collector, Told

CLICK, REFUSED = "click-on-draw", "click-refused"
CANARY = "velvetcanary"
STEPS = 4
SLACK_NS = 2_000_000
DRAWN_WITHIN_S = 60.0
PARENTS = {
    "submit": "POST /api/v1/generations",
    "queue": "submit",
    "draw": "submit",
    "inference: generate": "draw",
    "POST /v1/generate": "inference: generate",
    "engine": "POST /v1/generate",
    "wait": "engine",
    "encode": "engine",
    "denoise": "engine",
    "decode": "engine",
    "safety": "engine",
    "file": "engine",
    "store": "draw",
    "inference: image": "store",
    "GET /v1/jobs/{generation_id}/images/{index}": "inference: image",
    "settle": "draw",
    "moderate": "settle",
}
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Run:
    """What a whole studio did for two clicks, one of them refused."""

    spans: list[Told]
    sent: bytes
    generation: dict[str, Any]
    problem: dict[str, Any]
    lines: list[str]

    @property
    def of_click(self) -> list[Told]:
        return [span for span in self.spans if span.trace_id == trace_id_of(CLICK)]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, tiny_models_file: Path) -> Iterator[Run]:
    folder = tmp_path_factory.mktemp("traced")
    with Collector() as collector, pytest.MonkeyPatch.context() as patched:
        patched.setenv("ATELIER_MODELS", str(tiny_models_file))
        patched.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint)
        patched.setenv("ATELIER_LOG_LEVEL", "info")
        patched.setenv("ATELIER_LOG_FORMAT", "json")
        up = running_studio(folder, errors=folder / "lines.log")
        with up as studio, studio.client() as client:
            generation = drawn(client)
            refused = client.post(
                "/api/v1/generations",
                json={"prompt": CANARY, "width": 7},
                headers={"x-request-id": REFUSED},
            )
        yield Run(
            collector.spans,
            b"".join(one.body for one in collector.received),
            generation,
            refused.json(),
            lines_in(folder / "lines.log") + lines_in(folder / "inference-uvicorn.log"),
        )


def drawn(client: httpx2.Client) -> dict[str, Any]:
    """Ask for a generation, and return it once it has succeeded."""
    answer = client.post(
        "/api/v1/generations",
        json={"prompt": f"a red {CANARY}", "num_inference_steps": STEPS},
        headers={"x-request-id": CLICK},
        params={"fresh": True},
    )
    assert answer.headers["x-request-id"] == CLICK
    until = time.monotonic() + DRAWN_WITHIN_S
    while True:
        row: dict[str, Any] = client.get(answer.json()["urls"]["self"]).json()
        if row["state"] not in {"queued", "running"}:
            assert row["state"] == "succeeded", row
            return row
        assert time.monotonic() < until
        time.sleep(0.1)


def lines_in(file: Path) -> list[str]:
    return file.read_text().splitlines()


def test_a_generation_is_one_tree_from_the_click_to_the_denoiser(run: Run) -> None:
    by_id = {span.span_id: span for span in run.of_click}
    assert sorted(span.name for span in run.of_click if not span.parent_id) == [
        "POST /api/v1/generations"
    ]
    parents = {span.name: by_id[span.parent_id].name for span in run.of_click if span.parent_id}
    assert parents == PARENTS
    assert len(run.of_click) == len(PARENTS) + 1
    services = {span.name: span.service for span in run.of_click}
    assert (services["draw"], services["engine"]) == ("atelier", "atelier-inference")


def test_what_is_done_within_something_lies_within_its_time(run: Run) -> None:
    by_id = {span.span_id: span for span in run.of_click}
    for span in run.of_click:
        assert span.began <= span.ended, span.name
        if not span.parent_id:
            continue
        parent = by_id[span.parent_id]
        assert parent.began <= span.began + SLACK_NS, span.name
        if parent.name != "submit":  # which is answered long before anything is drawn
            # Who answers another process begins within its time, but may end a moment after it.
            last = span.ended if span.service == parent.service else span.began
            assert last <= parent.ended + SLACK_NS, span.name


def test_every_step_is_an_event_of_the_denoiser(run: Run) -> None:
    (denoise,) = [span for span in run.of_click if span.name == "denoise"]
    assert len(denoise.steps) == STEPS
    assert denoise.steps == sorted(denoise.steps)
    assert denoise.began <= denoise.steps[0]
    assert denoise.steps[-1] <= denoise.ended


def test_spans_hold_what_is_listed_and_no_words_of_anybody(run: Run) -> None:
    told = {name for span in run.spans for name in span.attributes}
    assert "atelier.generation_id" in told
    assert told <= ATTRIBUTES, told - ATTRIBUTES
    for words in (CANARY, "load@example.com", "127.0.0.1", "Bearer", "atl_"):
        assert words.encode() not in run.sent, words


def test_the_same_ids_stand_on_the_generation_and_on_a_refusal(run: Run) -> None:
    assert run.generation["request_id"] == CLICK
    assert run.generation["trace_id"] == trace_id_of(CLICK)
    assert (run.problem["request_id"], run.problem["trace_id"]) == (REFUSED, trace_id_of(REFUSED))
    assert any(span.trace_id == trace_id_of(REFUSED) for span in run.spans)


def test_every_line_is_an_object_that_names_its_request(run: Run) -> None:
    told = [json.loads(line) for line in run.lines]
    for line in told:
        assert {"at", "level", "logger", "message", "request_id", "trace_id"} <= line.keys(), line
    submitted = [line for line in told if line["request_id"] == CLICK]
    assert any("POST /api/v1/generations 202" in line["message"] for line in submitted)
    assert {line["trace_id"] for line in submitted} == {trace_id_of(CLICK)}
    assert CANARY not in "".join(run.lines)
