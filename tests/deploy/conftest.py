"""What the deployment checks share. Each file here bears the mark `deploy` and runs in `make check-deploy`."""

from __future__ import annotations

import copy

import pytest

from tests.deploy.rendering import OVERLAYS, Document, overlay


@pytest.fixture(params=OVERLAYS)
def documents(request: pytest.FixtureRequest) -> list[Document]:
    """Every document of an overlay, of each in turn."""
    return overlay(request.param)


@pytest.fixture
def local() -> list[Document]:
    """A copy of the small overlay, to be broken."""
    return copy.deepcopy(overlay("local"))


@pytest.fixture
def gke() -> list[Document]:
    """A copy of the overlay for GKE, to be broken."""
    return copy.deepcopy(overlay("gke"))
