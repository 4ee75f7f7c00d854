"""The API's reference as one page at `/docs`, drawn from its OpenAPI description.

Plain HTML without a script: the usual documentation pages load theirs from a public network, which a
studio may not have and our content policy would not allow.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import groupby
from json import dumps
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

Node = Mapping[str, Any]  # a piece of an OpenAPI document

_pages = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Row:
    """One line of a table: a parameter, a field or an answer."""

    name: str
    kind: str
    text: str
    required: bool = False


@dataclass(frozen=True)
class Operation:
    """One thing the API does."""

    tag: str
    anchor: str
    method: str
    path: str
    summary: str
    parameters: list[Row]
    body: list[Row]
    examples: list[str]
    answers: list[Row]


@dataclass(frozen=True)
class Shape:
    """One named object that travels."""

    name: str
    text: str
    fields: list[Row]


@router.get("/docs")
def show_reference(request: Request) -> HTMLResponse:
    """Return the reference."""
    document = request.app.openapi()
    nonce = secrets.token_urlsafe(16)
    operations = list(operations_of(document))
    page = _pages.get_template("reference.html").render(
        nonce=nonce,
        title=document["info"]["title"],
        version=document["info"]["version"],
        groups=[(tag, list(group)) for tag, group in groupby(operations, key=lambda o: o.tag)],
        shapes=list(shapes_of(document)),
    )
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; frame-ancestors 'none'"
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": policy})


def operations_of(document: Node) -> Iterator[Operation]:
    """Yield every operation, in the order of the API's table of contents."""
    shapes = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, node in methods.items():
            body = _json_of(node.get("requestBody", {}))
            yield Operation(
                tag=node["tags"][0],
                anchor=node["operationId"],
                method=method.upper(),
                path=path,
                summary=node["description"],
                parameters=[_parameter(each) for each in node.get("parameters", [])],
                body=_fields(_resolved(body.get("schema", {}), shapes)),
                examples=_examples(body, _resolved(body.get("schema", {}), shapes)),
                answers=[_answer(*each) for each in sorted(node["responses"].items())],
            )


def shapes_of(document: Node) -> Iterator[Shape]:
    """Yield every object that has fields."""
    for name, node in sorted(document["components"]["schemas"].items()):
        if fields := _fields(node):
            yield Shape(name, node.get("description", ""), fields)


def _parameter(node: Node) -> Row:
    where = "" if node["in"] == "path" else f"{node['in']} "
    return Row(
        name=node["name"],
        kind=where + _kind(node["schema"]),
        text=node.get("description", ""),
        required=node.get("required", False),
    )


def _answer(status: str, node: Node) -> Row:
    contents: Mapping[str, Node] = node.get("content", {})
    media = next(iter(contents), "")
    schema = contents[media].get("schema") if media else None
    kind = _kind(schema) if schema else media
    text = node.get("description") or HTTPStatus(int(status)).phrase
    return Row(name=status, kind=kind, text=text)


def _fields(node: Node) -> list[Row]:
    required = node.get("required", [])
    return [
        Row(name, _kind(field), _told(field), name in required)
        for name, field in node.get("properties", {}).items()
    ]


def _told(field: Node) -> str:
    default = field.get("default")
    text = str(field.get("description", ""))
    return text if default is None or default == "" else f"{text} Default {default}.".strip()


def _kind(node: Node) -> str:
    """Return a type in a word or two: `string`, `GenerationPublic`, `list of string`."""
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    for name in ("anyOf", "oneOf", "allOf"):
        if name in node:
            return " or ".join(_kind(each) for each in node[name])
    if node.get("type") == "array":
        return f"list of {_kind(node['items'])}"
    return str(node.get("const") or node.get("format") or node.get("type", "any"))


def _json_of(node: Node) -> Node:
    found: Node = node.get("content", {}).get("application/json", {})
    return found


def _resolved(node: Node, shapes: Node) -> Node:
    found: Node = shapes[node["$ref"].rpartition("/")[2]] if "$ref" in node else node
    return found


def _examples(body: Node, shape: Node) -> list[str]:
    given = [each["value"] for each in body.get("examples", {}).values()]
    return [
        dumps(each, indent=1, ensure_ascii=False) for each in given or shape.get("examples", [])
    ]
