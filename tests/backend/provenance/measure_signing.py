"""Measures what signing costs: bytes, milliseconds of processor and of wall clock, and whether every file verifies and every change is found.

    python -m tests.backend.provenance.measure_signing [FILES]      200 of each kind, if nothing is said

A row for each kind of file and what it was drawn over; the pictures are parts of what the bundled model drew, 64 to 512 px.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

from backend.kit.settings import Settings
from backend.provenance.authority import authority_of
from backend.provenance.claims import Parent
from backend.provenance.reader import described
from backend.provenance.signing import Signer
from tests.backend.provenance.signed import CLAIM, KINDS, OVER, SIZES, file_of, flipped

FILES = 200


@dataclass
class Row:
    """What was measured of one kind of file."""

    name: str
    added: list[int] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    trusted: int = 0
    found: int = 0

    def measure(self, file: bytes, kind: str, sign: Callable[[], bytes], roots: str) -> None:
        begun, used = time.perf_counter(), time.process_time()
        signed = sign()
        self.cpu_ms.append((time.process_time() - used) * 1000)
        self.ms.append((time.perf_counter() - begun) * 1000)
        self.added.append(len(signed) - len(file))
        self.trusted += described(signed, kind, roots)["state"] == "trusted"
        middle = len(file) * 3 // 4
        changed = flipped(signed, signed.index(file[middle : middle + 16]))
        self.found += described(changed, kind, roots)["state"] in {"changed", "unreadable"}

    def __str__(self) -> str:
        return (
            f"{self.name:34} {len(self.ms):5} {min(self.added):6} {max(self.added):6} "
            f"{median(self.cpu_ms):7.1f} {median(self.ms):7.1f} {quantiles(self.ms, n=20)[-1]:7.1f} "
            f"{self.trusted:8} {self.found:8}"
        )


def main(files: int) -> None:
    """Print a row for each kind."""
    with tempfile.TemporaryDirectory() as folder:
        authority = authority_of(Settings(data_dir=Path(folder)))
    signer, roots = Signer(authority), authority.root.decode()
    sys.stdout.write(
        f"{'':34} files  least   most     CPU  median     p95  trusted  changes\n"
        f"{'':34}        bytes  bytes      ms      ms      ms           found\n"
    )
    for kind in KINDS:
        drawn, over, again = Row(kind), Row(f"{kind} over one of ours"), Row(f"{kind} of a child")
        for number in range(files):
            file = file_of(kind, SIZES[number % len(SIZES)], number)
            webp = file_of("image/webp", SIZES[number % len(SIZES)], number + 1)
            parent = Parent(signer.sign(webp, "image/webp", CLAIM), "image/webp")
            like = signer.sign(webp, "image/webp", OVER, parent=parent)
            drawn.measure(file, kind, lambda: signer.sign(file, kind, CLAIM), roots)  # noqa: B023 - called at once
            over.measure(file, kind, lambda: signer.sign(file, kind, OVER, parent=parent), roots)  # noqa: B023
            again.measure(file, kind, lambda: signer.sign_again(file, kind, like=like), roots)  # noqa: B023
        sys.stdout.write(f"{drawn}\n{over}\n{again}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FILES)
