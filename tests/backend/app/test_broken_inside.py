"""Something breaks inside, at several depths, under every route: the answer tells nothing of it and lets nobody in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlmodel import Session
from starlette.exceptions import HTTPException

from backend.accounts import recognition
from backend.kit.database import Database
from backend.kit.storage.file import FileStorage
from inference.protocol import Broken
from tests.backend.app.test_authorisation import API, MATRIX
from tests.fixtures.app import Studio

INSIDE = "/srv/atelier/backend/secret_room.py"
SQL = "SELECT secret_hash FROM api_key"
ERRORS = [
    RuntimeError(f"no such file: {INSIDE}, while {SQL}"),
    OSError(2, "No such file or directory", INSIDE),
    KeyError(SQL),
    ProgrammingError(SQL, {"id": INSIDE}, Exception("relation does not exist")),
    IntegrityError(SQL, {"id": INSIDE}, Exception("UNIQUE constraint failed: api_key.id")),
    OperationalError(SQL, {"id": INSIDE}, Exception("server closed the connection")),
    HTTPException(500, f"{SQL} in {INSIDE}"),
    RecursionError(INSIDE),
]
LEAKS = re.compile(
    r"/srv|secret_room|\.py\b|Traceback|File \"|line \d+|SELECT|api_key\.|secret_hash|sqlalchemy|psycopg|"
    r"sqlite|constraint|relation|RuntimeError|OSError|KeyError|server closed",
)
Break = Callable[[pytest.MonkeyPatch, Exception], None]


def breaking(error: Exception) -> Callable[..., Any]:
    def broken(*_: object, **__: object) -> Any:
        raise error

    return broken


def at_recognition(patch: pytest.MonkeyPatch, error: Exception) -> None:
    patch.setattr(recognition, "recognise", breaking(error))


def at_opening_a_transaction(patch: pytest.MonkeyPatch, error: Exception) -> None:
    patch.setattr(Database, "read", breaking(error))
    patch.setattr(Database, "write", breaking(error))


def at_a_statement(patch: pytest.MonkeyPatch, error: Exception) -> None:
    patch.setattr(Session, "exec", breaking(error))
    patch.setattr(Session, "execute", breaking(error))


ASKS_NOTHING = f"{API}/verify/root.pem"
"""It hands out a file that is public, to anybody, and looks at no row for that."""
ROUTES = sorted(
    {(row.method, row.path) for row in MATRIX if row.path.startswith(API)} - {("GET", ASKS_NOTHING)}
)


@pytest.mark.parametrize("at", [at_recognition, at_opening_a_transaction, at_a_statement])
def test_no_route_tells_of_it_or_lets_anybody_in(
    shared_studio: Studio, monkeypatch: pytest.MonkeyPatch, at: Break
) -> None:
    browser = shared_studio.actors.browser("admin")
    for (method, path), error in zip(ROUTES, cycle(ERRORS)):
        with monkeypatch.context() as patch:
            at(patch, error)
            named = re.sub(r"\{\w+\}", "0" * 26, path)
            answer = browser.request(method, named, json={"prompt": "a hat", "name": "n"})
        where = f"{method} {path}, {error!r}: {answer.status_code} {answer.text}"
        assert answer.status_code in (422, 500, 503), where
        assert not LEAKS.search(answer.text + str(answer.headers)), where
        assert json.loads(answer.text)["request_id"] == answer.headers["x-request-id"], where
    assert browser.get(f"{API}/me").status_code == 200


def test_files_that_cannot_be_read_are_not_named(
    shared_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    dana = shared_studio.actors.browser()
    image = shared_studio.image(dana)["id"]
    for error in ERRORS[:3]:
        with monkeypatch.context() as patch:
            patch.setattr(FileStorage, "get", breaking(error))
            answer = dana.get(f"{API}/images/{image}/content")
        assert answer.status_code in (404, 500, 503)
        assert not LEAKS.search(answer.text), answer.text


def test_what_inference_says_of_its_own_inside_is_not_passed_on(
    shared_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = Broken(f"CUDA error in {INSIDE}")
    monkeypatch.setattr(shared_studio.app.state.catalog, "cards", breaking(error))
    answer = shared_studio.actors.browser().get(f"{API}/models")
    assert answer.status_code >= 500
    assert answer.headers["x-request-id"] in answer.json()["detail"]
    assert not LEAKS.search(answer.text), answer.text


def test_an_answer_of_the_wrong_shape_is_a_plain_500(
    shared_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FastAPI checks what goes out; its complaint quotes what it saw."""
    from backend.accounts import repository

    odd = [{"id": INSIDE, "secret_hash": SQL}]
    monkeypatch.setattr(repository, "keys_of", lambda *_: odd)
    answer = shared_studio.actors.browser().get(f"{API}/me/api-keys")
    assert answer.status_code == 500
    assert not LEAKS.search(answer.text), answer.text
    assert answer.json()["code"] == "unexpected"
    assert answer.headers["x-request-id"] in answer.json()["detail"]
