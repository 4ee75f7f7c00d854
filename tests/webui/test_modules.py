"""The scripts of the pages fit together: what one takes from another is there. No bundler looks at that."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from webui.static_files import FOLDER

SCRIPTS = sorted(FOLDER.rglob("*.js"))
_TAKEN = re.compile(r'^import \{([^}]*)\} from "(\.[^"]+)";', re.MULTILINE)
_TAKEN_LATER = re.compile(r'\{([^{}]*)\} = await import\("(\.[^"]+)"\)')
_GIVEN = re.compile(
    r"^export (?:default )?(?:async )?(?:const|let|class|function\*?) (\w+)", re.MULTILINE
)
_GIVEN_ON = re.compile(r'^export \{([^}]*)\}(?: from "[^"]+")?;', re.MULTILINE)


def names_in(some: str) -> set[str]:
    """Return the names of a list in braces, as the other module calls them."""
    return {re.split(r" as |:", one)[0].strip() for one in some.split(",") if one.strip()}


def given_by(path: Path) -> set[str]:
    text = path.read_text()
    on = [re.split(r" as ", one)[-1].strip() for some in _GIVEN_ON.findall(text) for one in some.split(",")]  # fmt: skip
    return {*_GIVEN.findall(text), *on}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(FOLDER)))
def test_takes_only_what_is_given(path: Path) -> None:
    text = path.read_text()
    missing = {
        f"{name} of {other}"
        for some, other in _TAKEN.findall(text) + _TAKEN_LATER.findall(text)
        for name in names_in(some) - given_by(path.parent / other)
    }
    assert missing == set()


def test_finds_what_is_missing() -> None:
    """Or all of these would be passed by a pattern that finds nothing."""
    taken = [name for path in SCRIPTS for some, _ in _TAKEN.findall(path.read_text()) for name in names_in(some)]  # fmt: skip
    assert len(taken) > len(SCRIPTS)
    assert "h" in given_by(FOLDER / "core" / "dom.js")
    assert "nothing" not in given_by(FOLDER / "core" / "dom.js")
