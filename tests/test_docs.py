"""The documents tell the truth: files they name exist, settings are all there, commands work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from backend.cli import settings_page
from backend.kit.settings import Settings

ROOT = Path(__file__).parent.parent
ENTRANCES = [ROOT / name for name in ("README.md", "CHANGELOG.md", "SECURITY.md", "k8s/README.md")]
PAGES = sorted([*ENTRANCES, *(ROOT / "docs").rglob("*.md")])


def test_every_file_on_the_data_path_exists() -> None:
    named = re.findall(
        r"^\| \d+ \| `(\S+)` \|", (ROOT / "docs/data-path.md").read_text(), re.MULTILINE
    )
    assert len(named) > 15
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_settings_page_is_what_make_settings_writes() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_page()


def test_every_setting_has_a_sentence() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]
    assert silent == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)[^)]*\)", page.read_text())
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_named_in_the_pages_are_in_the_makefile(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text()))
    assert named <= targets


def test_the_readme_names_its_two_commands() -> None:
    text = (ROOT / "README.md").read_text()
    assert "make run" in text
    assert "make test" in text


def test_locked_versions_satisfy_the_declared_ranges() -> None:
    from importlib.metadata import requires

    from packaging.requirements import Requirement

    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line and not line.startswith("#")
    )
    locked = {name.lower().replace("_", "-"): version for name, version in pins.items()}
    for declared in map(Requirement, requires("atelier") or []):
        version = locked.get(declared.name.lower())
        assert version is not None, f"{declared.name} is not locked; run `make lock`"
        assert declared.specifier.contains(version, prereleases=True), declared


def test_torch_is_locked_where_a_cpu_build_exists() -> None:
    assert "\ntorch==2.13.0\n" in (ROOT / "constraints.txt").read_text()
