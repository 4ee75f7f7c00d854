"""Request ids and metrics, seen from outside."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from backend.kit.telemetry import (
    RequestTelemetry,
    metrics_text,
)
from inference.request_ids import request_id


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    app.add_middleware(RequestTelemetry)

    @app.get("/things/{name}")
    def read_thing(name: str) -> str | None:
        return request_id() if name == "id" else name

    @app.get("/broken")
    def break_down() -> None:
        raise RuntimeError("no")

    return TestClient(app, raise_server_exceptions=False)


def count(route: str, status: int, method: str = "GET") -> float:
    wanted = f'method="{method}",route="{route}",status="{status}"'
    for line in metrics_text()[0].decode().splitlines():
        if line.startswith("atelier_http_requests_total{") and wanted in line:
            return float(line.rsplit(" ", 1)[1])
    return 0.0


class TestRequestId:
    def test_is_made_when_none_came(self, client: TestClient) -> None:
        answer = client.get("/things/id")
        assert answer.headers["x-request-id"] == answer.json()
        assert len(answer.json()) == 16

    def test_is_kept_when_one_came(self, client: TestClient) -> None:
        answer = client.get("/things/id", headers={"X-Request-Id": "abc-1"})
        assert answer.headers["x-request-id"] == answer.json() == "abc-1"

    @pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>"])
    def test_is_made_anew_when_it_could_do_harm(self, client: TestClient, given: str) -> None:
        answer = client.get("/things/id", headers={"X-Request-Id": given})
        assert answer.headers["x-request-id"] not in {"", given}

    def test_is_nobodys_outside_a_request(self, client: TestClient) -> None:
        client.get("/things/id")
        assert request_id() is None


class TestMetrics:
    def test_count_by_pattern_and_not_by_path(self, client: TestClient) -> None:
        before = count("/things/{name}", 200)
        client.get("/things/a")
        client.get("/things/b")
        assert count("/things/{name}", 200) == before + 2
        assert "/things/a" not in metrics_text()[0].decode()

    def test_count_what_is_not_there_under_one_name(self, client: TestClient) -> None:
        before = count("other", 404)
        client.get("/nothing/at/all")
        assert count("other", 404) == before + 1

    def test_count_what_broke(self, client: TestClient) -> None:
        before = count("/broken", 500)
        assert client.get("/broken").status_code == 500
        assert count("/broken", 500) == before + 1

    def test_a_made_up_method_is_no_label(self, client: TestClient) -> None:
        client.request("BREW", "/things/a")
        assert "BREW" not in metrics_text()[0].decode()

    def test_have_the_type_that_prometheus_wants(self) -> None:
        body, media_type = metrics_text()
        assert media_type.startswith("text/plain; version=")
        assert b"# TYPE atelier_http_request_duration_seconds histogram" in body
