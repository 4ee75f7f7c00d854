"""Compares the study's servers with ours, side by side on this machine.

    python -m loadtests.compare [--quick] [--arms a,b] [--scenarios a,b] [--rounds N] [--out DIR]
    python -m loadtests.compare --report-only DIR

Starts every arm in turn on 127.0.0.1, sends it the study's load and a mixed one, and writes JSON, a
Markdown report and plots. `--quick` ends within a quarter of an hour; the whole takes hours and says how
many first. Interrupted, it keeps what it has. The last line is the verdict.
"""

from __future__ import annotations

import argparse
import math
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from rich.console import Console

from loadtests.arms import ARMS, REFERENCE, Arm
from loadtests.budget import QUICK_S, Budget
from loadtests.campaign import Campaign, capacity_of
from loadtests.machine import describe
from loadtests.meters import find_meters
from loadtests.records import RUNS_FILE, Study, read_runs, read_study, write_study
from loadtests.results import REPORT_FILE, rewrite
from loadtests.scenarios import FULL, QUICK, Scenario

DEFAULT_OUT = Path(__file__).parent.parent / "docs" / "study"
BEFORE = "runs.before.jsonl"
FULL_ROUNDS, QUICK_ROUNDS = 2, 1
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, or only report; returns the exit status."""
    asked = _parser().parse_args(arguments)
    if asked.report_only is not None:
        print(rewrite(asked.report_only))  # noqa: T201 - the command's answer
        return 0
    console = Console(stderr=True, highlight=False)
    signal.signal(signal.SIGTERM, _interrupt)
    with tempfile.TemporaryDirectory(prefix="loadtests-") as logs:
        campaign = _campaign(asked, Path(asked.logs or logs), console)
        status = _run(campaign, _study(asked, campaign), console)
        if status == 1 and not asked.logs:
            console.print("Run it again with --logs DIR to keep what the servers said.")
    print(rewrite(asked.out))  # noqa: T201 - the command's answer
    return status


def _run(campaign: Campaign, study: Study, console: Console) -> int:
    turns = campaign.turns()
    scale = campaign.stretch * campaign.budget.scale(turns)
    minutes = math.ceil(campaign.budget.estimate(turns, scale) / 60)
    console.print(f"{len(turns)} turns, about {minutes} minutes; results go to {campaign.folder}")
    write_study(campaign.folder, study)
    interrupted = False
    with console.status("starting") as status:
        plain = campaign.tell

        def tell(line: str) -> None:
            plain(line)
            if not line.startswith(" "):
                status.update(line)

        campaign.tell = tell
        try:
            campaign.run()
        except KeyboardInterrupt:
            interrupted = True
            study.notes.append("interrupted: some arms or rounds are missing")
    study.minutes = round(study.minutes + (time.monotonic() - campaign.budget.began) / 60, 1)
    write_study(campaign.folder, study)
    if interrupted:
        return INTERRUPTED
    console.print(f"the report is {campaign.folder / REPORT_FILE}")
    return 1 if any(run.failure for run in campaign.runs) else 0


def _campaign(asked: argparse.Namespace, logs: Path, console: Console) -> Campaign:
    arms = {**ARMS, **{arm.name: arm for arm in asked.arm}}
    scenarios = QUICK if asked.quick else FULL
    rounds = asked.rounds or (QUICK_ROUNDS if asked.quick else FULL_ROUNDS)
    logs.mkdir(parents=True, exist_ok=True)
    folder = _folder(asked.out, keep=asked.append)
    before = read_runs(folder)
    chosen = [arms[name] for name in _chosen(asked.arms, arms, "arm")]
    return Campaign(
        arms=sorted(chosen, key=lambda arm: arm.name != REFERENCE),  # its capacity is needed first
        scenarios=[
            {**FULL, **scenarios}[name] for name in _chosen(asked.scenarios, scenarios, "scenario")
        ],
        rounds=rounds,
        folder=folder,
        logs=logs,
        # More rounds than the quick mode has get as much time each.
        budget=Budget(QUICK_S * rounds / QUICK_ROUNDS if asked.quick else None),
        meters=find_meters(),
        capacity=asked.capacity or capacity_of(before),
        stretch=asked.scale,
        first_round=max((run.round for run in before), default=0) + 1,
        tell=lambda line: console.print(line, soft_wrap=True, markup=False),
    )


def _folder(out: Path, *, keep: bool) -> Path:
    """Return `out`; runs of before are put aside unless these are to be added to them."""
    out.mkdir(parents=True, exist_ok=True)
    if not keep and (out / RUNS_FILE).exists():
        (out / RUNS_FILE).replace(out / BEFORE)
    return out


def _chosen(asked: str | None, known: dict[str, Arm] | dict[str, Scenario], what: str) -> list[str]:
    names = asked.split(",") if asked else list(known)
    unknown = [name for name in names if name not in known and name not in FULL]
    if unknown:
        raise SystemExit(f"no {what} {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def _study(asked: argparse.Namespace, campaign: Campaign) -> Study:
    return Study(
        machine=describe(),
        began=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        command=_command(asked),
        mode="quick" if asked.quick else "full",
        rounds=campaign.first_round - 1 + campaign.rounds,
        meters=[meter.name for meter in campaign.meters],
        minutes=read_study(asked.out).minutes if campaign.first_round > 1 else 0.0,
    )


def _command(asked: argparse.Namespace) -> str:
    """Return what was asked for, without this machine's paths."""
    words = ["python", "-m", "loadtests.compare", *(["--quick"] if asked.quick else [])]
    for name in ("arms", "scenarios", "rounds", "capacity"):
        value = getattr(asked, name)
        words += [f"--{name}={value}"] if value else []
    return shlex.join([*words, *([f"--scale={asked.scale:g}"] if asked.scale != 1 else [])])


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal wants it
    raise KeyboardInterrupt


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m loadtests.compare", description=(__doc__ or "").splitlines()[0]
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="everything, but short: under 15 minutes")
    add("--arms", help=f"which, with commas between: {','.join(ARMS)}")
    add("--scenarios", help=f"which: {','.join(FULL)}; quick: {','.join(QUICK)}")
    add("--rounds", type=int, help=f"how often ({FULL_ROUNDS}; quick: {QUICK_ROUNDS})")
    add("--scale", type=float, default=1.0, help="send for so many times as long")
    add("--capacity", type=float, help="requests a second that are 100 %% of the open loop")
    add("--out", type=Path, default=DEFAULT_OUT, help="folder for the results")
    add("--append", action="store_true", help="add to the runs there instead of starting anew")
    add("--logs", type=Path, help="folder to keep what the servers say")
    add("--arm", type=Arm.parse, action="append", default=[], metavar="NAME=COMMAND",
        help="one more server to compare, as ours")  # fmt: skip
    add("--report-only", type=Path, metavar="DIR", help="write tables and plots of DIR anew")
    return parser


if __name__ == "__main__":
    sys.exit(main())
