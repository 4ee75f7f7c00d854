"""Runs the blocks of a chapter as a newcomer would: one shell, one fresh copy of what git tracks, from top to bottom."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from inference.hosting import free_port
from tests.guide.blocks import ROOT, Block, agrees

WITHIN_S: Final = 600  # a tenth of it on a machine with nothing else to do
_END: Final = "@@ ended well: "
_INSTALLED: Final = ("bin", "lib", "lib64", "include", "pyvenv.cfg")


@dataclass(frozen=True)
class Outcome:
    """What one block printed, both streams together; `ended` says whether every command of it went well."""

    block: Block
    printed: str
    ended: bool

    def complaint(self) -> str | None:
        """Return what is wrong with it, if anything is."""
        if not self.ended:
            return f"{self.block}: broke off\n{self.block.text}--- printed\n{self.printed}"
        if self.block.printed is not None and not agrees(self.block.printed, self.printed):
            return f"{self.block}: printed\n{self.printed}--- the page says\n{self.block.printed}"
        return None


def fresh_copy(folder: Path) -> Path:
    """Copy what git tracks, as a clone would have it, with the environment that is installed here; return where it is."""
    copy = folder / "atelier"
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, copy / name)
    # A folder of links rather than a link, so that `make` finds its stamps new and installs nothing into what is shared.
    environment = copy / ".venv"
    environment.mkdir()
    for name in _INSTALLED:
        if (Path(sys.prefix) / name).exists():
            (environment / name).symlink_to(Path(sys.prefix) / name)
    for stamp in ("python", "ready"):
        (environment / stamp).touch()
    return copy


def complaints(blocks: Sequence[Block], folder: Path) -> list[str]:
    """Run blocks in one shell, one after the other, until one breaks off; return what went otherwise than the page says.

    Nothing that they started is left afterwards, and what had to be ended here is a complaint too.
    """
    script = "set -eEuo pipefail\nexec 2>&1\n"
    for number, block in enumerate(blocks):
        script += f"{block.text}\nprintf '\\n{_END}%s\\n' {number}\n"
    printed, left = _shell(script, fresh_copy(folder), folder)
    found = [told for one in _outcomes(blocks, printed) if (told := one.complaint())]
    return found + [f"{blocks[-1].page}: leaves running: {one}" for one in left]


def _outcomes(blocks: Sequence[Block], printed: str) -> Iterator[Outcome]:
    rest = printed
    for number, block in enumerate(blocks):
        mine, ended, rest = rest.partition(f"\n{_END}{number}\n")
        yield Outcome(block, mine, bool(ended))
        if not ended:
            return


def _shell(script: str, copy: Path, folder: Path) -> tuple[str, list[str]]:
    """Run a script; return what it printed, and what it had started and not ended."""
    written = folder / "printed.txt"
    (folder / "home").mkdir()
    with written.open("wb") as out:
        shell = psutil.Popen(
            ["/bin/bash", "--noprofile", "--norc", "-c", script],
            cwd=copy, env=_environment(copy, folder), stdin=subprocess.DEVNULL, stdout=out,
        )  # fmt: skip
        try:
            with suppress(psutil.TimeoutExpired):
                shell.wait(WITHIN_S)
        finally:
            left = _left_in(copy)
            names = [" ".join(one.cmdline()) for one in left]
            for one in left:
                one.kill()
            psutil.wait_procs(left, timeout=10)
    return written.read_text("utf-8", errors="replace"), names


def _left_in(copy: Path) -> list[psutil.Process]:
    """Return what still runs and works in the copy, also where whoever started it has ended."""
    found = []
    for one in psutil.process_iter():
        with suppress(psutil.Error):
            if one.status() != psutil.STATUS_ZOMBIE and Path(one.cwd()).is_relative_to(copy):
                found.append(one)
    return found


def _environment(copy: Path, folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    return {
        **kept,
        "PATH": os.environ["PATH"],
        "HOME": str(folder / "home"),
        "COLUMNS": "160",
        "PYTHONPATH": str(copy),  # where this environment's own installation would look elsewhere
        "OMP_NUM_THREADS": "1",
        "HF_HUB_OFFLINE": "1",
        "ATELIER_PORT": str(free_port()),
    }
