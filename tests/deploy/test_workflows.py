"""The workflows are as GitHub wants them, and give nobody more than they need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from containers.build import IMAGES
from tests.deploy.needs import ROOT

pytestmark = pytest.mark.deploy
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
BESIDE = Path(sys.executable).parent


def said_of(path: Path) -> str:
    """Return what GitHub's schema and zizmor have against a workflow."""
    schema: list[str | Path] = [
        BESIDE / "check-jsonschema",
        "--builtin-schema=vendor.github-workflows",
        path,
    ]
    audit: list[str | Path] = [BESIDE / "zizmor", "--offline", "--quiet", "--no-config", path]
    found = (
        subprocess.run(one, capture_output=True, text=True, check=False) for one in (schema, audit)
    )
    return "".join(one.stdout + one.stderr for one in found if one.returncode)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_nothing_is_said_against_it(path: Path) -> None:
    assert said_of(path) == ""


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    step: []\n    steps:\n"
        "      - uses: actions/checkout@v4\n      - run: echo ${{ github.event.pull_request.title }}\n"
    )
    said = said_of(broken)
    assert "'step' was unexpected" in said
    assert {"dangerous-triggers", "template-injection", "unpinned-uses"} <= set(
        re.findall(r"\[([a-z-]+)\]", said)
    )


def test_every_image_is_built_pushed_and_taken() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/images.yaml").read_text())
    built = " ".join(workflow["jobs"]["build"]["strategy"]["matrix"]["images"]).split()
    assert sorted(built) == sorted(one.name for one in IMAGES)
    taken = {
        tuple(line.split()[1:])
        for step in workflow["jobs"]["propose"]["steps"]
        for line in step.get("run", "").splitlines()
        if re.match(r"\s*take \w+ ", line)
    }
    for overlay in ("gke", "local"):
        settings = yaml.safe_load(
            (ROOT / "k8s/overlays" / overlay / "kustomization.yaml").read_text()
        )
        ours = {
            (overlay, one["name"], one["newName"].rpartition("/")[2].partition(":")[0])
            for one in settings["images"]
            if one["name"] != "atelier/postgres"
        }
        assert ours == {one for one in taken if one[0] == overlay}


def test_every_make_command_of_it_is_one() -> None:
    targets = set(
        re.findall(r"^([a-z-]+|\.venv/[a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    named = {
        name for path in WORKFLOWS for name in re.findall(r"\bmake ([\w./-]+)", path.read_text())
    }
    assert named <= targets
