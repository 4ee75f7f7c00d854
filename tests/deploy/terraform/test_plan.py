"""A plan of the whole environment keeps every rule of policies.py; a plan that breaks one is found out."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.needs import ROOT
from tests.deploy.rendering import named, of_kind, overlay
from tests.deploy.terraform import policies
from tests.deploy.terraform.policies import POLICIES, Plan, of_type
from tests.deploy.terraform.running import ENVIRONMENT, copied

pytestmark = pytest.mark.deploy
# A rule, what breaks it, where, and how.
BROKEN = [
    (policies.nothing_has_a_public_address, "google_container_node_pool", "network_config.0.enable_private_nodes", False),
    (policies.nothing_has_a_public_address, "google_container_cluster", "private_cluster_config.0.enable_private_nodes", None),
    (policies.nothing_has_a_public_address, "google_sql_database_instance", "settings.0.ip_configuration.0.ipv4_enabled", True),
    (policies.what_matters_cannot_be_deleted_by_mistake, "google_container_cluster", "deletion_protection", False),
    (policies.what_matters_cannot_be_deleted_by_mistake, "google_storage_bucket", "force_destroy", True),
    (policies.everything_is_labelled, "google_storage_bucket", "labels", {"app": "atelier"}),
    (policies.everything_is_labelled, "google_container_node_pool", "node_config.0.resource_labels", None),
    (policies.everything_is_labelled, "google_sql_database_instance", "settings.0.user_labels", {}),
    (policies.what_lies_at_rest_is_encrypted_with_a_key_of_ours, "google_kms_crypto_key", "rotation_period", None),
    (policies.what_lies_at_rest_is_encrypted_with_a_key_of_ours, "google_container_cluster", "database_encryption.0.state", "DECRYPTED"),
    (policies.buckets_are_private_and_keep_versions, "google_storage_bucket", "uniform_bucket_level_access", False),
    (policies.buckets_are_private_and_keep_versions, "google_storage_bucket", "public_access_prevention", "inherited"),
    (policies.nobody_may_more_than_they_need, "google_storage_bucket_iam_member", "member", "allUsers"),
    (policies.nobody_may_more_than_they_need, "google_storage_bucket_iam_member", "role", "roles/storage.admin"),
    (policies.nobody_may_more_than_they_need, "google_project_iam_member", "role", "roles/editor"),
    (policies.nobody_may_more_than_they_need, "google_service_account_iam_member", "member", "serviceAccount:acme-studio.svc.id.goog[atelier/*]"),
    (policies.nodes_are_nobody_in_particular, "google_container_node_pool", "node_config.0.workload_metadata_config.0.mode", "GCE_METADATA"),
    (policies.gpus_add_up, "google_container_node_pool", "autoscaling.0.total_max_node_count", 40),
    (policies.no_secret_is_known, "google_sql_database_instance", "root_password", "hunter2hunter2"),
]  # fmt: skip


@pytest.fixture(scope="module")
def plan(reattach: str, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """What terraform would make of the example's variables; not to be changed."""
    mine = copied(tmp_path_factory.mktemp("plan"), reattach)
    return mine.plan(ENVIRONMENT, "-var-file=terraform.tfvars.example")


def _put(value: Any, path: str, new: Any) -> None:
    *way, last = path.split(".")
    for part in way:
        value = value[int(part)] if isinstance(value, list) else value[part]
    value[last] = new


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy.__name__)
def test_the_plan_keeps(plan: Plan, policy: Callable[[Plan], list[str]]) -> None:
    assert policy(plan) == []


@pytest.mark.parametrize(("policy", "kind", "path", "value"), BROKEN)
def test_what_breaks_a_rule_is_found(
    plan: Plan, policy: Callable[[Plan], list[str]], kind: str, path: str, value: Any
) -> None:
    broken = copy.deepcopy(plan)
    *_, one = of_type(broken, kind)
    _put(one["change"]["after"], path, value)
    found = policy(broken)
    assert any(one["address"] in complaint or "GPUs" in complaint for complaint in found), found


def test_a_key_that_is_taken_away_is_missed(plan: Plan) -> None:
    broken = copy.deepcopy(plan)
    for bucket in of_type(broken, "google_storage_bucket"):
        bucket["change"]["after_unknown"]["encryption"] = []
    found = policies.what_lies_at_rest_is_encrypted_with_a_key_of_ours(broken)
    assert len(found) == len(list(of_type(plan, "google_storage_bucket"))) > 1


