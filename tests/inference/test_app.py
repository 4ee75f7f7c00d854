"""The inference app's own words on the wire; that it draws is in the conformance suite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from starlette.testclient import TestClient

from inference.app import create_app
from inference.catalog import Catalog
from inference.engine import Engine

PARAMETERS = {"prompt": "a red dress", "seed": 5}


@pytest.fixture(scope="module")
def http(tiny_engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(tiny_engine)) as client:
        yield client


@pytest.fixture
def unloaded(tiny_models_file: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Engine(Catalog.read(tiny_models_file)))) as client:
        yield client


def events(text: str) -> list[tuple[int, str, dict[str, Any]]]:
    told = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        told.append((int(fields["id"]), fields["event"], json.loads(fields["data"])))
    return told


class TestPromptLength:
    def test_is_told_of_the_default_model(self, http: TestClient) -> None:
        answer = http.post("/v1/prompts/length", json={"prompt": "a red dress"})
        assert answer.json() == {"tokens": 9, "limit": 14, "chunks": 1}

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({}, 422),
            ({"prompt": "x" * 2001}, 422),
            ({"prompt": "\ud800"}, 422),
            ({"prompt": "x", "steps": 2}, 422),
            ({"prompt": "x", "model": "sdxl"}, 404),
        ],
    )
    def test_of_bad_input_is_refused_in_words(
        self, http: TestClient, body: dict[str, Any], status: int
    ) -> None:
        answer = http.post(
            "/v1/prompts/length",
            content=json.dumps(body),
            headers={"content-type": "application/json"},
        )
        assert answer.status_code == status
        assert answer.json()["message"]

    def test_is_unknown_while_the_model_loads(self, unloaded: TestClient) -> None:
        answer = unloaded.post("/v1/prompts/length", json={"prompt": "a red dress"})
        assert answer.status_code == 503


class TestGenerate:
    def test_streams_numbered_events(self, http: TestClient) -> None:
        answer = http.post("/v1/generate", json={"id": "numbered", "parameters": PARAMETERS})
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-generation-id"] == "numbered"
        told = events(answer.text)
        assert [number for number, _, _ in told] == sorted(number for number, _, _ in told)
        assert all(data["type"] == kind for _, kind, data in told)
        assert told[-1][1] == "done"
        assert {"encode", "denoise", "decode", "safety"} <= told[-1][2]["timings"].keys()

    def test_takes_the_id_from_the_idempotency_key(self, http: TestClient) -> None:
        body = {"parameters": {"prompt": "a coat"}}
        key = {"Idempotency-Key": "by-header"}
        one, again = (http.post("/v1/generate", json=body, headers=key) for _ in range(2))
        assert one.headers["x-generation-id"] == "by-header"
        assert events(one.text)[-2] == events(again.text)[-2]

    def test_makes_an_id_for_who_brings_none(self, http: TestClient) -> None:
        answer = http.post("/v1/generate", json={"parameters": PARAMETERS})
        made = answer.headers["x-generation-id"]
        assert http.get(f"/v1/jobs/{made}").json()["state"] == "succeeded"

    def test_goes_on_after_the_last_event_id(self, http: TestClient) -> None:
        body = {"id": "resumed", "parameters": PARAMETERS}
        told = events(http.post("/v1/generate", json=body).text)
        rest = http.post("/v1/generate", json=body, headers={"Last-Event-ID": str(told[-2][0])})
        assert events(rest.text) == told[-1:]

    def test_two_ids_that_differ_are_refused(self, http: TestClient) -> None:
        answer = http.post(
            "/v1/generate",
            json={"id": "one", "parameters": PARAMETERS},
            headers={"Idempotency-Key": "other"},
        )
        assert answer.status_code == 422
        assert answer.json()["code"] == "invalid_parameters"

    @pytest.mark.parametrize(
        ("parameters", "told"),
        [
            ({"prompt": ""}, "parameters.prompt"),
            ({"prompt": "x", "width": 100}, "the nearest good value is 96"),
            ({"prompt": "x", "colour": "red"}, "parameters.colour"),
        ],
    )
    def test_bad_input_is_named(
        self, http: TestClient, parameters: dict[str, Any], told: str
    ) -> None:
        answer = http.post("/v1/generate", json={"parameters": parameters})
        assert answer.status_code == 422
        assert answer.json().keys() == {"code", "message", "retryable"}
        assert told in answer.json()["message"]


class TestJobs:
    def test_tells_how_far_it_is(self, http: TestClient) -> None:
        http.post("/v1/generate", json={"id": "known", "parameters": PARAMETERS})
        told = http.get("/v1/jobs/known").json()
        assert (told["state"], told["step"], told["total"]) == ("succeeded", 4, 4)
        assert told["parameters"]["seed"] == 5
        assert [image["index"] for image in told["images"]] == [0]
        assert told["error"] is None

    def test_image_bytes_are_a_webp(self, http: TestClient) -> None:
        http.post("/v1/generate", json={"id": "bytes", "parameters": PARAMETERS})
        answer = http.get("/v1/jobs/bytes/images/0")
        assert answer.headers["content-type"] == "image/webp"
        assert Image.open(BytesIO(answer.content)).size == (64, 64)

    @pytest.mark.parametrize("path", ["/v1/jobs/nobody", "/v1/jobs/nobody/images/0"])
    def test_what_is_not_held_is_told_so(self, http: TestClient, path: str) -> None:
        answer = http.get(path)
        assert answer.status_code == 404
        assert answer.json()["code"] == "unknown_generation"
        assert answer.json()["retryable"] is False

    def test_delete_of_anything_is_fine(self, http: TestClient) -> None:
        assert http.delete("/v1/jobs/nobody").status_code == 204


class TestPredict:
    @pytest.mark.parametrize("path", ["/predict", "/generate"])
    def test_a_prompt_gets_a_png(self, http: TestClient, path: str) -> None:
        answer = http.post(path, json=PARAMETERS)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "image/png"
        assert answer.headers["x-seed"] == "5"
        assert float(answer.headers["x-safety-score"]) < 1
        assert Image.open(BytesIO(answer.content)).format == "PNG"

    def test_webp_on_request_with_the_same_pixels(self, http: TestClient) -> None:
        png = http.post("/predict", json=PARAMETERS)
        webp = http.post("/predict", json=PARAMETERS, headers={"Accept": "image/webp"})
        assert webp.headers["content-type"] == "image/webp"
        assert (
            Image.open(BytesIO(png.content)).tobytes()
            == Image.open(BytesIO(webp.content)).tobytes()
        )

    def test_a_refusal_is_told_as_everywhere(self, http: TestClient) -> None:
        answer = http.post("/predict", json={"prompt": "x", "model": "sdxl"})
        assert answer.status_code == 404
        assert answer.json()["code"] == "unknown_model"


class TestHealth:
    def test_alive_and_ready_and_counted(self, http: TestClient) -> None:
        assert http.get("/healthz").status_code == 200
        assert http.get("/readyz").json()["ready"] is True
        assert "atelier_inference_images_total" in http.get("/metrics").text

    def test_alive_and_not_ready_while_the_model_loads(self, unloaded: TestClient) -> None:
        assert unloaded.get("/healthz").status_code == 200
        assert unloaded.get("/readyz").status_code == 503
        assert unloaded.get("/readyz").json()["detail"] == "the model is still loading"
        refused = unloaded.post("/predict", json=PARAMETERS)
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "2"
        assert refused.json() == {
            "code": "unavailable",
            "message": "the model is still loading",
            "retryable": True,
        }
