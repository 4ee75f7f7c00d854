"""The description of the API: kept in docs/openapi.json, complete, and true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from backend.app import create_app
from backend.kit.settings import Settings
from tests.fixtures.app import Studio

KEPT = Path(__file__).parents[3] / "docs" / "openapi.json"
NEEDS_NO_SIGN_IN = {"is_alive", "is_ready", "verify_picture", "read_root"}


def described(tmp_path: Path) -> dict[str, Any]:
    document: dict[str, Any] = create_app(Settings(data_dir=tmp_path)).openapi()
    return document


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


@pytest.fixture
def document(tmp_path: Path) -> dict[str, Any]:
    return described(tmp_path)


def test_the_kept_document_is_what_make_openapi_writes(document: dict[str, Any]) -> None:
    assert json.loads(KEPT.read_text()) == json.loads(json.dumps(document)), "run: make openapi"


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names)) > 10


def test_every_operation_and_parameter_says_what_it_is_for(document: dict[str, Any]) -> None:
    silent = [
        f"{operation['operationId']} {parameter}"
        for _, _, operation in operations(document)
        for parameter, node in [
            ("", operation),
            *((each["name"], each) for each in operation.get("parameters", [])),
        ]
        if not node.get("description") and parameter not in _NAMED_WELL
    ]
    assert silent == []


_NAMED_WELL = {
    "generation_id", "flag_id", "key_id", "if-none-match", "last-event-id",
}  # fmt: skip


def test_every_operation_declares_how_it_refuses(document: dict[str, Any]) -> None:
    for _, _, operation in operations(document):
        if operation["operationId"] in NEEDS_NO_SIGN_IN:
            continue
        for status in ("401", "422", "429"):
            content = operation["responses"][status]["content"]
            assert list(content) == ["application/problem+json"], operation["operationId"]


def test_no_refusal_is_described_in_fastapis_own_shape(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_body_comes_with_an_example(document: dict[str, Any]) -> None:
    shapes = document["components"]["schemas"]
    for _, _, operation in operations(document):
        if body := operation.get("requestBody"):
            content = body["content"].get("application/json")
            if content is None:  # a file, which has no example in words
                continue
            named = content["schema"].get("$ref", "").rpartition("/")[2]
            shape = shapes[named] if named else content["schema"]
            fields = shape["properties"].values()
            assert (
                content.get("examples")
                or shape.get("examples")
                or any(field.get("examples") for field in fields)
            ), operation["operationId"]


@pytest.mark.parametrize(
    "where", [("GET", "/healthz"), ("GET", "/readyz")], ids=lambda where: where[1]
)
def test_the_public_operations_are_these(shared_studio: Studio, where: tuple[str, str]) -> None:
    assert shared_studio.actors.anonymous().request(*where).status_code == 200


def test_every_other_operation_answers_401_without_credentials(
    shared_studio: Studio, document: dict[str, Any]
) -> None:
    stranger = shared_studio.actors.anonymous()
    tried = 0
    for method, path, operation in operations(document):
        if operation["operationId"] in NEEDS_NO_SIGN_IN:
            continue
        for body in ({}, {"prompt": "a dress"}, {"prompt": "a dress", "model": "nosuch"}):
            answer = stranger.request(method, path.replace("{", "").replace("}", ""), json=body)
            assert answer.status_code == 401, f"{method} {path} {body}: {answer.text}"
            assert answer.json()["code"] == "not_signed_in"
            assert answer.headers["www-authenticate"] == "Bearer"
        tried += 1
    assert tried > 10


class TestReference:
    def test_shows_every_operation_and_shape(self, shared_studio: Studio) -> None:
        page = shared_studio.actors.anonymous().get("/docs").text
        document = shared_studio.app.openapi()
        for _, path, operation in operations(document):
            assert f'id="{operation["operationId"]}"' in page
            assert path in page
        for name in ("GenerationPublic", "GenerationParameters", "FlagPublic", "Problem"):
            assert f'id="shape-{name}"' in page

    def test_needs_nothing_from_elsewhere_and_runs_nothing(self, shared_studio: Studio) -> None:
        answer = shared_studio.actors.anonymous().get("/docs")
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'nonce-")
        assert "<script" not in answer.text
        assert re.findall(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", answer.text) == []

    def test_the_document_is_served_as_it_is_described(self, shared_studio: Studio) -> None:
        app: FastAPI = shared_studio.app
        served = shared_studio.actors.anonymous().get("/openapi.json").json()
        assert served == json.loads(json.dumps(app.openapi()))
