"""What the OpenAPI document says of a body that brings one picture."""

from __future__ import annotations

from typing import Any, Final

from backend.kit.errors import Problem

NOT_RECEIVED: Final[dict[int | str, dict[str, Any]]] = {
    403: {"model": Problem, "description": "Your role does not generate."},
    408: {"model": Problem, "description": "The file did not arrive in time."},
    413: {"model": Problem, "description": "The body is larger than an upload may be."},
}


def picture_form(description: str) -> dict[str, Any]:
    """Return the content of a request: a form with one file, of which `description` says what it may be."""
    file = {"type": "string", "format": "binary", "description": description}
    form = {
        "type": "object",
        "required": ["file"],
        "additionalProperties": False,
        "properties": {"file": file},
    }
    return {"multipart/form-data": {"schema": form}}