def test_a_password_in_an_output_is_found(plan: Plan) -> None:
    broken = copy.deepcopy(plan)
    broken["planned_values"]["outputs"]["connect"]["value"] = (
        "postgresql://atelier:pw@10.0.0.3/atelier"
    )
    assert policies.no_secret_is_known(broken) == ["output connect tells a secret"]


def test_a_floor_that_went_away_is_missed(plan: Plan) -> None:
    broken = copy.deepcopy(plan)
    for pool in of_type(broken, "google_container_node_pool"):
        pool["change"]["after"]["autoscaling"][0]["total_min_node_count"] = 0
    assert "no GPU stays when spot machines are taken back" in policies.gpus_add_up(broken)


def test_every_rule_was_broken_once() -> None:
    assert {policy for policy, *_ in BROKEN} == set(POLICIES)


def test_kubernetes_takes_exactly_what_terraform_gives(plan: Plan) -> None:
    outputs = plan["configuration"]["root_module"]["outputs"]
    assert {"params", "kustomize_params"} <= outputs.keys()
    written = (ROOT / "k8s/overlays/gke/params.env").read_text()
    taken = {
        line.partition("=")[0] for line in written.splitlines() if line and not line.startswith("#")
    }
    assert _params() == taken


def _params() -> set[str]:
    text = (ROOT / "terraform" / ENVIRONMENT / "outputs.tf").read_text()
    block = text.partition("  params = {\n")[2].partition("\n  }\n")[0]
    return {line.split("=")[0].strip() for line in block.splitlines()}


def test_every_worker_of_ray_finds_a_machine(plan: Plan) -> None:
    """Each group's most workers fit in the pools of its class, a floor twice: old and new while Ray is upgraded."""
    room: dict[str, int] = {}
    for pool in of_type(plan, "google_container_node_pool"):
        after = pool["change"]["after"]
        for taint in after["node_config"][0]["taint"]:
            if taint["key"] == "cloud.google.com/compute-class":
                assert after["node_config"][0]["labels"][taint["key"]] == taint["value"]
                most = after["autoscaling"][0]["total_max_node_count"]
                room[taint["value"]] = room.get(taint["value"], 0) + most
    workers = {
        group["template"]["spec"]["nodeSelector"]["cloud.google.com/compute-class"]: group[
            "maxReplicas"
        ]
        for group in named(overlay("gke"), "RayService", "inference")["spec"]["rayClusterConfig"][
            "workerGroupSpecs"
        ]
    }
    assert workers.keys() == room.keys()
    assert [name for name, most in workers.items() if most * 2 > room[name]] == []


def test_each_class_lists_pools_that_bear_its_name(plan: Plan) -> None:
    pools = {
        pool["change"]["after"]["name"]: pool["change"]["after"]["node_config"][0]["labels"]
        for pool in of_type(plan, "google_container_node_pool")
        if pool["name"] == "this"
    }
    listed = {
        name: one["metadata"]["name"]
        for one in of_kind(overlay("gke"), "ComputeClass")
        for priority in one["spec"]["priorities"]
        for name in priority["nodepools"]
    }
    assert listed == {
        name: labels["cloud.google.com/compute-class"] for name, labels in pools.items()
    }


def test_every_account_of_kubernetes_may_act_as_its_own(plan: Plan) -> None:
    bound = {
        one["change"]["after"]["member"].partition("[")[2].rstrip("]")
        for one in of_type(plan, "google_service_account_iam_member")
    }
    annotated = {
        f"atelier/{one['metadata']['name']}"
        for one in of_kind(overlay("gke"), "ServiceAccount")
        if "iam.gke.io/gcp-service-account" in one["metadata"].get("annotations", {})
    }
    assert annotated
    assert annotated <= bound


def test_every_secret_that_is_mounted_is_made_for_who_mounts_it(plan: Plan) -> None:
    readers = {
        (one["index"].partition("/")[2], one["index"].partition("/")[0])
        for one in of_type(plan, "google_secret_manager_secret_iam_member")
    }
    mounted = {
        (one["metadata"]["name"], line.split("/secrets/")[1].split("/")[0])
        for one in of_kind(overlay("gke"), "SecretProviderClass")
        for line in one["spec"]["parameters"]["secrets"].splitlines()
        if "/secrets/" in line
    }
    assert mounted
    assert mounted == readers
