"""What `python -m inference.minimodel tiny-…` does: train, export and evaluate the decoder for drafts."""

import argparse
import json
from dataclasses import replace
from typing import Final

from inference.minimodel.tiny import FOLDER, PLAN, export_tiny, train_tiny
from inference.minimodel.tiny_evaluate import evaluate_tiny

TINY_COMMANDS: Final = ("tiny-train", "tiny-export", "tiny-evaluate")


def run_tiny(chosen: argparse.Namespace) -> str:
    """Run one of the commands; return what there is to say of it."""
    if chosen.command == "tiny-train":
        plan = replace(PLAN, steps=chosen.steps or PLAN.steps)
        train_tiny(chosen.workshop, plan, chosen.model)
        return f"{plan.steps} steps in {chosen.workshop}"
    if chosen.command == "tiny-export":
        return f"{export_tiny(chosen.workshop, chosen.model)} bytes in {chosen.model / FOLDER}"
    return json.dumps(evaluate_tiny(chosen.model, chosen.stage), indent=2)
