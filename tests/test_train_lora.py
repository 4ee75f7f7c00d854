"""`atelier train-lora` as a person types it: what is refused before anything is loaded."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.cli import app


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--name", "Not This", "--trigger", "linen"], "name: 1 to 100 of a-z"),
        (["--name", "linen", "--trigger", "linen", "--rank", "0"], "rank: 1 to 128, such as 8"),
        (["--name", "linen", "--trigger", "linen", "--resolution", "60"], "resolution: 64 to 1024"),
        (["--name", "linen", "--trigger", "linen", "--out", "x.bin"], "must end in .safetensors"),
    ],
)
def test_says_field_limit_and_a_good_value(tmp_path: Path, words: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["train-lora", str(tmp_path), *words])
    assert done.exit_code == 1
    assert told in " ".join(done.stderr.split())


def test_the_command_line_loads_no_torch() -> None:
    asked = "import sys, backend.cli, inference.training.plan; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
