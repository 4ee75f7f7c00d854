"""What the engine makes of a GPU: against diffusers' own pipeline, and against the device's limit.

    python -m loadtests.gpu_bench [--budget-seconds 420] [--compile] [--out docs/study/gpu.json]
    python -m loadtests.gpu_bench --device cpu --tiny      # a rehearsal of every line, in seconds

Builds Stable Diffusion 1.4 and SDXL at full size with random weights, downloads nothing, and races the
pipeline against the engine with one thing more each time: channels_last, CUDA graphs, a stream for the
VAE. Prints a page of tables and keeps it beside the JSON of `--out`, both rewritten after every section,
so that a run cut short has kept what it measured. Leaves HTTP and arrivals to the other load tests.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

OUT = Path(__file__).parent.parent / "docs" / "study" / "gpu.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print and keep the figures; return the exit status."""
    asked = _parser().parse_args(arguments)
    if trouble := _trouble(asked):
        print(trouble, file=sys.stderr)  # noqa: T201 - the command's answer
        return 2
    # Imported only now: diffusers takes seconds, and says things of its own while it is at it.
    run = import_module("loadtests.gpu.run")
    report = run.measure(run.Asked(**vars(asked)))
    print(run.markdown(report))  # noqa: T201 - the command's answer
    return 1 if _failed(report) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.gpu_bench", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--device", default="cuda", help="cuda, cuda:1; cpu to rehearse")
    parser.add_argument("--tiny", action="store_true", help="miniature networks: a rehearsal")
    parser.add_argument("--compile", action="store_true", help="measure torch.compile too; slow")
    parser.add_argument(
        "--budget-seconds", type=float, default=420, help="when to begin nothing more"
    )
    parser.add_argument("--out", type=Path, default=OUT, help="the JSON; the page lies beside it")
    return parser


def _trouble(asked: argparse.Namespace) -> str:
    """Return why this cannot be measured here, in one line; empty if it can."""
    if asked.device == "cpu" and asked.tiny:
        return ""
    if not asked.device.startswith("cuda"):
        return f"{asked.device} can only rehearse: use --device cpu --tiny, or --device cuda"
    if not torch.cuda.is_available():
        return "this needs a CUDA device and torch finds none; rehearse with --device cpu --tiny"
    return ""


def _failed(report: dict[str, Any]) -> bool:
    """Say whether a section failed, or a part of one."""
    sections = report["sections"].values()
    parts = (part for s in sections for kind in ("arms", "ways") for part in s.get(kind, ()))
    return any("failed" in measured for measured in (*sections, *parts))


if __name__ == "__main__":
    raise SystemExit(main())
