"""The RayService is one that KubeRay takes, and serves the application that `inference/serve_app.py` builds."""

from __future__ import annotations

import copy
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.ray_rules import errors, serve_errors
from tests.deploy.rendering import K8S, Document, named, with_component

pytestmark = pytest.mark.deploy


def service_of(documents: list[Document]) -> Document:
    return named(documents, "RayService", "inference")


def applications(documents: list[Document]) -> Any:
    return yaml.safe_load(service_of(documents)["spec"]["serveConfigV2"])["applications"]


def test_the_service_keeps_kuberays_rules(documents: list[Document]) -> None:
    assert errors(service_of(documents)) == []


def test_ray_takes_the_serve_config_and_knows_each_key(documents: list[Document]) -> None:
    assert serve_errors(service_of(documents)["spec"]["serveConfigV2"]) == []


def test_the_applications_can_be_built(documents: list[Document]) -> None:
    from inference.serve_app import ServeOptions

    for application in applications(documents):
        module, _, function = application["import_path"].partition(":")
        unknown = set(application["args"]) - set(ServeOptions.model_fields)
        assert not unknown
        built = getattr(import_module(module), function)(ServeOptions(**application["args"]))
        named_here = {one["name"] for one in application.get("deployments", [])}
        assert named_here <= {built._bound_deployment.name}


def test_as_many_gpus_are_asked_for_as_workers_may_have(gke: list[Document]) -> None:
    groups = service_of(gke)["spec"]["rayClusterConfig"]["workerGroupSpecs"]
    gpus = sum(
        group["maxReplicas"]
        * int(group["template"]["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"])
        for group in groups
    )
    wanted = sum(one["args"]["max_replicas"] * one["args"]["num_gpus"] for one in applications(gke))
    assert wanted == gpus == 4


def test_gpu_pods_name_their_machines_and_bear_their_taint(gke: list[Document]) -> None:
    for group in service_of(gke)["spec"]["rayClusterConfig"]["workerGroupSpecs"]:
        spec = group["template"]["spec"]
        machines = spec["nodeSelector"]["cloud.google.com/compute-class"]
        assert named(gke, "ComputeClass", machines)
        assert "nvidia.com/gpu" in {one["key"] for one in spec["tolerations"]}


def test_a_worker_may_drain_for_as_long_as_it_is_left(gke: list[Document]) -> None:
    (application,) = applications(gke)
    (deployment,) = application["deployments"]
    for group in service_of(gke)["spec"]["rayClusterConfig"]["workerGroupSpecs"]:
        spec = group["template"]["spec"]
        *module, seconds = spec["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
        assert module == ["python", "-m", "inference.drain"]
        drain = int(seconds.removeprefix("--seconds="))
        assert deployment["graceful_shutdown_timeout_s"] < drain
        assert drain < spec["terminationGracePeriodSeconds"]


def test_the_component_for_incremental_upgrades_keeps_the_rules_too(tmp_path: Path) -> None:
    service = service_of(with_component("gke", "incremental-upgrade", tmp_path))
    assert service["spec"]["upgradeStrategy"]["type"] == "NewClusterWithIncrementalUpgrade"
    assert errors(service) == []
    service["spec"]["upgradeStrategy"]["clusterUpgradeOptions"]["stepSizePercent"] = 50
    service["spec"]["rayClusterConfig"]["enableInTreeAutoscaling"] = False
    assert len(errors(service)) == 2


def test_each_rule_can_be_broken(gke: list[Document]) -> None:
    sound = service_of(gke)

    def broken(*path: Any, value: Any) -> list[str]:
        service = copy.deepcopy(sound)
        at: Any = service
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = value
        return errors(service)

    cluster = ("spec", "rayClusterConfig")
    head = (*cluster, "headGroupSpec", "template", "spec")
    assert broken("metadata", "name", value="I" * 60)
    assert broken(*cluster, "rayVersion", value="2.9.0")
    assert broken(*cluster, "workerGroupSpecs", 0, "maxReplicas", value=0)
    assert broken(*head, "containers", 0, "ports", value=[{"name": "serve"}])
    assert broken(*head, "automountServiceAccountToken", value=False)
    assert broken(*head, "restartPolicy", value="Always")
    assert broken(*head, "containers", 0, "env", value=[{"name": "RAY_REDIS_ADDRESS"}])
    assert broken(*cluster, "gcsFaultToleranceOptions", "redisAddress", value="redis:6379")


def test_ray_refuses_what_it_would_pass_over() -> None:
    config = (K8S / "components/gpu-l4/serve.yaml").read_text()
    assert serve_errors(config.replace("import_path", "import_pth"))
    assert serve_errors(config.replace("graceful_shutdown_timeout_s: 60", "graceful_timeout_s: 60"))
    assert serve_errors(config.replace("graceful_shutdown_timeout_s: 60", "num_replicas: -1"))
