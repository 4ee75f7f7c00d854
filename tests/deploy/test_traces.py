"""With the component for traces, everything that draws or answers names one collector and may reach it; without it, nothing does."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from inference.tracing import ENDPOINTS
from tests.deploy.rendering import (
    OVERLAYS,
    Document,
    every_container,
    named,
    of_kind,
    templates,
    with_component,
)
from tests.deploy.schemas import VERSIONS, errors

pytestmark = pytest.mark.deploy
NAME = "OTEL_EXPORTER_OTLP_ENDPOINT"


@pytest.fixture(params=OVERLAYS)
def traced(request: pytest.FixtureRequest, tmp_path: Path) -> list[Document]:
    """Each overlay in turn, with the component."""
    return with_component(request.param, "traces-otlp", tmp_path)


def endpoints(documents: list[Document]) -> set[str]:
    """Return every address that spans are sent to; empty where none are."""
    told = [one.get("data", {}).get(NAME, "") for one in of_kind(documents, "ConfigMap")]
    for _, container in every_container(documents):
        told += [one["value"] for one in container.get("env", []) if one["name"] == NAME]
    return set(filter(None, told))


def test_nothing_is_traced_unless_asked_for(documents: list[Document]) -> None:
    assert endpoints(documents) == set()


def test_whatever_draws_or_answers_names_the_one_collector(traced: list[Document]) -> None:
    assert NAME in ENDPOINTS
    (endpoint,) = endpoints(traced)
    for whose, container in every_container(traced):
        if container["name"] in {"api", "dispatcher"}:
            assert any("configMapRef" in one for one in container["envFrom"]), whose
        elif container["name"].startswith("ray-"):
            assert {"name": NAME, "value": endpoint} in container["env"], whose


def test_it_may_be_reached_where_it_is_named(traced: list[Document]) -> None:
    (endpoint,) = endpoints(traced)
    policy = named(traced, "NetworkPolicy", "traces")["spec"]
    (rule,) = policy["egress"]
    (peer,) = rule["to"]
    host = urlsplit(endpoint)
    namespace = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
    assert (host.hostname or "").split(".")[1] == namespace
    assert [one["port"] for one in rule["ports"]] == [host.port]
    (whose,) = policy["podSelector"]["matchExpressions"]
    pods = {pod["metadata"]["labels"][whose["key"]] for _, pod in templates(traced)}
    assert set(whose["values"]) <= pods


@pytest.mark.parametrize("version", VERSIONS)
def test_it_keeps_the_schemas(traced: list[Document], version: str) -> None:
    assert errors(traced, version) == []
