"""One run from the first section to the last: what was measured on, and figures kept after every section."""

from __future__ import annotations

import faulthandler
import json
import logging
import platform
import shutil
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import diffusers
import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from inference.devices import Placement, prefer_speed, use_device
from inference.offline import stay_offline
from loadtests.gpu.bench import FULL_SCALE, TINY_SCALE, Bench, placement_of
from loadtests.gpu.racing import Clock
from loadtests.gpu.report import markdown
from loadtests.gpu.sections import COMPILED, SECTIONS, measure_all
from loadtests.gpu.shapes import FULL, TINY

_GRACE_S: Final = 40.0


@dataclass(frozen=True)
class Asked:
    """What to measure, where, for how long, and where the JSON goes; the page lies beside it."""

    device: str
    tiny: bool
    compile: bool
    budget_seconds: float
    out: Path

    @property
    def command(self) -> str:
        """What to type to measure this again; where the file went is left out."""
        flags = [f"--{flag}" for flag in ("tiny", "compile") if getattr(self, flag)]
        words = ["python -m loadtests.gpu_bench", f"--device {self.device}", *flags]
        return " ".join([*words, f"--budget-seconds {self.budget_seconds:g}"])


def measure(asked: Asked) -> dict[str, Any]:
    """Measure every section that device and budget allow; return the report, which is kept by then."""
    where = placement_of(asked.device)
    _prepare(where, asked.budget_seconds)
    clock = Clock(asked.budget_seconds)
    shapes, scale = (TINY, TINY_SCALE) if asked.tiny else (FULL, FULL_SCALE)
    with closing(Bench(where, shapes, scale, clock)) as bench:
        report = _measure(bench, asked)
    if bench.on_cuda:
        faulthandler.cancel_dump_traceback_later()
    return report


def _prepare(where: Placement, budget: float) -> None:
    """Be quiet, stay offline, use the device as the studio does, and on a GPU leave rather than hang."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    diffusers_logging.set_verbosity_error()
    transformers_logging.set_verbosity_error()
    stay_offline()
    use_device(where.device)
    prefer_speed(where.device)
    if where.device.type == "cuda":
        faulthandler.dump_traceback_later(budget + _GRACE_S, exit=True)


def _measure(bench: Bench, asked: Asked) -> dict[str, Any]:
    """Measure every section, keeping what there is after each."""
    report: dict[str, Any] = {
        "machine": machine(bench.where),
        "command": asked.command,
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": 0.0,
        "sections": {},
    }
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    for section, figures in measure_all(bench, [*SECTIONS, *[COMPILED] * asked.compile]):
        report["sections"][section.name] = {"title": section.title, **figures}
        report["seconds"] = round(bench.clock.passed, 1)
        asked.out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        asked.out.with_suffix(".md").write_text(markdown(report))
    return report


def machine(where: Placement) -> dict[str, str]:
    """Return what was measured on, without a name of the machine itself."""
    on_cuda = where.device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(where.device) if on_cuda else platform.machine(),
        "driver": _driver() if on_cuda else "none",
        "cuda": str(torch.version.cuda or "none"),
        "torch": str(torch.__version__),
        "diffusers": str(diffusers.__version__),
        "python": platform.python_version(),
        "dtype": where.dtype_name,
    }


def _driver() -> str:
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "unknown"
    query = [tool, "--query-gpu=driver_version", "--format=csv,noheader"]
    told = subprocess.run(query, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603
    return (told.stdout.split() or ["unknown"])[0]
