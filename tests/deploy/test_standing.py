"""The studio stays up while machines and versions change, and nobody talks to whom they need not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.deploy.rendering import Document, named, of_kind
from tests.deploy.standing import (
    open_to_all,
    reachable,
    selects,
    uncountable,
    unguarded,
    unprobed,
    unscaled,
)

pytestmark = pytest.mark.deploy


@pytest.mark.parametrize(
    "rule", [unprobed, unguarded, uncountable, unscaled, reachable, open_to_all]
)
def test_the_rules_are_kept(
    documents: list[Document], rule: Callable[[list[Document]], list[str]]
) -> None:
    assert rule(documents) == []


def test_a_new_version_comes_before_the_old_one_goes(documents: list[Document]) -> None:
    for deployment in of_kind(documents, "Deployment"):
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_process_may_end_in_peace(documents: list[Document]) -> None:
    """`atelier up` ends within 14 seconds of SIGTERM, which comes after preStop."""
    for deployment in of_kind(documents, "Deployment"):
        spec = deployment["spec"]["template"]["spec"]
        before = spec["containers"][0].get("lifecycle", {}).get("preStop", {})
        waits = before.get("sleep", {}).get("seconds", 0)
        assert spec["terminationGracePeriodSeconds"] >= waits + 14


def test_the_api_is_reached_by_the_load_balancer_and_two_that_measure(gke: list[Document]) -> None:
    labels = {"app.kubernetes.io/name": "api"}
    inward = {
        one["metadata"]["name"]
        for one in of_kind(gke, "NetworkPolicy")
        if one["spec"]["podSelector"]
        and "Ingress" in one["spec"]["policyTypes"]
        and selects(one["spec"]["podSelector"], labels)
    }
    assert inward == {"api-from-load-balancer", "api-from-keda", "metrics"}


def test_the_front_ends_are_those_whose_word_is_believed(gke: list[Document]) -> None:
    (settings,) = (one for one in of_kind(gke, "ConfigMap") if "ATELIER_HOST" in one["data"])
    believed = settings["data"]["ATELIER_TRUSTED_PROXIES"].split(",")
    (rule,) = named(gke, "NetworkPolicy", "api-from-load-balancer")["spec"]["ingress"]
    assert {peer["ipBlock"]["cidr"] for peer in rule["from"]} <= set(believed)


def test_rays_dashboard_is_the_operators_alone(documents: list[Document]) -> None:
    (rule,) = (
        rule
        for rule in named(documents, "NetworkPolicy", "inference")["spec"]["ingress"]
        if {"port": 8265, "protocol": "TCP"} in rule.get("ports", [])
    )
    (peer,) = rule["from"]
    assert peer["podSelector"]["matchLabels"] == {"app.kubernetes.io/component": "kuberay-operator"}


def test_what_does_not_stand_is_told(local: list[Document]) -> None:
    api = named(local, "Deployment", "api")
    del api["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]
    del api["spec"]["replicas"]
    budget = named(local, "PodDisruptionBudget", "api")
    budget["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] = "app"
    assert unprobed(local) == ["Deployment/api/api: no livenessProbe"]
    assert unscaled(local) == ["Deployment/api: scaled by 0"]
    assert unguarded(local) == ["Deployment/api: 0 disruption budgets"]


def test_a_budget_that_kubernetes_cannot_reckon_with_is_told(gke: list[Document]) -> None:
    budget = named(gke, "PodDisruptionBudget", "inference-worker")["spec"]
    budget["maxUnavailable"] = budget.pop("minAvailable")
    assert len(uncountable(gke)) == 1


def test_two_that_scale_one_are_told(gke: list[Document]) -> None:
    named(gke, "ScaledObject", "dispatcher")["spec"]["scaleTargetRef"]["name"] = "api"
    assert len(unscaled(gke)) == 2


def test_an_open_door_is_told(local: list[Document]) -> None:
    inference = named(local, "NetworkPolicy", "inference")["spec"]
    inference["ingress"][0].pop("from")
    inference["ingress"][1]["from"] = [{"ipBlock": {"cidr": "0.0.0.0/0"}}]
    inference["podSelector"]["matchLabels"]["app.kubernetes.io/name"] = "else"
    assert len(open_to_all(local)) == 2
    assert len(reachable(local)) == 2  # the head and its worker
    local.remove(named(local, "NetworkPolicy", "nothing-by-default"))
    assert reachable(local) == ["no policy denies everything to everybody"]
