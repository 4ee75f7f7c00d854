"""What Kubernetes would say of a document: its own kinds by their schemas, others by those of their operators.

Strict, as `kubectl apply --validate=strict` is: a field that nobody knows is an error. A field with a default is never
required and a null is pruned, as an API server does before it looks.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

from tests.deploy.needs import schemas
from tests.deploy.rendering import Document, title

VERSIONS = ("1.33.0", "1.35.0")
OPERATORS = (
    "cloud.google.com", "gateway.networking.k8s.io", "keda.sh", "monitoring.googleapis.com",
    "networking.gke.io", "ray.io", "secrets-store.csi.x-k8s.io",
)  # fmt: skip
_RAY = "ray.io/rayservices_v1.7.0_crd.yaml"
# The folder has none of this kind. Ours says no more than what we use of it.
_OURS: dict[str, Any] = {
    "keda.sh/triggerauthentication_v1alpha1": {
        "type": "object",
        "required": ["spec"],
        "properties": {
            "spec": {
                "type": "object",
                "required": ["secretTargetRef"],
                "additionalProperties": False,
                "properties": {
                    "secretTargetRef": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["parameter", "name", "key"],
                            "additionalProperties": False,
                            "properties": {
                                key: {"type": "string"} for key in ("parameter", "name", "key")
                            },
                        },
                    }
                },
            }
        },
    }
}


def errors(documents: list[Document], version: str) -> list[str]:
    """Return what is wrong with each document under a version of Kubernetes, such as 1.35.0."""
    return [f"{title(one)}: {error}" for one in documents for error in _errors(one, version)]


def _errors(document: Document, version: str) -> list[str]:
    group = document["apiVersion"].partition("/")[0]
    if group in OPERATORS:
        found = validator(f"{document['apiVersion']}/{document['kind']}").iter_errors(
            _without_nulls(document)
        )
        return [f"{'.'.join(map(str, one.absolute_path))}: {one.message[:200]}" for one in found]
    try:
        kubernetes_validate.validate(document, version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{'.'.join(map(str, error.path))}: {error.message[:200]}"]
    except kubernetes_validate.SchemaNotFoundError:
        return [f"no schema of {document['apiVersion']} {document['kind']}"]
    return []


@cache
def validator(kind: str) -> jsonschema.Draft7Validator:
    """Return the validator of a custom kind, such as `ray.io/v1/RayService`."""
    group, version, name = kind.split("/")
    known = f"{group}/{name.lower()}_{version}"
    if known in _OURS:
        return jsonschema.Draft7Validator(_OURS[known])
    schema = _of_crd(schemas() / _RAY, version) if group == "ray.io" else _of_file(known)
    schema.get("properties", {}).update(metadata={"type": "object"})
    return jsonschema.Draft7Validator(schema)


def _of_file(known: str) -> Any:
    return strict(json.loads((schemas() / f"{known}.json").read_text()))


def _of_crd(path: Path, version: str) -> Any:
    versions = yaml.load(path.read_text(), Loader=yaml.CSafeLoader)["spec"]["versions"]
    return next(
        strict(one["schema"]["openAPIV3Schema"]) for one in versions if one["name"] == version
    )


def strict(node: Any) -> Any:
    """Return a structural schema as one for JSON that refuses fields it does not know."""
    if isinstance(node, list):
        return [strict(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {key: strict(value) for key, value in node.items() if not key.startswith("x-kube")}
    properties = node.get("properties")
    if node.get("x-kubernetes-int-or-string"):
        kept.pop("type", None)
        kept["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    # The branches of a oneOf name some of the properties and are of no type: those stay open.
    if isinstance(properties, dict) and node.get("type") == "object":
        _close(kept, node, properties)
    return kept


def _close(kept: dict[str, Any], node: dict[str, Any], properties: dict[str, Any]) -> None:
    if "additionalProperties" not in node and not node.get("x-kubernetes-preserve-unknown-fields"):
        kept["additionalProperties"] = False
    if isinstance(node.get("required"), list):
        kept["required"] = [
            name for name in node["required"] if "default" not in properties.get(name, {})
        ]


def _without_nulls(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_nulls(value) for key, value in node.items() if value is not None}
    return [_without_nulls(one) for one in node] if isinstance(node, list) else node
