"""The real terraform on a copy of terraform/, with a provider of ours in Google's place and no way to a registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.deploy.needs import ROOT, program

SOURCES = ROOT / "terraform"
FOLDERS = sorted(str(path.parent.relative_to(SOURCES)) for path in SOURCES.glob("**/versions.tf"))
ENVIRONMENT = "environments/gke"
# Providers come from this folder alone, in which there are none.
CONFIGURATION = 'provider_installation {{\n  filesystem_mirror {{\n    path = "{}"\n  }}\n}}\n'


@dataclass(frozen=True)
class Result:
    """What a command said, both streams together, and whether it was content."""

    ok: bool
    raw: str

    @property
    def text(self) -> str:
        """The same in one line: terraform draws frames and breaks lines around what it says."""
        return " ".join(self.raw.replace("│", " ").split())


@dataclass(frozen=True)
class Workspace:
    """A copy of terraform/ in which commands run."""

    root: Path
    reattach: str

    def run(self, folder: str, *command: str) -> Result:
        """Run `terraform command…` in a folder of the copy."""
        done = subprocess.run(
            [program("terraform"), *command],
            cwd=self.root / folder,
            env=self._variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Result(done.returncode == 0, done.stdout)

    def init(self, folder: str) -> Result:
        """Make a folder ready: its modules found, its state kept nowhere."""
        return self.run(folder, "init", "-backend=false", "-input=false", "-no-color")

    def init_here(self, folder: str) -> Result:
        """Make an environment ready with its state in a file: the bucket of its backend does not exist here."""
        override = self.root / folder / "here_override.tf"  # which Terraform reads last
        override.write_text('terraform {\n  backend "local" {}\n}\n')
        return self.run(folder, "init", "-input=false", "-no-color")

    def plan(self, folder: str, *given: str) -> dict[str, Any]:
        """Return the plan of an environment of which nothing is there yet, as JSON."""
        steps = (
            self.init_here(folder),
            self.run(folder, "plan", "-input=false", "-no-color", "-out=made.tfplan", *given),
            shown := self.run(folder, "show", "-json", "made.tfplan"),
        )
        assert all(step.ok for step in steps), [step.text for step in steps if not step.ok]
        made: dict[str, Any] = json.loads(shown.raw)
        return made

    def _variables(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        return kept | {
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_CONFIG_FILE": str(self.root.parent / "terraform.rc"),
            **({"TF_REATTACH_PROVIDERS": self.reattach} if self.reattach else {}),
        }


def copied(to: Path, reattach: str) -> Workspace:
    """Copy what git knows of terraform/, without what a person's runs left in it."""
    left = shutil.ignore_patterns(
        ".terraform*", "*.tfstate*", "*.tfplan", "terraform.tfvars", "backend.hcl"
    )
    shutil.copytree(SOURCES, to / "terraform", ignore=left)
    (to / "no-providers").mkdir()
    (to / "terraform.rc").write_text(CONFIGURATION.format(to / "no-providers"))
    return Workspace(to / "terraform", reattach)


@contextmanager
def provider(socket: Path) -> Iterator[str]:
    """Serve the provider; yield what TF_REATTACH_PROVIDERS must say."""
    command = [sys.executable, "-m", "tests.deploy.terraform.provider", str(socket)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = process.stdout.readline()
            assert said, f"the provider ended with {process.wait()}"
            yield said.strip()
        finally:
            process.terminate()
