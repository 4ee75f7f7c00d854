"""The security pages tell the truth: every requirement has its row, every test it names exists, every command works."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from backend.cli import app as cli
from tests.test_docs import ROOT

TABLE = ROOT / "docs/security/asvs.md"
INCIDENTS = ROOT / "docs/operate/incidents.md"

# ASVS 5.0.0: the levels of each section's requirements, in order. "113": 1 and 2 are of Level 1, 3 is of Level 3.
LEVELS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223",
    "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22",
    "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
REQUIRED = [
    (f"V{section}.{number}", int(level))
    for section, levels in LEVELS.items()
    for number, level in enumerate(levels, start=1)
    if level != "3"
]
SAID = ("partly", "not met", "n/a")
KINDS = ("met by test", "met by design", *SAID)

_ROW = re.compile(r"^\| (V[\d.]+) \| (\d) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[^`]+?\.py)((?:::\w+)+)`")
_FILE = re.compile(r"`((?:backend|webui|inference|docs|tests)/[^`:]+|[\w.-]+\.toml)`")
_LINK = re.compile(r"\]\(([^)]+)\)")


@dataclass(frozen=True)
class Row:
    """One requirement as the table has it."""

    id: str
    level: int
    how: str
    proof: str

    @property
    def kind(self) -> str:
        for said in SAID:
            if self.proof.startswith(f"{said}: "):
                return said
        return "met by test" if _TEST.match(self.proof) else "met by design"


def rows_of(page: str) -> list[Row]:
    return [Row(name, int(level), how, proof) for name, level, how, proof in _ROW.findall(page)]


@cache
def _names_in(path: Path) -> frozenset[str]:
    """Return the functions of a test file, those of classes as Class::function."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            inside = (ast.FunctionDef, ast.AsyncFunctionDef)
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, inside)}
    return frozenset(found)


def _is_a_test(path: str, names: str) -> bool:
    name = names.removeprefix("::")
    file = ROOT / path
    return (
        file.is_file()
        and name.rpartition("::")[2].startswith("test_")
        and name in _names_in(file)
    )  # fmt: skip


def _leads_somewhere(link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = TABLE.parent / path
    if not target.exists():
        return False
    headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE) if anchor else []
    return not anchor or anchor in {
        re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings
    }


def troubles(row: Row) -> list[str]:
    """Return what is wrong with one row."""
    found = [f"no such test: {path}{names}" for path, names in _TEST.findall(row.proof + row.how)
             if not _is_a_test(path, names)]  # fmt: skip
    found += [
        f"no such file: {path}" for path in _FILE.findall(row.proof) if not (ROOT / path).exists()
    ]
    links = [link for link in _LINK.findall(row.proof) if not link.startswith("https:")]
    found += [f"no such page: {link}" for link in links if not _leads_somewhere(link)]
    said = row.proof.partition(": ")[2] if row.kind in SAID else row.proof
    if len(row.how) < 5 or len(said) < 5:
        found.append("says nothing")
    if row.kind == "met by test" and _TEST.sub("", row.proof).strip(", "):
        found.append("says more than tests")
    if row.kind in {"met by design", "partly"} and not (
        _TEST.search(said) or _FILE.search(said) or links
    ):
        found.append("names nothing that shows it")
    return found


def counted(rows: list[Row]) -> list[tuple[str, list[int]]]:
    """Return the numbers of the head paragraph, by level and together."""
    lines = []
    for name, levels in (("Level 1", {1}), ("Level 2", {2}), ("both", {1, 2})):
        counts = Counter(row.kind for row in rows if row.level in levels)
        numbers = [counts[kind] for kind in KINDS]
        lines.append((name, [*numbers, sum(numbers)]))
    return lines


def told(page: str) -> list[tuple[str, list[int]]]:
    lines = re.findall(r"^\| (Level 1|Level 2|both) \|([ \d|]+)\|$", page, re.MULTILINE)
    return [(name, [int(number) for number in numbers.split("|")]) for name, numbers in lines]


def strayed(page: str) -> list[str]:
    """Return the rows that stand under another chapter than their own."""
    found = []
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        chapter = part.partition(":")[0]
        found += [row.id for row in rows_of(part) if not row.id.startswith(f"{chapter}.")]
    return found


