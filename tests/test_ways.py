"""docs/ways-to-draw.md names, for every way of drawing, a journey, commands and a picture that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from loadtests.mode_cells import cells, recipe
from tests.fixtures.documented import commands

ROOT: Final = Path(__file__).parent.parent
PAGE: Final = ROOT / "docs" / "ways-to-draw.md"
JOURNEYS: Final = ROOT / "tests" / "browser"
NOTHING_TO_SHOW: Final = "none: "
_BARS: Final = re.compile(r"(?<!\\)\|")
_LINK: Final = re.compile(r"\[([^]]+)\]\(([^)]+)\)(?:: (.+))?")


class Way(NamedTuple):
    """A row of the second table."""

    what: str
    journey: str
    commands: str
    picture: str


def tables() -> list[list[list[str]]]:
    """Return the cells of the page's tables, row by row, without their heads."""
    parts = re.findall(r"(?:^\|.*\n)+", PAGE.read_text(), re.MULTILINE)
    return [
        [[cell.strip() for cell in _BARS.split(line)[1:-1]] for line in part.splitlines()[2:]]
        for part in parts
    ]


WAYS: Final = [Way(*row) for row in tables()[1]]
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.what)


def test_both_tables_name_the_same_ways() -> None:
    first, _ = tables()
    assert [row[0] for row in first] == [way.what for way in WAYS]


@each_way
def test_the_journey_is_in_the_browser_suite(way: Way) -> None:
    file, name = way.journey.strip("`").split("::")
    tree = ast.parse((JOURNEYS / file).read_text())
    assert name in {one.name for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)}


@each_way
def test_the_commands_are_on_the_page_of_the_api(way: Way) -> None:
    found = _LINK.fullmatch(way.commands)
    assert found is not None, way.commands
    section, link, named = found.groups()
    assert link == f"api.md#{section.lower().replace(' ', '-')}"
    shown = {command.about for command in commands(section)}
    assert shown
    assert set(re.findall(r"`([^`]+)`", named or "")) <= {*shown}


@each_way
def test_the_picture_shows_it(way: Way) -> None:
    if way.picture.startswith(NOTHING_TO_SHOW):
        return
    found = _LINK.fullmatch(way.picture)
    assert found is not None, way.picture
    _, link, label = found.groups()
    assert (PAGE.parent / link).is_file()
    if label:
        labels = [cell.label for cell in (*cells(), *recipe("a dress"))]
        assert any(one.startswith(label) for one in labels), f"no label begins with {label!r}"
