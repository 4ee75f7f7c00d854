"""What must hold of every plan, whatever its variables: each rule returns its complaints, none where all is well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from tests.deploy.terraform.schemas import resource_block

Plan = dict[str, Any]
Change = dict[str, Any]
INNER = {"settings", "node_config"}  # blocks that bear a resource's labels
LABELS = ("user_labels", "resource_labels", "labels")
BASIC_ROLES = {"roles/owner", "roles/editor", "roles/viewer"}
PASSWORD_IN_URL = re.compile(r"://[^/@\s:]+:[^@\s]+@")


def of_type(plan: Plan, *kinds: str) -> Iterator[Change]:
    """Yield what will be made of these types; every type where none is named."""
    for change in plan["resource_changes"]:
        if change["mode"] == "managed" and (not kinds or change["type"] in kinds):
            yield change


def at(value: Any, path: str) -> Any:
    """Return what lies at a path such as `settings.0.tier`; None where something on the way is missing."""
    for part in path.split("."):
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        elif isinstance(value, dict):
            value = value.get(part)
        else:
            return None
    return value


def given(change: Change, path: str) -> Any:
    """Return a planned value; True for one that is set and known only once it is made."""
    value = at(change["change"]["after"], path)
    return at(change["change"]["after_unknown"], path) or None if value is None else value


def _unless(change: Change, path: str, *good: Any) -> list[str]:
    value = given(change, path)
    return [] if value in good else [f"{change['address']}: {path} is {value!r}"]


def _needs(change: Change, path: str) -> list[str]:
    return [] if given(change, path) else [f"{change['address']}: {path} is not set"]


def nothing_has_a_public_address(plan: Plan) -> list[str]:
    """Nodes, the cluster's API and the database are found from inside only."""
    out: list[str] = []
    for cluster in of_type(plan, "google_container_cluster"):
        out += _unless(cluster, "private_cluster_config.0.enable_private_nodes", True)
        out += _unless(
            cluster, "control_plane_endpoints_config.0.ip_endpoints_config.0.enabled", False
        )
    for pool in of_type(plan, "google_container_node_pool"):
        out += _unless(pool, "network_config.0.enable_private_nodes", True)
    for database in of_type(plan, "google_sql_database_instance"):
        out += _unless(database, "settings.0.ip_configuration.0.ipv4_enabled", False)
        out += _unless(database, "settings.0.ip_configuration.0.ssl_mode", "ENCRYPTED_ONLY")
    return out


def what_matters_cannot_be_deleted_by_mistake(plan: Plan) -> list[str]:
    """Cluster, database, secrets and buckets refuse."""
    out: list[str] = []
    protected = (
        "google_container_cluster",
        "google_sql_database_instance",
        "google_secret_manager_secret",
    )
    for change in of_type(plan, *protected):
        out += _unless(change, "deletion_protection", True)
    for database in of_type(plan, "google_sql_database_instance"):
        out += _unless(database, "settings.0.deletion_protection_enabled", True)
        out += _unless(
            database, "settings.0.backup_configuration.0.point_in_time_recovery_enabled", True
        )
    for bucket in of_type(plan, "google_storage_bucket"):
        out += _unless(bucket, "force_destroy", False)
    return out


def everything_is_labelled(plan: Plan) -> list[str]:
    """What can bear labels says which app and which environment it belongs to."""
    out: list[str] = []
    for change in of_type(plan):
        path = _where_labels_go(change["type"])
        labels = path and given(change, path)
        if path and not (isinstance(labels, dict) and {"app", "environment"} <= labels.keys()):
            out.append(f"{change['address']}: {path} is {labels!r}")
    return out


def _where_labels_go(kind: str) -> str | None:
    whole = resource_block(kind)
    inner = {
        name: whole["block_types"][name]["block"] for name in INNER & whole["block_types"].keys()
    }
    places = [("", whole), *((f"{name}.0.", block) for name, block in inner.items())]
    found = (
        f"{prefix}{name}"
        for prefix, part in places
        for name in LABELS
        if name in part["attributes"]
    )
    return next(found, None)