class TestTable:
    def test_has_each_requirement_of_levels_1_and_2_once_and_in_order(self) -> None:
        assert Counter(level for _, level in REQUIRED) == {1: 70, 2: 183}
        page = TABLE.read_text()
        assert [(row.id, row.level) for row in rows_of(page)] == REQUIRED
        assert len(re.findall(r"^\| V", page, re.MULTILINE)) == len(REQUIRED), (
            "a row cannot be read"
        )
        assert strayed(page) == []

    def test_names_tests_and_files_that_there_are(self) -> None:
        wrong = {row.id: found for row in rows_of(TABLE.read_text()) if (found := troubles(row))}
        assert wrong == {}

    def test_counts_its_rows(self) -> None:
        page = TABLE.read_text()
        assert told(page) == counted(rows_of(page))

    @pytest.mark.parametrize(
        ("how", "proof"),
        [
            ("a good reason", "`tests/test_docs.py::test_that_never_was`"),
            ("a good reason", "`tests/test_never.py::test_every_setting_has_a_sentence`"),
            ("a good reason", "`tests/test_security_docs.py::TestTable::troubles`"),
            ("a good reason", "`tests/test_docs.py::test_every_setting_has_a_sentence` and so on"),
            ("a good reason", "`backend/never.py`"),
            ("a good reason", "[inventory](inventory.md#never)"),
            ("a good reason", "by being careful"),
            ("a good reason", "partly: more or less"),
            ("a good reason", "not met: "),
            ("a good reason", ""),
            ("", "n/a: there is none here"),
        ],
    )
    def test_would_be_found_wrong(self, how: str, proof: str) -> None:
        assert troubles(Row("V1.1.1", 2, how, proof)) != []


def shell_of(page: Path) -> list[str]:
    """Return the lines of a page's shell blocks."""
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines()]


def _refused(line: str) -> str | None:
    """Return what of an `atelier` command there is not."""
    command: Any = typer.main.get_command(cli)
    words = re.split(r"\s+", line.partition("#")[0].strip())
    while words and hasattr(command, "commands"):
        name = words.pop(0)
        if name not in command.commands:
            return name
        command = command.commands[name]
    known = {option for parameter in command.params for option in parameter.opts}
    return next((word for word in words if word.startswith("--") and word not in known), None)


class TestIncidents:
    def test_commands_and_their_options_are_there(self) -> None:
        lines = shell_of(INCIDENTS)
        said = [
            said for line in lines for said in re.findall(r"\batelier ((?!@)[a-z][^)|>]*)", line)
        ]
        assert len(said) > 12
        assert {line: wrong for line in said if (wrong := _refused(line))} == {}
        assert _refused("audit mend") == "mend"
        assert _refused("audit verify --quickly") == "--quickly"

    def test_paths_are_the_apis(self) -> None:
        import json

        paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
        known = {
            (method.upper(), re.sub(r"\{\w+\}", "ID", path))
            for path, methods in paths.items()
            for method in methods
        }
        asked = [
            ((re.search(r"-X (\w+)", line) or ["", "GET"])[1], found[1])
            for line in shell_of(INCIDENTS)
            if (found := re.search(r"\$STUDIO(/api/[\w/-]+)", line))
        ]
        assert len(asked) > 3
        assert set(asked) <= known

    def test_says_no_statement_that_the_audit_would_not_know(self) -> None:
        assert re.findall(r"DELETE FROM|UPDATE \w+ SET", INCIDENTS.read_text()) == []

    def test_verbs_and_settings_are_the_studios(self) -> None:
        page = INCIDENTS.read_text()
        settings = (ROOT / "docs/settings.md").read_text()
        assert [name for name in re.findall(r"ATELIER_\w+", page) if name not in settings] == []
        code = "".join(path.read_text() for path in (ROOT / "backend").rglob("*.py"))
        verbs = set(re.findall(r"`([a-z_]+\.[a-z]+)`", page)) - {"login.key"}
        assert len(verbs) > 15
        missing = [
            verb
            for verb in verbs
            if f'"{verb}"' not in code
            and not (
                f'"{verb.partition(".")[0]}.{{verb}}"' in code
                and f'"{verb.partition(".")[2]}"' in code
            )
        ]
        assert missing == []


class TestPolicy:
    def test_is_where_people_look(self) -> None:
        assert "(SECURITY.md)" in (ROOT / "README.md").read_text()
        assert "(../SECURITY.md)" in (ROOT / "docs/index.md").read_text()

    def test_says_how_to_report_in_private_and_by_when_things_are_mended(self) -> None:
        page = (ROOT / "SECURITY.md").read_text()
        assert "private vulnerability report" in page
        assert re.search(r"\| critical.*\| \d+ days \| \d+ days \|", page)
        assert re.findall(r"[\w.]+@[\w.]+", page) == [], "an address that nobody reads"
