"""The shape of the code, where import-linter cannot see it: what a process really loads."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path
    for package in ("webui", "backend", "inference")
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts
)


def _loaded_by(statement: str, *names: str) -> list[str]:
    probe = f"import sys; {statement}; print([n for n in {names!r} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT
    )
    found: list[str] = ast.literal_eval(done.stdout.strip().splitlines()[-1])
    return found


def test_the_backend_runs_without_gpu_libraries() -> None:
    assert (
        _loaded_by("import backend.app", "torch", "diffusers", "transformers", "ray", "gradio")
        == []
    )


def test_the_contract_loads_nothing_but_pydantic() -> None:
    heavy = ("torch", "ray", "fastapi", "sqlmodel", "sqlalchemy", "starlette", "httpx2", "numpy")
    assert _loaded_by("import inference.protocol", *heavy) == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is_for(path: Path) -> None:
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree) or not tree.body


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_modules_and_functions_stay_short(path: Path) -> None:
    source = path.read_text()
    long_functions = [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno > 50
    ]
    assert long_functions == []
    assert source.count("\n") <= 300


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "browser").glob("test_*.py")), ids=str)
def test_a_page_is_waited_for(path: Path) -> None:
    """What a page shows is asked with `expect`, which waits: read once, it may not be there yet."""
    read_once = re.compile(
        r"^ +assert [^\n]*\.(?:is_visible|is_checked|is_enabled|input_value|inner_text|all_inner_texts)\(\)"
        r"|^ +assert [^\n]*\.count\(\) == [1-9]",
        re.MULTILINE,
    )
    assert read_once.findall(path.read_text()) == []


def test_each_lane_looks_wherever_its_tests_are() -> None:
    makefile = (ROOT / "Makefile").read_text()
    lanes = [
        ({word for word in wanted.split() if f"not {word}" not in wanted}, where.split())
        for wanted, where in re.findall(r'-m "?([^$]*?)"? \$\(ARGS\) ([^;&\n]+)', makefile)
    ]
    kinds = {"serial", "heavy", "long", "browser", "faults", "security", "deploy", "images"}
    assert kinds <= set().union(*(words for words, _ in lanes))
    unseen = []
    for path in (ROOT / "tests").rglob("test_*.py"):
        marks = kinds & set(re.findall(r"pytest\.mark\.(\w+)", path.read_text()))
        seen = (
            words & marks and path.is_relative_to(ROOT / at)
            for words, places in lanes
            for at in places
        )
        if marks and not any(seen):
            unseen.append(path)
    assert unseen == []
