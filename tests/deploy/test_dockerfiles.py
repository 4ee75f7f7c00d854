"""The images are made as hadolint would, of what is really there, and what is put into them is enough to run."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.needs import ROOT
from tests.deploy.rendering import Document, templates

pytestmark = pytest.mark.deploy
FILES = sorted((ROOT / "containers").glob("*.Dockerfile"))
LINT = Path(sys.executable).with_name("hadolint")
SMOKE = {
    "backend": (
        "import sys; import backend.cli, webui.server; "
        "assert not {'torch', 'ray', 'diffusers'} & set(sys.modules)"
    ),
    "inference": (
        "import inference.serve_app; from inference.catalog import Catalog; "
        "assert [offer.name for offer in Catalog.read().offers] == ['atelier-mini']"
    ),
}


def lint(path: Path) -> str:
    done = subprocess.run(
        [LINT, "--failure-threshold=style", path], capture_output=True, text=True, check=False
    )
    return done.stdout


def copied(path: Path) -> list[str]:
    """Return what a Dockerfile takes from here, not from another stage."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", path.read_text(), re.MULTILINE)
    return sorted({word for line in lines for word in line.split()[:-1]})


def let_through() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    return [line[1:] for line in lines if line.startswith("!")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_hadolint_finds_nothing(path: Path) -> None:
    assert lint(path) == ""


def test_hadolint_finds_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "Dockerfile"
    broken.write_text("FROM python:latest\nRUN cd /tmp && pip install torch\n")
    assert {"DL3007", "DL3003", "DL3013"} <= set(re.findall(r"DL\d+", lint(broken)))


def test_exactly_what_is_copied_is_sent_to_the_builder() -> None:
    wanted = {name for path in FILES for name in copied(path)}
    assert wanted == set(let_through())
    assert [name for name in wanted if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_copied_is_enough_to_run(path: Path, tmp_path: Path) -> None:
    for name in copied(path):
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    done = subprocess.run(
        [sys.executable, "-c", SMOKE[path.stem]],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_image_runs_as_whom_the_pods_say(path: Path, gke: list[Document]) -> None:
    (user,) = re.findall(r"^USER (\d+):(?:\d+)$", path.read_text(), re.MULTILINE)
    ours = [spec for whose, spec in templates(gke) if not whose.startswith("CronJob")]
    assert {spec["spec"]["securityContext"]["runAsUser"] for spec in ours} == {int(user)}


def test_all_images_have_the_python_that_the_tests_run_on() -> None:
    named = {
        found
        for path in FILES
        for found in re.findall(r"^ARG BASE=python:([\d.]+)-", path.read_text(), re.MULTILINE)
    }
    assert named == {f"{sys.version_info.major}.{sys.version_info.minor}"}


def test_what_an_image_installs_is_what_pyproject_says() -> None:
    done = subprocess.run(
        [sys.executable, "containers/requirements.py", "studio", "gcs", "inference"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = {re.split(r"[\[<>=]", line)[0] for line in done.stdout.splitlines()}
    assert {"fastapi", "gradio", "gcsfs", "ray", "diffusers"} <= names
    assert not {"pytest", "kubernetes-validate"} & names


def test_everything_that_the_images_need_is_pinned() -> None:
    pins = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    done = subprocess.run(
        [sys.executable, "containers/requirements.py", "studio", "gcs", "inference", "deploy"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = {re.split(r"[\[<>=]", line)[0].lower() for line in done.stdout.splitlines()}
    assert names <= pins
