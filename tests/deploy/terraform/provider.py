"""A Google provider without Google: `python -m tests.deploy.terraform.provider SOCKET`.

Speaks Terraform's plugin protocol on a unix socket, so that the real terraform checks and plans our configurations
with no registry and no cloud. It knows the provider's schema (names, types, what is required) and nothing of its
rules between fields; what Google would fill in is unknown in a plan. It makes nothing: there is no apply.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
import msgpack

from tests.deploy.terraform.protocol import message
from tests.deploy.terraform.schemas import SOURCE, data_block, resource_block, schemas_message

UNKNOWN = msgpack.ExtType(0, b"\x00")
# What the project would answer; everything else that is asked for is its own name.
ANSWERS = {
    ("google_project", "number"): "42",
    ("google_storage_project_service_account", "email_address"): (
        "service-42@gs-project-accounts.iam.gserviceaccount.com"
    ),
}


def unpacked(value: Any) -> Any:
    """Return what a DynamicValue holds; None for a resource that is not there."""
    return msgpack.unpackb(value.msgpack, ext_hook=msgpack.ExtType, strict_map_key=False)


def packed(value: Any) -> Any:
    """Return a DynamicValue."""
    return message("DynamicValue")(msgpack=msgpack.packb(value))


def plan(asked: Any) -> Any:
    """Leave what is configured as it is, and what Google would fill in unknown."""
    state = unpacked(asked.proposed_new_state)
    for name, attribute in resource_block(asked.type_name)["attributes"].items():
        if attribute.get("computed") and state[name] is None:
            state[name] = UNKNOWN
    return message("Planned")(planned_state=packed(state), legacy_type_system=True)


def read(asked: Any) -> Any:
    """Answer for a data source."""
    state = unpacked(asked.config)
    for name, attribute in data_block(asked.type_name)["attributes"].items():
        if attribute["type"] == "string" and state[name] is None:
            state[name] = ANSWERS.get((asked.type_name, name), name)
    return message("Found")(state=packed(state))


def accepted(_: Any) -> Any:
    """Say that nothing is wrong: terraform has compared it with the schema itself."""
    return message("Diagnosed")()


CALLS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "GetSchema": ("Nothing", lambda _: schemas_message()),
    "PrepareProviderConfig": (
        "Prepare",
        lambda asked: message("Prepared")(prepared_config=asked.config),
    ),
    "ValidateResourceTypeConfig": ("Validate", accepted),
    "ValidateDataSourceConfig": ("Validate", accepted),
    "Configure": ("Configure", accepted),
    "PlanResourceChange": ("Plan", plan),
    "ReadDataSource": ("Read", read),
    "Stop": ("Nothing", accepted),
}


def _handler(asked: str, answer: Callable[[Any], Any]) -> Any:
    return grpc.unary_unary_rpc_method_handler(
        lambda request, _context: answer(request),
        request_deserializer=message(asked).FromString,
        response_serializer=lambda made: made.SerializeToString(),
    )


def main(socket: str) -> None:
    """Serve on a unix socket until killed; print what TF_REATTACH_PROVIDERS must say, then flush."""
    unlimited = [("grpc.max_send_message_length", -1)]
    server = grpc.server(futures.ThreadPoolExecutor(4), options=unlimited)
    handlers = {name: _handler(*call) for name, call in CALLS.items()}
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler("tfplugin5.Provider", handlers),)
    )
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    where = {"Network": "unix", "String": socket}
    plugin = {"Protocol": "grpc", "ProtocolVersion": 5, "Pid": os.getpid(), "Test": True}
    print(json.dumps({SOURCE: plugin | {"Addr": where}}), flush=True)  # noqa: T201 - read by who started it
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1])
