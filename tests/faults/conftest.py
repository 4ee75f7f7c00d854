"""Somebody to break things under."""

from __future__ import annotations

import pytest

from backend.kit.database import Database
from tests.fixtures.actors import add_key, add_user


@pytest.fixture
def key(database: Database) -> str:
    """The API key of somebody who has nothing queued."""
    return add_key(database, add_user(database))
