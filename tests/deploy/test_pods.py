"""Every pod is as harmless as it can be, and says what it needs."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from tests.deploy.pods import amount, insecure, requested, unbounded, unpinned
from tests.deploy.rendering import Document, named

pytestmark = pytest.mark.deploy


def pod(documents: list[Document]) -> Any:
    return named(documents, "Deployment", "api")["spec"]["template"]["spec"]


def test_every_pod_is_restricted(documents: list[Document]) -> None:
    assert insecure(documents) == []
    labels = named(documents, "Namespace", "atelier")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_images_stay_what_they_are(documents: list[Document]) -> None:
    assert unpinned(documents) == []


def test_everything_is_bounded(documents: list[Document]) -> None:
    assert unbounded(documents) == []


def test_the_small_overlay_fits_a_small_machine(local: list[Document]) -> None:
    assert requested(local, "cpu") <= 4
    assert requested(local, "memory") <= 8 * 2**30 * 0.85  # the cluster itself takes some


@pytest.mark.parametrize(
    ("context", "value"),
    [
        ("runAsUser", 0),
        ("runAsNonRoot", False),
        ("seccompProfile", {"type": "Unconfined"}),
    ],
)
def test_a_loose_pod_is_told(local: list[Document], context: str, value: Any) -> None:
    pod(local)["securityContext"][context] = value
    assert len(insecure(local)) == 1


@pytest.mark.parametrize(
    ("context", "value"),
    [
        ("allowPrivilegeEscalation", True),
        ("readOnlyRootFilesystem", False),
        ("capabilities", {"drop": ["ALL"], "add": ["NET_ADMIN"]}),
    ],
)
def test_a_loose_container_is_told(gke: list[Document], context: str, value: Any) -> None:
    cluster = named(gke, "RayService", "inference")["spec"]["rayClusterConfig"]
    pod(gke)["containers"][0]["securityContext"][context] = value
    cluster["autoscalerOptions"]["securityContext"][context] = value
    assert len(insecure(gke)) == 2


def test_what_a_pod_shares_with_its_node_is_told(local: list[Document]) -> None:
    spec = pod(local)
    spec.update(hostNetwork=True, automountServiceAccountToken=True)
    spec["volumes"].append({"name": "node", "hostPath": {"path": "/"}})
    assert len(insecure(local)) == 3


def test_an_image_that_may_change_is_told(local: list[Document]) -> None:
    for tag in ("", ":latest"):
        pod(local)["containers"][0]["image"] = f"registry.invalid:5000/atelier/backend{tag}"
        assert any("Deployment/api" in wrong for wrong in unpinned(local))
    pod(local)["containers"][0]["image"] = "registry.invalid/atelier/backend:0.0.9"
    assert unpinned(local) == ["several versions: 0.0.9, 0.1.0"]


def test_images_named_by_digest_are_of_the_version_that_their_tag_says(
    local: list[Document],
) -> None:
    digest = "sha256:" + "a" * 64
    pod(local)["containers"][0]["image"] = f"registry.invalid:5000/atelier/backend:0.1.0@{digest}"
    assert unpinned(local) == []
    pod(local)["containers"][0]["image"] = f"registry.invalid:5000/atelier/backend@{digest}"
    assert len(unpinned(local)) == 2


def test_what_has_no_bound_is_told(local: list[Document]) -> None:
    sound = copy.deepcopy(pod(local)["containers"][0]["resources"])
    for broken in ({}, {**sound, "limits": {}}, {**sound, "limits": {"memory": "100Mi"}}):
        pod(local)["containers"][0]["resources"] = broken
        assert unbounded(local)
    pod(local)["containers"][0]["resources"] = sound
    pod(local)["volumes"][0] = {"name": "data", "emptyDir": {}}
    assert unbounded(local) == ["Deployment/api: the folder data may fill its node's disk"]


def test_quantities_are_read() -> None:
    assert [amount(one) for one in ("250m", "2", "1.5Gi", 3)] == [0.25, 2.0, 1.5 * 2**30, 3.0]
