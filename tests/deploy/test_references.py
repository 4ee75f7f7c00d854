"""What one document names, another is; what selects, finds something."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.deploy.references import (
    by_hand,
    drawn_where,
    nothing_selected,
    own_pods_missed,
    ports_missing,
    unresolved,
)
from tests.deploy.rendering import Document, named

pytestmark = pytest.mark.deploy
RULES = [nothing_selected, own_pods_missed, ports_missing, unresolved, drawn_where]


@pytest.mark.parametrize("rule", RULES)
def test_every_name_is_borne(
    documents: list[Document], rule: Callable[[list[Document]], list[str]]
) -> None:
    assert rule(documents) == []


def test_people_are_told_which_secrets_to_make() -> None:
    assert by_hand() == {
        "studio": {"secret-key", "database-password"},
        "metrics-token": {"token"},
    }


def test_a_selector_that_finds_nothing_is_told(local: list[Document]) -> None:
    named(local, "Service", "postgres")["spec"]["selector"] = {"app": "postgres"}
    assert "Service/postgres: selects nothing" in nothing_selected(local)
    labels = named(local, "Deployment", "api")["spec"]["template"]["metadata"]["labels"]
    labels["app.kubernetes.io/name"] = "app"
    assert own_pods_missed(local) == ["Deployment/api"]


def test_a_port_that_no_container_has_is_told(gke: list[Document]) -> None:
    named(gke, "Service", "api")["spec"]["ports"][0]["targetPort"] = "https"
    api = named(gke, "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]
    api["readinessProbe"]["httpGet"]["port"] = 8080
    named(gke, "PodMonitoring", "atelier-backend")["spec"]["endpoints"][0]["port"] = "metrics"
    assert ports_missing(gke) == [
        "Deployment/api/api: 8080",
        "Service/api: https",
        "PodMonitoring/atelier-backend: metrics",
    ]


def test_a_name_that_nobody_bears_is_told(gke: list[Document]) -> None:
    api = named(gke, "Deployment", "api")["spec"]["template"]["spec"]
    api["serviceAccountName"] = "api"
    api["containers"][0]["envFrom"][0]["configMapRef"]["name"] = "setting"
    api["containers"][0]["volumeMounts"][0]["name"] = "date"
    named(gke, "HorizontalPodAutoscaler", "api")["spec"]["scaleTargetRef"]["name"] = "pages"
    named(gke, "HTTPRoute", "studio")["spec"]["rules"][0]["backendRefs"][0]["name"] = "app"
    found = unresolved(gke)
    assert {
        "Deployment/api: ServiceAccount/api",
        "Deployment/api/api: ConfigMap/setting",
        "Deployment/api: the volume date",
        "HorizontalPodAutoscaler/api: Deployment/pages",
        "HTTPRoute/studio: Service/app",
    } <= set(found)


def test_a_key_that_nobody_makes_is_told(local: list[Document]) -> None:
    api = named(local, "Deployment", "api")["spec"]["template"]["spec"]["containers"][0]
    secret = next(one for one in api["env"] if one["name"] == "ATELIER_SECRET_KEY")
    secret["valueFrom"]["secretKeyRef"]["key"] = "key"
    assert unresolved(local) == ["Deployment/api/api: the key key of studio"]


def test_an_address_where_nothing_draws_is_told(local: list[Document]) -> None:
    named(local, "RayService", "inference")["metadata"]["name"] = "drawing"
    assert drawn_where(local) == ["http://inference-serve-svc:8000"]
