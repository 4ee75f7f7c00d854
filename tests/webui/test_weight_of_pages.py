"""What a page makes a browser load of ours: its scripts and style sheets, and what it loads later, such as the viewer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from os.path import normpath
from pathlib import Path

import pytest

from webui.gate import PAGES
from webui.modules import modules_from, pages
from webui.static_files import FOLDER

# What comes later has the editor of masks in it, the pad for shapes, the list of LoRAs and the forms of recipes, which only those
# load who open them; why an image is held, with the form of an appeal, which come with the first held tile; and which models are
# stopped, wherever one is chosen.
MOST_BYTES, MOST_BYTES_EVER = 150_000, 472_000
# The script and the style sheets that `webui.app` writes into every page's head.
HEAD = ["boot.js", "styles/fonts.css", "styles/shell.css"]
CREATE, FORM = "pages/create.js", "styles/composer.css"  # only Create has a form of Gradio's
_LATER = re.compile(r'import\("(\.[^"]+)"\)')
_SHEETS = re.compile(r"static sheets = \[([^\]]*)\]")
_WORN = re.compile(r'\bwear\([^"\n]*"(\w+)"')


def page_modules() -> dict[str, Path]:
    """Return each page's address and its module."""
    return {address: FOLDER / name for address, name in pages().items()}


def scripts_from(*starts: Path, later: bool) -> set[Path]:
    """Return these scripts and all that they import; `later`: also what they import when it is first needed."""
    # The table of pages names every page: none of them comes with another.
    found = modules_from(starts) | {FOLDER / "pages.js"}
    while later:
        wanted = {
            Path(normpath(path.parent / name))
            for path in found - {FOLDER / "pages.js"}
            for name in _LATER.findall(path.read_text())
        }
        if wanted <= found:
            break
        found |= modules_from(wanted)
    return found


def sheets_of(scripts: set[Path]) -> Iterator[Path]:
    for text in (path.read_text() for path in scripts):
        for name in _WORN.findall(text):
            yield FOLDER / "styles" / f"{name}.css"
        for names in _SHEETS.findall(text):
            for name in re.findall(r'"(\w+)"', names):
                yield FOLDER / "styles" / f"{name}.css"


def files_of(page: Path, *, later: bool = False) -> set[Path]:
    scripts = scripts_from(FOLDER / "main.js", page, later=later)
    head = [*HEAD, FORM] if page == FOLDER / CREATE else HEAD
    always = {FOLDER / name for name in [*head, "styles/base.css"]}
    return scripts | set(sheets_of(scripts)) | always


def weight_of(path: str, *, later: bool) -> int:
    return sum(file.stat().st_size for file in files_of(page_modules()[path], later=later))


def test_every_page_says_what_it_loads() -> None:
    assert {address.removesuffix("?id") for address in page_modules()} == PAGES.keys()


@pytest.mark.parametrize("path", pages())
def test_a_page_is_light(path: str) -> None:
    now, whole = (weight_of(path, later=later) for later in (False, True))
    print(f"{path}: {now} bytes, {whole} with what comes later")  # noqa: T201 - shown with -s
    assert now <= MOST_BYTES
    assert whole <= MOST_BYTES_EVER


def test_no_page_loads_what_only_administrators_see() -> None:
    files = files_of(page_modules()["/"])
    others = {FOLDER / name for name in ("admin", "people", "moderation", "account")}
    assert [file for file in files if others & set(file.parents)] == []


def test_every_script_and_sheet_belongs_to_a_page() -> None:
    loaded = set().union(*(files_of(page, later=True) for page in page_modules().values()))
    ours = {path for path in FOLDER.rglob("*") if path.suffix in {".js", ".css"}}
    assert ours - loaded == set()
