"""What the manifests say of our own programs is true of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import app as atelier
from tests.deploy.rendering import Document, every_container, named, of_kind
from tests.deploy.truth import (
    exposition,
    metrics_unknown,
    refused_settings,
    routes_unknown,
    settings_unknown,
    states_unknown,
)

pytestmark = pytest.mark.deploy


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    return exposition(tmp_path_factory.mktemp("metrics"))


def test_every_setting_is_read_by_somebody(documents: list[Document]) -> None:
    assert settings_unknown(documents) == []


def test_the_backend_takes_the_settings(documents: list[Document], tmp_path: Path) -> None:
    assert refused_settings(documents, tmp_path) == []


def test_every_path_is_answered(documents: list[Document]) -> None:
    assert routes_unknown(documents) == []


def test_every_metric_is_shown(gke: list[Document], shown: str) -> None:
    assert metrics_unknown(gke, shown) == []
    assert states_unknown(gke) == []


def test_an_empty_queue_shows_its_depth(gke: list[Document], shown: str) -> None:
    """A scaler that finds no sample takes it for a failure, and not for nothing to do."""
    (trigger,) = named(gke, "ScaledObject", "dispatcher")["spec"]["triggers"]
    assert f"{trigger['metadata']['valueLocation']} 0.0" in shown


def test_every_command_of_the_backend_is_one(documents: list[Document]) -> None:
    commands = {
        tuple(container["args"])
        for _, container in every_container(documents)
        if "atelier/backend" in container["image"]
    }
    assert commands == {("up", "--no-browser"), ("migrate",)}
    for command, *options in commands:
        told = CliRunner().invoke(atelier, [command, "--help"], env={"COLUMNS": "200"}).output
        assert all(option in told for option in options)


def test_one_process_serves_and_another_draws(documents: list[Document]) -> None:
    def told(name: str) -> dict[str, str]:
        (container,) = named(documents, "Deployment", name)["spec"]["template"]["spec"][
            "containers"
        ]
        return {one["name"]: one.get("value", "") for one in container["env"]}

    assert told("api")["ATELIER_DISPATCH_CONCURRENCY"] == "0"
    assert told("api")["ATELIER_WEBHOOK_CONCURRENCY"] == "0"
    assert int(told("dispatcher")["ATELIER_DISPATCH_CONCURRENCY"]) > 0
    assert "ATELIER_WEBHOOK_CONCURRENCY" not in told("dispatcher")


def test_a_setting_that_nobody_reads_is_told(local: list[Document], tmp_path: Path) -> None:
    (settings,) = (one for one in of_kind(local, "ConfigMap") if "ATELIER_HOST" in one["data"])
    settings["data"]["ATELIER_HOSTS"] = "everywhere"
    assert len(settings_unknown(local)) == 1
    settings["data"]["ATELIER_HOST"] = "0.0.0.0"  # with the development sign-in
    assert "loopback only" in " ".join(refused_settings(local, tmp_path))


def test_a_path_that_nobody_answers_is_told(local: list[Document], gke: list[Document]) -> None:
    probe = named(local, "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]
    command = probe["readinessProbe"]["exec"]["command"]
    command[-1] = command[-1].replace("/healthz", "/health")
    assert set(routes_unknown(local)) == {"Deployment/api/api: /health"}
    named(gke, "HealthCheckPolicy", "api")["spec"]["default"]["config"]["httpHealthCheck"][
        "requestPath"
    ] = "/ping"
    assert routes_unknown(gke) == ["HealthCheckPolicy/api: /ping"]


def test_a_metric_that_is_not_shown_is_told(gke: list[Document], shown: str) -> None:
    (trigger,) = named(gke, "ScaledObject", "dispatcher")["spec"]["triggers"]
    trigger["metadata"]["valueLocation"] = 'atelier_queue_depth{state="waiting"}'
    assert metrics_unknown(gke, shown) == ["ScaledObject/dispatcher: atelier_queue_depth"]
    assert states_unknown(gke) == ["waiting"]
