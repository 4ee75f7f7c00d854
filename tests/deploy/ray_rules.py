"""What KubeRay's and Ray's own schemas do not say of a RayService, and would refuse or ignore when it is too late.

The rules of KubeRay are those of `validation.go` in v1.7.0 that our fields can break. Ray's Serve schema passes over keys
that it does not know, so a typing error in one would change nothing and say nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from tests.deploy.needs import ROOT
from tests.deploy.rendering import Document

_LONGEST_NAME = 47
_CLAIMED = {"RAY_gcs_storage", "RAY_gcs_storage_path", "RAY_REDIS_ADDRESS", "REDIS_PASSWORD"}
_WHOLE = 100


def serve_errors(config: str) -> list[str]:
    """Return what is wrong with a Serve config file: values, and keys that Ray would pass over."""
    from ray.serve.schema import ServeDeploySchema

    told = yaml.safe_load(config)
    found = list(_unknown(told, ServeDeploySchema, ""))
    try:
        ServeDeploySchema.model_validate(told)
    except ValidationError as error:
        found += [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()[:5]]
    return found


def _unknown(told: Any, model: Any, where: str) -> Iterator[str]:
    if isinstance(told, list):
        for one in told:
            yield from _unknown(one, model, where)
    if not (isinstance(told, dict) and isinstance(model, type) and issubclass(model, BaseModel)):
        return
    for key, value in told.items():
        if key not in model.model_fields:
            yield f"{where}{key}: Ray knows no such key"
        else:
            for inner in _models_in(model.model_fields[key].annotation):
                yield from _unknown(value, inner, f"{where}{key}.")


def _models_in(annotation: Any) -> list[Any]:
    """Return the models within an annotation such as `list[Model] | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [one for inner in getattr(annotation, "__args__", ()) for one in _models_in(inner)]


def errors(service: Document) -> list[str]:
    """Return which of the rules a RayService breaks."""
    cluster = service["spec"]["rayClusterConfig"]
    return [
        *_names(service),
        *_versions(cluster),
        *_groups(cluster),
        *_autoscaling(cluster),
        *_storage(cluster),
        *_upgrade(service["spec"], cluster),
    ]


def _names(service: Document) -> Iterator[str]:
    name = service["metadata"]["name"]
    if len(name) > _LONGEST_NAME or not re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", name):
        yield f"the name {name!r} must be a DNS label of at most {_LONGEST_NAME} characters"


def _versions(cluster: Document) -> Iterator[str]:
    (pinned,) = re.findall(r"^ray==(.+)$", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    if cluster["rayVersion"] != pinned:
        yield f"rayVersion is {cluster['rayVersion']}, the images have {pinned}"


def _groups(cluster: Document) -> Iterator[str]:
    for group in cluster["workerGroupSpecs"]:
        if not 0 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]:
            yield f"{group['groupName']}: minReplicas <= replicas <= maxReplicas does not hold"
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        ports = {port["name"] for port in group["template"]["spec"]["containers"][0]["ports"]}
        if missing := {"serve", "metrics"} - ports:
            yield f"{group.get('groupName', 'head')}: has no port {', '.join(sorted(missing))}"


def _autoscaling(cluster: Document) -> Iterator[str]:
    groups = (cluster["headGroupSpec"], *cluster["workerGroupSpecs"])
    if not cluster.get("enableInTreeAutoscaling"):
        return
    options = cluster.get("autoscalerOptions", {})
    if options.get("version") == "v2":
        for group in groups:
            if group["template"]["spec"].get("restartPolicy", "Never") != "Never":
                yield "autoscaler v2 wants restartPolicy Never, or none"
    if not cluster["headGroupSpec"]["template"]["spec"].get("automountServiceAccountToken"):
        yield "the autoscaler in the head's pod needs its service account's token"


def _storage(cluster: Document) -> Iterator[str]:
    options = cluster.get("gcsFaultToleranceOptions") or {}
    if options.get("backend") == "rocksdb":
        if redis := [name for name in options if name.startswith("redis")]:
            yield f"{redis[0]} does not go with rocksdb"
        head = cluster["headGroupSpec"]["template"]["spec"]["containers"][0]
        if claimed := _CLAIMED & {one["name"] for one in head.get("env", [])}:
            yield f"{', '.join(sorted(claimed))} is the operator's to set"


def _upgrade(spec: Document, cluster: Document) -> Iterator[str]:
    strategy = spec["upgradeStrategy"]
    if strategy["type"] != "NewClusterWithIncrementalUpgrade":
        return
    if not cluster.get("enableInTreeAutoscaling"):
        yield "an incremental upgrade needs Ray's autoscaler"
    options = strategy.get("clusterUpgradeOptions") or {}
    step, surge = options.get("stepSizePercent", -1), options.get("maxSurgePercent", _WHOLE)
    if not 0 <= step <= surge <= _WHOLE:
        yield "0 <= stepSizePercent <= maxSurgePercent <= 100 does not hold"
    if not (options.get("intervalSeconds", 0) > 0 and options.get("gatewayClassName")):
        yield "intervalSeconds above 0 and gatewayClassName are needed"
