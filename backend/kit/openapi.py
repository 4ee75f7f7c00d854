"""The description of the API as OpenAPI 3.1, made to say what is really sent.

FastAPI describes an error as if it had the media type of the route's answer; ours travel as `application/problem+json`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from backend.kit.problems import MEDIA_TYPE

_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_EXAMPLE = {
    "type": "about:blank",
    "title": "Please correct this",
    "status": 422,
    "code": "invalid",
    "detail": "width must be between 64 and 1024 in steps of 8, not 250; the nearest good value is 248",
    "fields": [
        {
            "field": "width",
            "message": "must be between 64 and 1024 in steps of 8, not 250; the nearest good value is 248",
            "limit": "between 64 and 1024 in steps of 8",
            "nearest": 248,
        }
    ],
    "request_id": "3f0c9a1b2d4e5f60",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the description of `app`, worked out once."""
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes
        )
        for response in _responses(schema):
            _say_problem(response)
        schema["components"]["schemas"]["Problem"]["examples"] = [_EXAMPLE]
        app.openapi_schema = schema
    return app.openapi_schema


def named_for_its_function(route: APIRoute) -> str:
    """Return the operation's id: the name of the endpoint's function, unique by a test."""
    return route.name


def _responses(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in schema["paths"].values():
        for operation in operations.values():
            yield from operation["responses"].values()


def _say_problem(response: dict[str, Any]) -> None:
    content = response.get("content", {})
    if any(media.get("schema") == _PROBLEM for media in content.values()):
        response["content"] = {MEDIA_TYPE: {"schema": _PROBLEM}}
