"""The whole backend, on each kind of database in turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.kit.settings import Settings
from tests.fixtures.app import QUIET, Studio, open_studio
from tests.fixtures.scripted import ScriptedInference


@pytest.fixture
def studio(tmp_path: Path, database_url: str) -> Iterator[Studio]:
    settings = Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET)
    with open_studio(settings, ScriptedInference()) as opened:
        yield opened
