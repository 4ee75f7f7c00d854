"""Each module and environment: written alike, accepted by the real terraform, and right by its own tests."""

from __future__ import annotations

import re

import pytest

from tests.deploy.terraform.running import FOLDERS, SOURCES, Workspace

pytestmark = pytest.mark.deploy
MODULES = [folder for folder in FOLDERS if folder.startswith("modules/")]
BLOCK = r'^{} "(\w+)" \{{\n(.*?)^\}}'


def _blocks(folder: str, file: str, kind: str) -> dict[str, str]:
    text = (SOURCES / folder / file).read_text()
    return dict(re.findall(BLOCK.format(kind), text, re.MULTILINE | re.DOTALL))


def test_everything_is_here() -> None:
    assert {"bootstrap", "environments/gke"} < set(FOLDERS)
    assert len(MODULES) >= 8
    assert [path.name for path in (SOURCES / "modules").iterdir()] == [
        path.name for path in (SOURCES / "modules").iterdir() if (path / "versions.tf").is_file()
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_has_the_same_files_as_the_others(folder: str) -> None:
    here = {path.name for path in (SOURCES / folder).iterdir()}
    assert {"main.tf", "variables.tf", "outputs.tf", "versions.tf", "README.md", "tests"} <= here
    assert list((SOURCES / folder / "tests").glob("*.tftest.hcl"))


@pytest.mark.parametrize("folder", FOLDERS)
def test_variables_and_outputs_say_what_they_are(folder: str) -> None:
    variables = _blocks(folder, "variables.tf", "variable")
    outputs = _blocks(folder, "outputs.tf", "output")
    assert variables
    assert outputs
    silent = [
        name
        for name, body in {**variables, **outputs}.items()
        if not re.search(r'^  description = "[^"]{10,}', body, re.MULTILINE)
    ]
    assert silent == []
    assert [name for name, body in variables.items() if "  type " not in body] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_refused_is_named_with_a_good_value(folder: str) -> None:
    for name, body in _blocks(folder, "variables.tf", "variable").items():
        for message in re.findall(r'error_message = "(.*)"$', body, re.MULTILINE):
            assert message.startswith(name), message
            assert re.search(r"such as|must be .*null|or roles/|REGULAR or|or EU", message), message


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_refusal_is_tried(folder: str) -> None:
    tried = "".join(path.read_text() for path in (SOURCES / folder / "tests").glob("*.tftest.hcl"))
    shared = {"name", "labels", "region"} if folder != "modules/network" else set()
    untried = [
        name
        for name, body in _blocks(folder, "variables.tf", "variable").items()
        if "validation {" in body and name not in shared and f"var.{name}]" not in tried
    ]
    assert untried == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_versions_are_bounded(folder: str) -> None:
    text = (SOURCES / folder / "versions.tf").read_text()
    assert 'required_version = ">= 1.11, < 2.0"' in text
    assert 'version = "~> 7.28"' in text


def test_each_readme_names_all_it_takes_and_gives() -> None:
    for folder in FOLDERS:
        text = (SOURCES / folder / "README.md").read_text()
        names = _blocks(folder, "variables.tf", "variable") | _blocks(
            folder, "outputs.tf", "output"
        )
        assert [f"{folder}: {name}" for name in names if f"`{name}`" not in text] == []


def test_links_lead_somewhere() -> None:
    pages = [SOURCES / "README.md", *(SOURCES / folder / "README.md" for folder in FOLDERS)]
    for page in pages:
        links = re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", page.read_text())
        assert [link for link in links if not (page.parent / link).exists()] == []
    named = re.findall(r"\]\(([a-z_/]+)\)", pages[0].read_text())
    assert sorted(named) == sorted(FOLDERS)


def test_is_formatted(sound: Workspace) -> None:
    assert sound.run(".", "fmt", "-check", "-recursive").ok


@pytest.mark.parametrize("folder", FOLDERS)
def test_is_valid_and_passes_its_own_tests(sound: Workspace, folder: str) -> None:
    ready = sound.init(folder)
    assert ready.ok, ready.text
    valid = sound.run(folder, "validate", "-no-color")
    assert valid.ok, valid.text
    tested = sound.run(folder, "test", "-no-color")
    assert tested.ok, tested.text
    assert re.search(r"Success! [1-9]\d* passed, 0 failed", tested.text)


def test_nothing_is_asked_of_a_registry(workspace: Workspace) -> None:
    """Without our provider terraform looks in an empty folder, and nowhere else."""
    alone = Workspace(workspace.root, reattach="")
    done = alone.run("modules/budget", "init", "-backend=false", "-input=false", "-no-color")
    assert not done.ok
    assert "not found in any of the search locations" in done.text
