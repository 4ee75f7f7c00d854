"""`python -m inference.training examples|inspector|evaluate|sheet`: how the two shipped LoRAs came about.

`examples` draws the pictures that `atelier train-lora` learns from; `inspector` trains the network that judges;
`evaluate` and `sheet` measure and show what is shipped.
"""

import argparse
import json
import sys
from pathlib import Path

from inference.training import inspector
from inference.training.evaluate import (
    INSPECTOR,
    PROMPTS,
    SHIPPED_LORAS,
    evaluate,
    write_comparison,
)
from inference.training.examples import COUNT, LOOKS, write_examples


def main(arguments: list[str] | None = None) -> int:
    """Run one command; return the exit status."""
    chosen = _parser().parse_args(arguments)
    if chosen.command == "examples":
        for look in chosen.look or LOOKS:
            write_examples(look, chosen.to / look, chosen.count or COUNT)
            print(chosen.to / look)
    elif chosen.command == "inspector":
        made = inspector.train_inspector()
        inspector.save_inspector(made, chosen.loras / INSPECTOR)
        print(json.dumps(inspector.inspector_accuracy(made), indent=2))
    elif chosen.command == "evaluate":
        print(
            json.dumps(
                evaluate(chosen.loras, chosen.look or LOOKS, chosen.count or PROMPTS), indent=2
            )
        )
    else:
        print(write_comparison(chosen.loras, chosen.to))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m inference.training", description=__doc__)
    parser.add_argument("command", choices=("examples", "inspector", "evaluate", "sheet"))
    parser.add_argument("--look", choices=LOOKS, action="append", help="only this one")
    parser.add_argument("--to", type=Path, default=Path("var/examples"), help="where to write")
    parser.add_argument("--count", type=int, help=f"pictures ({COUNT}) or prompts ({PROMPTS})")
    parser.add_argument("--loras", type=Path, default=SHIPPED_LORAS, help="folder of the LoRAs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
