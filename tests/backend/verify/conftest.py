"""A studio on each kind of database in turn, and an image that somebody has drawn there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.kit.settings import Settings
from tests.backend.verify.files import Drawn
from tests.fixtures.app import QUIET, UNLIMITED, Studio, open_studio
from tests.fixtures.scripted import ScriptedInference


@pytest.fixture
def each_studio(tmp_path: Path, database_url: str) -> Iterator[Studio]:
    """A studio over SQLite, then one over PostgreSQL."""
    settings = Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET, **UNLIMITED)
    with open_studio(settings, ScriptedInference()) as opened:
        yield opened


@pytest.fixture(scope="module")
def drawn(shared_studio: Studio) -> Drawn:
    """An image of 512 pixels a side in the studio of the module."""
    return Drawn.by(shared_studio, shared_studio.actors.browser("designer"))
