"""Every document is one that its kind's schema takes, in the oldest and the newest Kubernetes that we say we run on."""

from __future__ import annotations

import pytest

from tests.deploy.rendering import Document, named
from tests.deploy.schemas import VERSIONS, errors

pytestmark = pytest.mark.deploy


@pytest.mark.parametrize("version", VERSIONS)
def test_every_document_is_taken(documents: list[Document], version: str) -> None:
    assert errors(documents, version) == []


def test_a_field_that_kubernetes_does_not_know_is_refused(local: list[Document]) -> None:
    container = named(local, "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]
    container["securityContext"]["readOnlyRootFs"] = True
    assert any("readOnlyRootFs" in error for error in errors(local, VERSIONS[0]))


def test_a_field_that_the_operator_does_not_know_is_refused(gke: list[Document]) -> None:
    cluster = named(gke, "RayService", "inference")["spec"]["rayClusterConfig"]
    cluster["enableAutoscaling"] = cluster.pop("enableInTreeAutoscaling")
    cluster["workerGroupSpecs"][0]["maxReplicas"] = "ten"
    found = " ".join(errors(gke, VERSIONS[-1]))
    assert "enableAutoscaling" in found
    assert "'ten' is not of type 'integer'" in found


def test_a_required_field_that_is_missing_is_told(gke: list[Document]) -> None:
    del named(gke, "HealthCheckPolicy", "api")["spec"]["targetRef"]
    del named(gke, "TriggerAuthentication", "metrics")["spec"]["secretTargetRef"][0]["key"]
    found = " ".join(errors(gke, VERSIONS[-1]))
    assert "'targetRef' is a required property" in found
    assert "'key' is a required property" in found


def test_a_kind_without_a_schema_is_told() -> None:
    stranger: Document = {"apiVersion": "v1", "kind": "Pods", "metadata": {"name": "x"}}
    assert errors([stranger], VERSIONS[0]) == ["Pods/x: no schema of v1 Pods"]
