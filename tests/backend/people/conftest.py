"""The whole backend, on each kind of database in turn, and an administrator in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.kit.settings import Settings
from tests.fixtures.actors import Client
from tests.fixtures.app import QUIET, Studio, open_studio
from tests.fixtures.scripted import CARD, ScriptedInference

OTHER = CARD.model_copy(update={"name": "other"})


@pytest.fixture
def studio(tmp_path: Path, database_url: str) -> Iterator[Studio]:
    settings = Settings(data_dir=tmp_path / "var", database_url=database_url, **QUIET)
    inference = ScriptedInference()
    inference.cards = [CARD, OTHER]
    with open_studio(settings, inference) as opened:
        yield opened


@pytest.fixture
def ada(studio: Studio) -> Client:
    """The only administrator."""
    return studio.actors.browser("admin")
