"""How well the words of the built-in policy are met, and how rarely anything else is.

    python -m loadtests.word_rules [--misses 20]

Every blocked term is hidden in each of the ways of `loadtests.disguises` inside a harmless sentence, and has to be refused;
harmless prompts (`loadtests.benign`) must be neither refused nor held. Prints one JSON line and what went wrong.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass, field
from typing import Final

from backend.policies.builtin import BUILTIN
from backend.policies.schemas import Action, TermRule
from backend.screening.screen import screen, strictest
from loadtests.benign import benign
from loadtests.disguises import DISGUISES

CARRIER: Final = "studio picture with {}, soft light"
AGAINST: Final = (Action.REVIEW, Action.BLOCK)


@dataclass
class Found:
    """What was met of each disguise, and what went wrong."""

    terms: int = 0
    met: dict[str, int] = field(default_factory=dict)
    missed: list[tuple[str, str]] = field(default_factory=list)
    benign: int = 0
    wrong: list[str] = field(default_factory=list)
    milliseconds: float = 0.0

    @property
    def recall(self) -> float:
        """The share of hidden terms that are refused."""
        return sum(self.met.values()) / (self.terms * len(self.met))

    @property
    def false_positives(self) -> float:
        """The share of harmless prompts that are refused or held."""
        return len(self.wrong) / self.benign


def blocked() -> list[tuple[TermRule, str]]:
    """Return every term that is refused by itself, with its rule."""
    rules = [rule for rule in BUILTIN.terms if rule.action is Action.BLOCK and not rule.beside]
    return [(rule, term.rstrip("*")) for rule in rules for term in rule.terms]


def measure() -> Found:
    """Return how all of it comes out."""
    found = Found()
    terms = blocked()
    found.terms = len(terms)
    for name, disguise in DISGUISES.items():
        found.met[name] = 0
        for rule, term in terms:
            hidden = disguise(term)
            findings = screen(CARRIER.format(hidden), BUILTIN)
            if any(one.action is Action.BLOCK for one in findings):
                found.met[name] += 1
            else:
                found.missed.append((name, f"{rule.name}: {hidden!r}"))
    prompts = benign()
    found.benign = len(prompts)
    began = time.process_time()
    found.wrong = [one for one in prompts if strictest(screen(one, BUILTIN)) in AGAINST]
    found.milliseconds = (time.process_time() - began) * 1000 / len(prompts)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m loadtests.word_rules", description=__doc__)
    parser.add_argument("--misses", type=int, default=20, help="how many to print of each kind")
    asked = parser.parse_args(arguments)
    found = measure()
    shares = {name: round(met / found.terms, 4) for name, met in found.met.items()}
    print(  # noqa: T201
        json.dumps(
            {
                "terms": found.terms,
                "recall": round(found.recall, 4),
                "recall_by_disguise": shares,
                "benign": found.benign,
                "false_positives": round(found.false_positives, 4),
                "ms_per_prompt": round(found.milliseconds, 3),
            }
        )
    )
    for name, hidden in found.missed[: asked.misses]:
        print(f"missed  {name}: {hidden}")  # noqa: T201
    for prompt in found.wrong[: asked.misses]:
        rules = {one.rule for one in screen(prompt, BUILTIN)}
        print(f"wrong   {prompt}  ({', '.join(sorted(rules))})")  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
