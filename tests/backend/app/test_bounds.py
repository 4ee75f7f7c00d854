"""Everything that can be sent has a bound, and every list a largest page: read from the API's own description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from backend.kit.pagination import LARGEST_PAGE
from tests.backend.app.test_openapi import operations
from tests.fixtures.app import Studio

# Lists without pages, each of which something else keeps short.
SHORT = {
    "list_models": "the models file",
    "list_moves": "MOST_MOVES",
    "list_ballots": "MOST_OPEN",
    "list_built_in_presets": "BUILT_IN",
    "list_api_keys": "MOST_KEYS",
    "list_webhooks": "MOST_WEBHOOKS",
    "list_sessions": "MOST_SESSIONS",
    "list_teams": "MOST_TEAMS",
    "list_members": "MOST_MEMBERS",
    "list_candidates": "MOST_CANDIDATES",
    "list_links": "MOST_LINKS",
    "read_similar": "its own limit",
    "suggest_values": "MOST_SUGGESTIONS",
    "list_searches": "MOST_SEARCHES",
    "list_months": "MOST_MONTHS",
}
BOUND = {"string": "maxLength", "integer": "maximum", "number": "maximum", "array": "maxItems"}
# What bounds a value by itself: a set of words, or a form that has a length.
SELF_BOUND = ("enum", "const", "pattern")


@pytest.fixture
def document(shared_studio: Studio) -> dict[str, Any]:
    described: dict[str, Any] = shared_studio.app.openapi()
    return described


def answered(document: dict[str, Any], operation: dict[str, Any]) -> dict[str, Any]:
    """Return the shape of a successful answer, followed to where it is written."""
    content = operation["responses"].get("200", {}).get("content", {})
    shape = content.get("application/json", {}).get("schema", {})
    return resolved(document, shape)


def resolved(document: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    name = shape.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = document["components"]["schemas"][name] if name else shape
    return found


def unbounded(
    document: dict[str, Any], shape: dict[str, Any], where: str, seen: frozenset[str] = frozenset()
) -> Iterator[str]:
    """Yield the places of `shape` that take as much as anybody likes to send."""
    name = shape.get("$ref", "")
    if name in seen:
        return
    shape, seen = resolved(document, shape), seen | {name} if name else seen
    for each in (*shape.get("anyOf", ()), *shape.get("oneOf", ()), *shape.get("allOf", ())):
        yield from unbounded(document, each, where, seen)
    kind = shape.get("type")
    bound_by_itself = shape.get("format") in {"date", "date-time"} or any(
        one in shape for one in SELF_BOUND
    )
    if kind in BOUND and BOUND[kind] not in shape and not bound_by_itself:
        yield f"{where}: {kind} without {BOUND[kind]}"
    if kind == "array":
        yield from unbounded(document, shape["items"], f"{where}[]", seen)
    for field, inner in shape.get("properties", {}).items():
        yield from unbounded(document, inner, f"{where}.{field}", seen)


def test_every_field_of_every_body_has_a_bound(document: dict[str, Any]) -> None:
    found: list[str] = []
    bodies = 0
    for _, _, operation in operations(document):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if media == "application/json":
                bodies += 1
                found += unbounded(document, content["schema"], operation["operationId"])
    assert bodies > 5
    assert found == []


def test_every_parameter_has_a_bound(document: dict[str, Any]) -> None:
    found = [
        each
        for _, _, operation in operations(document)
        for one in operation.get("parameters", [])
        for each in unbounded(document, one["schema"], f"{operation['operationId']} {one['name']}")
    ]
    assert found == []


def test_every_list_has_pages_or_something_that_keeps_it_short(document: dict[str, Any]) -> None:
    short = set()
    for method, _, operation in operations(document):
        shape = answered(document, operation)
        taken = {one["name"]: one["schema"] for one in operation.get("parameters", [])}
        if "next_cursor" in shape.get("properties", {}):
            assert taken["limit"]["maximum"] <= LARGEST_PAGE, operation["operationId"]
            assert "cursor" in taken, operation["operationId"]
        elif method == "GET" and shape.get("type") == "array":
            short.add(operation["operationId"])
    assert short == SHORT.keys()


def test_a_page_of_a_thousand_million_is_refused_everywhere(
    shared_studio: Studio, document: dict[str, Any]
) -> None:
    admin = shared_studio.actors.browser("admin")
    tried = 0
    for method, path, operation in operations(document):
        if not any(one["name"] == "limit" for one in operation.get("parameters", [])):
            continue
        somewhere = path.replace("{", "").replace("}", "")[:120]
        for limit in (10**9, LARGEST_PAGE + 1, 0, -1):
            answer = admin.request(method, somewhere, params={"limit": limit})
            assert answer.status_code == 422, f"{path} {limit}: {answer.text}"
            [problem] = [one for one in answer.json()["fields"] if one["field"] == "limit"]
            assert problem["limit"] in {f"at most {LARGEST_PAGE}", "at least 1"}
            assert problem["nearest"] in {LARGEST_PAGE, 1}
        tried += 1
    assert tried > 5
