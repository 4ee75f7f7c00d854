"""What a revision may do to programs that are older than it, read from its source: docs/operate/upgrading.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

TAKES_AWAY: Final = {"drop_table", "drop_column", "rename_table", "alter_column"}
FORBIDS: Final = {
    "create_unique_constraint", "create_check_constraint", "create_exclude_constraint", "create_foreign_key",
    "create_primary_key",
}  # fmt: skip
WORDS: Final = ("DROP ", "RENAME ", "SET NOT NULL", " TYPE ")
PHASES: Final = {"expand", "contract"}


def faults_of(source: str, known: list[str]) -> list[str]:
    """Return what is wrong with a revision; `known` are all of them, the first one first."""
    tree = ast.parse(source)
    declared = dict(_declared(tree))
    phase = declared.get("PHASE")
    if phase not in PHASES:
        return ['say PHASE = "expand" or PHASE = "contract"']
    if phase == "contract":
        return list(_faults_of_floor(declared, known))
    upgrade = next(
        one for one in tree.body if isinstance(one, ast.FunctionDef) and one.name == "upgrade"
    )
    return list(_faults_of_expansion(upgrade, alone=declared.get("ALONE") is True))


def _declared(tree: ast.Module) -> Iterator[tuple[str, object]]:
    for one in tree.body:
        if isinstance(one, ast.Assign) and isinstance(one.value, ast.Constant):
            for target in one.targets:
                if isinstance(target, ast.Name):
                    yield target.id, one.value.value


def _faults_of_floor(declared: dict[str, object], known: list[str]) -> Iterator[str]:
    oldest, revision = declared.get("OLDEST"), declared.get("revision")
    if oldest not in known:
        yield "OLDEST names the revision of the oldest program that works afterwards"
    elif revision in known and known.index(str(oldest)) >= known.index(str(revision)):
        yield f"OLDEST = {oldest!r} is no older than the revision itself: no program could wait for it"
    if declared.get("ALONE"):
        yield "what contracts happens in a transaction: no ALONE"


def _faults_of_expansion(upgrade: ast.FunctionDef, *, alone: bool) -> Iterator[str]:
    calls = [one for one in ast.walk(upgrade) if isinstance(one, ast.Call)]
    made = {_first(call) for call in calls if _name(call) == "create_table"}
    for call in calls:
        name, table = _name(call), _first(call)
        if name in TAKES_AWAY:
            yield f"{name} takes from older programs what they use; that is for a later revision that contracts"
        elif name in FORBIDS:
            yield f"{name} forbids older programs what they do; that is for a later revision that contracts"
        elif name == "add_column" and _must_be_written(call):
            yield "a column that is never NULL needs a server_default: older programs do not write it"
        elif name == "create_index" and not (alone or _second(call) in made):
            yield f"the index {table} keeps everybody who writes waiting: online.create_index and ALONE = True"
        elif name == "execute" and any(word in ast.unparse(call).upper() for word in WORDS):
            yield f"{ast.unparse(call)} takes away or renames what older programs use"


def _must_be_written(call: ast.Call) -> bool:
    for column in ast.walk(call):
        if isinstance(column, ast.Call) and _name(column) == "Column":
            said = {one.arg: one.value for one in column.keywords}
            never = isinstance(said.get("nullable"), ast.Constant) and not ast.literal_eval(
                said["nullable"]
            )
            return never and "server_default" not in said
    return False


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _first(call: ast.Call) -> object:
    return call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None


def _second(call: ast.Call) -> object:
    two = call.args[1:2]
    return two[0].value if two and isinstance(two[0], ast.Constant) else None


def sources(folder: Path, since: str) -> dict[str, str]:
    """Return each revision's source by name, from revision `since` on."""
    found = sorted(path for path in folder.glob("[0-9]*.py") if path.name[:4] >= since)
    return {path.name: path.read_text() for path in found}
