"""What the Google provider accepts, as `terraform providers schema -json` writes it, and as the protocol says it."""

from __future__ import annotations

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.deploy.terraform.protocol import message

FOLDER = Path(__file__).with_name("schema")
SOURCE = "registry.terraform.io/hashicorp/google"
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
Block = dict[str, Any]


@cache
def provider_schema() -> dict[str, Any]:
    """Return the schemas of provider, resources and data sources, with what newer providers added."""
    base = json.loads((FOLDER / "google-6.50.json").read_text())
    schema: dict[str, Any] = copy.deepcopy(base["provider_schemas"][SOURCE])
    for path, attribute in json.loads((FOLDER / "since.json").read_text()).items():
        resource, *blocks, name = path.split(".")
        block = schema["resource_schemas"][resource]["block"]
        for inner in blocks:
            block = block["block_types"][inner]["block"]
        block["attributes"][name] = attribute
    return schema


def resource_block(kind: str) -> Block:
    """Return the block of a resource, such as `google_storage_bucket`."""
    block: Block = provider_schema()["resource_schemas"][kind]["block"]
    return block


def data_block(kind: str) -> Block:
    """Return the block of a data source, such as `google_project`."""
    block: Block = provider_schema()["data_source_schemas"][kind]["block"]
    return block


def schemas_message() -> Any:
    """Return all of it as the answer to GetSchema."""
    schema = provider_schema()
    answer = message("Schemas")()
    _fill(answer.provider.block, schema["provider"]["block"])
    for kind, one in schema["resource_schemas"].items():
        _fill(answer.resource_schemas[kind].block, one["block"])
    for kind, one in schema["data_source_schemas"].items():
        _fill(answer.data_source_schemas[kind].block, one["block"])
    return answer


def _fill(target: Any, block: Block) -> None:
    for name, attribute in block.get("attributes", {}).items():
        added = target.attributes.add(name=name, type=json.dumps(attribute["type"]).encode())
        added.required = attribute.get("required", False)
        added.optional = attribute.get("optional", False)
        added.computed = attribute.get("computed", False)
    for name, inner in block.get("block_types", {}).items():
        added = target.block_types.add(type_name=name, nesting=NESTING[inner["nesting_mode"]])
        added.min_items = inner.get("min_items", 0)
        added.max_items = inner.get("max_items", 0)
        _fill(added.block, inner["block"])
