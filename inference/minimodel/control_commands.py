"""What `python -m inference.minimodel control-…` does: train, export, evaluate and show the scribble ControlNet."""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Final

from inference.minimodel.control import PLAN, export_control, train_control
from inference.minimodel.control_evaluate import evaluate_control
from inference.minimodel.control_sheet import write_control_sheet

CONTROL_COMMANDS: Final = ("control-train", "control-export", "control-evaluate", "control-sheet")
CONTROL_SHEET: Final = Path("docs/controls.jpg")


def run_control(chosen: argparse.Namespace) -> str:
    """Run one of the commands; return what there is to say of it."""
    if chosen.command == "control-train":
        plan = replace(PLAN, steps=chosen.steps or PLAN.steps)
        train_control(chosen.workshop, plan, chosen.model)
        return f"{plan.steps} steps in {chosen.workshop}"
    if chosen.command == "control-export":
        size = export_control(chosen.control, chosen.workshop, chosen.model)
        return f"{size} bytes in {chosen.control}"
    if chosen.command == "control-evaluate":
        return json.dumps(evaluate_control(chosen.control, chosen.stage), indent=2)
    return str(write_control_sheet(chosen.to or CONTROL_SHEET, chosen.control))