def what_lies_at_rest_is_encrypted_with_a_key_of_ours(plan: Plan) -> list[str]:
    """Buckets, the database and Kubernetes' secrets name a key, and keys are rotated."""
    out: list[str] = []
    for bucket in of_type(plan, "google_storage_bucket"):
        out += _needs(bucket, "encryption.0.default_kms_key_name")
    for database in of_type(plan, "google_sql_database_instance"):
        out += _needs(database, "encryption_key_name")
    for cluster in of_type(plan, "google_container_cluster"):
        out += _unless(cluster, "database_encryption.0.state", "ENCRYPTED")
        out += _needs(cluster, "database_encryption.0.key_name")
    for key in of_type(plan, "google_kms_crypto_key"):
        out += _needs(key, "rotation_period")
    return out


def buckets_are_private_and_keep_versions(plan: Plan) -> list[str]:
    """No bucket can be made public, object by object or whole; each keeps versions and tidies up."""
    out: list[str] = []
    for bucket in of_type(plan, "google_storage_bucket"):
        out += _unless(bucket, "uniform_bucket_level_access", True)
        out += _unless(bucket, "public_access_prevention", "enforced")
        out += _unless(bucket, "versioning.0.enabled", True)
        out += _needs(bucket, "lifecycle_rule")
    return out


def nobody_may_more_than_they_need(plan: Plan) -> list[str]:
    """No right is everybody's, none is an owner's or an administrator's, no identity is every pod's."""
    out: list[str] = []
    for change in of_type(plan):
        role = given(change, "role")
        member = given(change, "member")
        if not isinstance(role, str) or not change["type"].endswith("_iam_member"):
            continue
        if role in BASIC_ROLES or role.lower().endswith("admin") or "*" in role:
            out.append(f"{change['address']}: role is {role}")
        if isinstance(member, str) and (member.startswith("all") or "*" in member):
            out.append(f"{change['address']}: member is {member}")
    return out


def nodes_are_nobody_in_particular(plan: Plan) -> list[str]:
    """Nodes start what was signed, run as an account of their own, and lend it to no pod."""
    out: list[str] = []
    for pool in of_type(plan, "google_container_node_pool"):
        node = "node_config.0"
        out += _unless(pool, f"{node}.shielded_instance_config.0.enable_secure_boot", True)
        out += _unless(pool, f"{node}.workload_metadata_config.0.mode", "GKE_METADATA")
        out += _needs(pool, f"{node}.service_account")
    return out


def gpus_add_up(plan: Plan) -> list[str]:
    """The pools' greatest numbers are what is said and allowed, and some GPU always stays."""
    most = least = 0
    for pool in of_type(plan, "google_container_node_pool"):
        node = pool["change"]["after"]["node_config"][0]
        gpus = sum(one["count"] for one in node["guest_accelerator"])
        most += gpus * given(pool, "autoscaling.0.total_max_node_count")
        if not node["spot"]:
            least += gpus * given(pool, "autoscaling.0.total_min_node_count")
    out = [] if least else ["no GPU stays when spot machines are taken back"]
    said = plan["planned_values"]["outputs"]["gpus"]["value"]["max"]
    limit = plan["variables"]["gpu_limit"]["value"]
    return (
        out
        if most == said <= limit
        else [*out, f"pools: {most} GPUs, said: {said}, limit: {limit}"]
    )


def no_secret_is_known(plan: Plan) -> list[str]:
    """Neither plan nor state nor outputs ever hold the value of a secret."""
    out = [
        f"{one['address']}: is a secret's value"
        for one in of_type(plan, "google_secret_manager_secret_version")
    ]
    out += [
        f"{change['address']}: {name} is in the state"
        for change in of_type(plan, "google_sql_user", "google_sql_database_instance")
        for name in ("password", "root_password")
        if given(change, name)
    ]
    for name, output in plan["planned_values"]["outputs"].items():
        if output["sensitive"] or PASSWORD_IN_URL.search(str(output.get("value"))):
            out.append(f"output {name} tells a secret")
    return out


POLICIES: tuple[Callable[[Plan], list[str]], ...] = (
    nothing_has_a_public_address,
    what_matters_cannot_be_deleted_by_mistake,
    everything_is_labelled,
    what_lies_at_rest_is_encrypted_with_a_key_of_ours,
    buckets_are_private_and_keep_versions,
    nobody_may_more_than_they_need,
    nodes_are_nobody_in_particular,
    gpus_add_up,
    no_secret_is_known,
)
