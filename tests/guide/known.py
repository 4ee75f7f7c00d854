"""What there is that a command of the guide may name, read from where it is defined."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import typer
import yaml

from backend.cli import app
from backend.kit.settings import Settings
from tests.guide.blocks import ROOT

_OF_UNIX: Final = """
    [ awk cat cd chmod chown cmp cp cut date df diff echo env export false find grep head install kill ln ls mkdir mktemp mv printf
    ps read rm rmdir sed set sha256sum shred sleep sort source tail tar tee test touch true umask unset useradd userdel wait wc
"""
_OF_MACHINES: Final = """
    apt-get certbot curl git journalctl jq make nginx openssl systemctl systemd-analyze systemd-run
    createdb createuser dropdb pg_dump pg_isready pg_restore psql
"""
_OF_CLOUDS: Final = "buildah docker gcloud hf helm k3s kind kubectl promtool ray serve terraform"
PROGRAMS: Final = frozenset(
    f"{_OF_UNIX} {_OF_MACHINES} {_OF_CLOUDS} atelier python python3".split()
)
NAMESPACES: Final = frozenset({"atelier", "kuberay-system", "keda", "default", "monitoring"})
OURS: Final = re.compile(r"\bATELIER_[A-Z0-9_]*[A-Z0-9]\b")


@cache
def tracked() -> frozenset[str]:
    """Return every file that git tracks or will, and the folders that they lie in, from the root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split("\n")  # fmt: skip
    files = {Path(name) for name in listed if name}
    return frozenset(str(one) for file in files for one in (file, *file.parents))


@cache
def settings() -> frozenset[str]:
    """Return every variable of ours: settings with their `_FILE`, and what inference and the checks read."""
    named = {f"ATELIER_{name.upper()}" for name in Settings.model_fields}
    read = {
        name
        for folder in ("inference", "tests/deploy")
        for source in (ROOT / folder).rglob("*.py")
        for name in OURS.findall(source.read_text())
    }
    return frozenset(named | read | {f"{name}_FILE" for name in named})


@cache
def targets() -> frozenset[str]:
    """Return the targets of the Makefile."""
    return frozenset(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@cache
def command_line() -> Any:
    """Return `atelier` as click has it; typer brings a click of its own, whose classes have no public name."""
    return typer.main.get_command(app)


@cache
def terraform(folder: str, kind: str) -> frozenset[str]:
    """Return the names of `variable` or `output` blocks in a folder of Terraform."""
    text = "".join(one.read_text() for one in (ROOT / folder).glob("*.tf"))
    return frozenset(re.findall(rf'^{kind} "([\w-]+)"', text, re.MULTILINE))


@cache
def cloud_secrets() -> frozenset[str]:
    """Return the secrets that Terraform makes in Secret Manager."""
    text = (ROOT / "terraform/environments/gke/main.tf").read_text()
    [inside] = re.findall(r"^  secrets = \{\n(.*?)^  \}", text, re.MULTILINE | re.DOTALL)
    return frozenset(re.findall(r"^\s*([\w-]+)\s*=", inside, re.MULTILINE))


@cache
def manifests() -> tuple[dict[str, Any], ...]:
    """Return every document of k8s, as it is written."""
    files = sorted((ROOT / "k8s").rglob("*.yaml"))
    found = [one for file in files for one in yaml.safe_load_all(file.read_text())]
    return tuple(one for one in found if isinstance(one, dict) and "kind" in one)


@cache
def objects() -> frozenset[str]:
    """Return what kubectl can be asked for, such as deployment/api."""
    return frozenset(
        f"{one['kind'].lower()}/{one['metadata']['name']}"
        for one in manifests()
        if one.get("metadata", {}).get("name")
    )


@cache
def cluster_secrets() -> dict[str, frozenset[str]]:
    """Return the Secrets that manifests ask for and people make, with the keys asked for."""
    text = "\n".join(one.read_text() for one in sorted((ROOT / "k8s").rglob("*.yaml")))
    asked: dict[str, set[str]] = {}
    for pattern in (
        r"secretKeyRef: \{name: ([\w-]+), key: ([\w-]+)",
        r"name: ([\w-]+), key: ([\w-]+)\}",
    ):
        for name, key in re.findall(pattern, text):
            asked.setdefault(name, set()).add(key)
    return {name: frozenset(keys) for name, keys in asked.items()}


def renders(folder: Path, kubectl: str) -> str | None:
    """Return why a kustomization does not render, in kubectl's words; one that fetches from elsewhere is not tried."""
    if "https://" in (folder / "kustomization.yaml").read_text():
        return None
    done = subprocess.run(
        [kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False
    )
    return None if done.returncode == 0 else done.stderr
