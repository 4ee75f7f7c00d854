"""`python -m inference.minimodel train|export|evaluate|sheet|planted`: the whole life of the bundled model.

With `control-` before a command it is about the scribble ControlNet, with `tiny-` about the decoder for drafts; both
are trained on the finished model.

Each command may be interrupted and run again; training goes on where the last checkpoint stands. What
glibc keeps of freed memory must be set before Python starts, so `train` says how if it is not.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch

from inference.minimodel import autoencoder, decoder, diffusion, judge, safety, text
from inference.minimodel.autoencoder import train_autoencoder
from inference.minimodel.card import write_card
from inference.minimodel.control_commands import CONTROL_COMMANDS, run_control
from inference.minimodel.control_evaluate import SHIPPED_CONTROL
from inference.minimodel.decoder import train_decoder
from inference.minimodel.diffusion import train_unet
from inference.minimodel.evaluate import evaluate
from inference.minimodel.export import SHIPPED, export
from inference.minimodel.judge import train_judge
from inference.minimodel.planted import write_planted
from inference.minimodel.safety import train_safety
from inference.minimodel.sheet import write_sheet
from inference.minimodel.text import train_text
from inference.minimodel.tiny_commands import TINY_COMMANDS, run_tiny
from inference.minimodel.training import WORKSHOP, Plan

PLANTED: Final = Path("var/planted")
STAGES: Final[dict[str, tuple[Callable[[Path, Plan], None], Plan]]] = {
    "text": (train_text, text.PLAN),
    "autoencoder": (train_autoencoder, autoencoder.JOINT),
    "unet": (train_unet, diffusion.PLAN),
    "decoder": (train_decoder, decoder.PLAN),
    "judge": (train_judge, judge.PLAN),
    "safety": (train_safety, safety.PLAN),
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    chosen = _parser().parse_args(arguments)
    torch.set_num_threads(chosen.threads or torch.get_num_threads())
    if chosen.command in CONTROL_COMMANDS:
        _say(run_control(chosen))
    elif chosen.command in TINY_COMMANDS:
        _say(run_tiny(chosen))
    elif chosen.command == "train":
        _advise()
        for stage in [chosen.stage] if chosen.stage else STAGES:
            run, plan = STAGES[stage]
            run(chosen.workshop, replace(plan, steps=chosen.steps or plan.steps))
    elif chosen.command == "export":
        _say(f"{export(chosen.model, chosen.workshop)} bytes in {chosen.model}")
    elif chosen.command == "evaluate":
        _say(json.dumps(evaluate(chosen.model, chosen.stage), indent=2))
        write_card(chosen.model)
    elif chosen.command == "planted":
        folder = chosen.to or PLANTED
        _say(f"{write_planted(folder, chosen.count)} pictures in {folder}")
    else:
        _say(str(write_sheet(chosen.model)))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference.minimodel", description=__doc__)
    commands = (
        "train",
        "export",
        "evaluate",
        "sheet",
        "planted",
        *CONTROL_COMMANDS,
        *TINY_COMMANDS,
    )
    parser.add_argument("command", choices=commands)
    parser.add_argument("--stage", help="one stage of training, or one part of the evaluation")
    parser.add_argument("--steps", type=int, help="train a stage for other than its planned steps")
    parser.add_argument("--threads", type=int, help="how many threads work")
    parser.add_argument("--workshop", type=Path, default=WORKSHOP, help="folder of checkpoints")
    parser.add_argument("--model", type=Path, default=SHIPPED, help="folder of the exported model")
    parser.add_argument(
        "--control", type=Path, default=SHIPPED_CONTROL, help="folder of the ControlNet"
    )
    parser.add_argument(
        "--to", type=Path, help="the ControlNet's sheet, or the folder of `planted`"
    )
    parser.add_argument(
        "--count", type=int, default=1000, help="pictures of each kind and label of `planted`"
    )
    return parser


def _advise() -> None:
    if "MALLOC_TRIM_THRESHOLD_" not in os.environ:
        _say(
            "Set MALLOC_TRIM_THRESHOLD_ and MALLOC_MMAP_THRESHOLD_ to 8000000000 beforehand: "
            "returning memory to the system costs more than the arithmetic."
        )


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
