"""The messages of Terraform's plugin protocol as classes, made of tfplugin5.proto without a compiler.

Reads the few forms that file uses: nested messages, scalars, `repeated`, and `map<string, …>`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PROTO = Path(__file__).with_name("tfplugin5.proto")
FIELD = descriptor_pb2.FieldDescriptorProto
SCALARS = {
    "bytes": FIELD.TYPE_BYTES,
    "string": FIELD.TYPE_STRING,
    "bool": FIELD.TYPE_BOOL,
    "int32": FIELD.TYPE_INT32,
    "int64": FIELD.TYPE_INT64,
}
LINE = re.compile(
    r"^\s*(?:message (?P<opens>\w+) \{|(?P<closes>\})"
    r"|(?P<many>repeated )?(?:map<string, (?P<values>\w+)>|(?P<type>\w+)) (?P<name>\w+) = (?P<number>\d+);)",
    re.MULTILINE,
)


def message(name: str) -> Any:
    """Return the class of a message, such as `Schemas` or `Schema.Block`."""
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"tfplugin5.{name}"))


def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(_parsed(PROTO.read_text()))
    return pool


def _parsed(text: str) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name="tfplugin5.proto", package="tfplugin5", syntax="proto3"
    )
    nested = set(re.findall(r"^  message (\w+)", text, re.MULTILINE))  # each of them in Schema
    open_messages: list[Any] = []
    for found in LINE.finditer(text):
        if opens := found["opens"]:
            made = (open_messages[-1].nested_type if open_messages else file.message_type).add()
            made.name = opens
            open_messages.append(made)
        elif found["closes"]:
            open_messages.pop()
        else:
            _add_field(open_messages[-1], found, nested)
    return file


def _add_field(owner: Any, found: re.Match[str], nested: set[str]) -> None:
    field = owner.field.add(name=found["name"], number=int(found["number"]))
    many = found["many"] or found["values"]
    field.label = FIELD.LABEL_REPEATED if many else FIELD.LABEL_OPTIONAL
    if values := found["values"]:
        entry = owner.nested_type.add(name=f"{found['name'].title().replace('_', '')}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
        _set_type(
            entry.field.add(name="value", number=2, label=FIELD.LABEL_OPTIONAL), values, nested
        )
        field.type, field.type_name = FIELD.TYPE_MESSAGE, f".tfplugin5.{owner.name}.{entry.name}"
    else:
        _set_type(field, found["type"], nested)


def _set_type(field: Any, name: str, nested: set[str]) -> None:
    if name in SCALARS:
        field.type = SCALARS[name]
    else:
        field.type = FIELD.TYPE_MESSAGE
        field.type_name = f".tfplugin5.{'Schema.' if name in nested else ''}{name}"


_POOL = _pool()
