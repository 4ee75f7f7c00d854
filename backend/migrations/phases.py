"""What a revision means to the programs that are older than it, as the revision itself declares.

    PHASE = "expand"                       they go on working: tables, columns with a default, indexes are added
    PHASE = "contract"; OLDEST = "0036"    what only programs older than revision 0036 use is taken away
    ALONE = True                           besides: outside a transaction, as `CREATE INDEX CONCURRENTLY` has to be

The program of a revision is the one whose newest it is. Revisions before `DECLARED_SINCE` declare nothing: nobody
upgrades from before them without stopping the studio.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Final

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

DECLARED_SINCE: Final = "0035"
HOME: Final = Path(__file__).parent

folders: list[Path] = [HOME / "versions"]
"""Where revisions lie. A test that plays the next version adds one."""


class Phase(StrEnum):
    """Whether older programs go on working after a revision."""

    EXPAND = "expand"
    CONTRACT = "contract"


@dataclass(frozen=True)
class Step:
    """One revision as it is applied."""

    revision: str
    phase: Phase
    oldest: str | None
    """Of what contracts: the revision of the oldest program that works afterwards."""
    alone: bool


def configuration() -> Config:
    """Return where Alembic finds the revisions."""
    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.set_main_option("path_separator", "os")
    config.set_main_option("version_locations", os.pathsep.join(map(str, folders)))
    return config


def chain() -> list[Step]:
    """Return every revision that this program knows, the first one first."""
    scripts = ScriptDirectory.from_config(configuration())
    return [_step(script) for script in scripts.walk_revisions()][::-1]


def between(after: str | None, until: str) -> list[Step]:
    """Return the steps from revision `after` (None: an empty database) to `until` or `head`, which may be none."""
    steps = chain()
    names = [step.revision for step in steps]
    first = names.index(after) + 1 if after else 0
    last = len(names) if until == "head" else names.index(until) + 1
    return steps[first:last]


def batches(steps: list[Step]) -> Iterator[list[Step]]:
    """Yield the steps that happen together or not at all: what contracts and what stands alone is by itself."""
    numbered = enumerate(steps)

    def kind(numbered_step: tuple[int, Step]) -> int:
        number, step = numbered_step
        return number if step.alone or step.phase is Phase.CONTRACT else -1

    for _, group in groupby(numbered, kind):
        yield [step for _, step in group]


def _step(script: Script) -> Step:
    declared = vars(script.module)
    return Step(
        script.revision,
        Phase(declared.get("PHASE", Phase.EXPAND)),
        declared.get("OLDEST"),
        bool(declared.get("ALONE", False)),
    )
