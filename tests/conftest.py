"""Where every test finds its fixtures. Each file there says what it offers."""

from __future__ import annotations

import os

import pytest

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.inference",
    "tests.fixtures.drafts",
    "tests.fixtures.actors",
    "tests.fixtures.workshop",
    "tests.fixtures.app",
    "tests.fixtures.hooks",
    "tests.fixtures.estate",
    "tests.fixtures.telling",
]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no variable of the developer's own studio reach a test."""
    for name in os.environ:
        if name.startswith("ATELIER_"):
            monkeypatch.delenv(name)
