"""The whole backend, on each kind of database in turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from backend.kit.settings import Settings
from tests.fixtures.app import QUIET


@pytest.fixture
def studio_settings(tmp_path: Path, database_url: str) -> Settings:
    return Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET)
