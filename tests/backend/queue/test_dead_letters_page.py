"""docs/operate/dead-letters.md explains every code that a failed generation can carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from backend import dispatch
from backend.kit.errors import Unprocessable
from backend.queue.repository import OWN_FAULT
from inference.protocol import InferenceError

PAGE = Path(__file__).parents[3] / "docs" / "operate" / "dead-letters.md"
WRITTEN_OUT = re.compile(r'Failure\(\s*"(\w+)"|^_CODE_\w+ = "(\w+)"', re.MULTILINE)


def errors(kind: type[InferenceError] = InferenceError) -> Iterator[type[InferenceError]]:
    yield kind
    for narrower in kind.__subclasses__():
        if narrower.__module__.startswith("inference.protocol"):
            yield from errors(narrower)


def ours() -> set[str]:
    """The codes that the dispatcher writes itself, read from its source."""
    [folder] = dispatch.__path__
    sources = "".join(path.read_text() for path in Path(folder).glob("*.py"))
    return {one or other for one, other in WRITTEN_OUT.findall(sources)}


def test_explains_every_code() -> None:
    assert ours() == {"incomplete", "internal", "interrupted", "storage", "storage_full"}
    codes = {error.code for error in errors()} | ours() | {Unprocessable.code}
    assert len(codes) > 12
    explained = re.findall(r"^\| (.+?) \|", PAGE.read_text(), re.MULTILINE)
    assert codes - set(re.findall(r"`(\w+)`", " ".join(explained))) == set()


def test_lists_apart_what_makes_no_dead_letter() -> None:
    dead, not_dead = PAGE.read_text().split("## What makes no dead letter")
    for code in OWN_FAULT:
        assert f"`{code}`" in not_dead
        assert f"| `{code}`" not in dead
