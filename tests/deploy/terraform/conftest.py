"""Terraform with a provider of ours, started once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.needs import program
from tests.deploy.terraform.running import Workspace, copied, provider


@pytest.fixture(scope="session")
def reattach() -> Iterator[str]:
    """Return the address of the provider."""
    program("terraform")
    # A unix socket's path has room for about a hundred characters, which pytest's folders may take.
    with tempfile.TemporaryDirectory() as folder, provider(Path(folder) / "socket") as said:
        yield said


@pytest.fixture(scope="session")
def sound(reattach: str, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A copy of terraform/ that stays as it is."""
    return copied(tmp_path_factory.mktemp("sound"), reattach)


@pytest.fixture
def workspace(reattach: str, tmp_path: Path) -> Workspace:
    """A copy of terraform/ of one's own, to be broken."""
    return copied(tmp_path, reattach)
