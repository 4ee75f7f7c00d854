"""What the checks of this folder need and pip cannot bring."""

from __future__ import annotations

import os
from pathlib import Path

from tests.fixtures.tools import missing, needed

ROOT = Path(__file__).parents[2]
# Read when this is imported: no variable of ours reaches a test.
SCHEMAS = Path(os.environ.get("ATELIER_K8S_SCHEMAS") or ROOT.parent / "shared/k8s-schemas")


def program(name: str) -> str:
    """Return the path of kubectl or terraform; without it the test is skipped, or fails in CI."""
    return needed(name, package=name, lost="what it renders", by="install")


def schemas() -> Path:
    """Return the folder with the schemas of custom resources; without it the test is skipped, or fails in CI."""
    if not (SCHEMAS / "README.md").is_file():
        missing(f"no schemas of custom resources at {SCHEMAS}; set ATELIER_K8S_SCHEMAS")
    return SCHEMAS
