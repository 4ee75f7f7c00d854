"""Energy, where this machine has a meter: RAPL for the processor's packages, NVML for GPUs.

Most virtual machines have neither, and then nothing is estimated in its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

POWERCAP = Path("/sys/class/powercap")
NO_METER = "no meter"


class Meter(Protocol):
    """Something that counts joules."""

    @property
    def name(self) -> str:
        """What it meters."""

    def read(self) -> float:
        """Return joules since some fixed time; only differences mean anything."""


@dataclass
class Rapl:
    """One processor package; its counter starts anew every `wraps_at` joules, which reading repairs."""

    name: str
    file: Path
    wraps_at: float
    _last: float = 0.0
    _wrapped: float = 0.0

    def read(self) -> float:
        """Return its joules."""
        now = int(self.file.read_text()) / 1e6
        if now < self._last:
            self._wrapped += self.wraps_at
        self._last = now
        return self._wrapped + now


@dataclass
class Nvml:
    """One GPU."""

    name: str
    nvml: Any
    handle: Any

    def read(self) -> float:
        """Return its joules."""
        return float(self.nvml.nvmlDeviceGetTotalEnergyConsumption(self.handle)) / 1e3


def find_meters(powercap: Path = POWERCAP) -> list[Meter]:
    """Return every meter that can be read here."""
    return [*_packages(powercap), *_gpus()]


def read_all(meters: Sequence[Meter]) -> dict[str, float]:
    """Return the joules of each."""
    return {meter.name: meter.read() for meter in meters}


def _packages(powercap: Path) -> list[Meter]:
    found: list[Meter] = []
    for zone in sorted(powercap.glob("intel-rapl:[0-9]*")):
        if zone.name.count(":") > 1:
            continue  # a part of a package, which is counted already
        with suppress(OSError, ValueError):
            wraps_at = int((zone / "max_energy_range_uj").read_text()) / 1e6
            meter = Rapl((zone / "name").read_text().strip(), zone / "energy_uj", wraps_at)
            meter.read()
            found.append(meter)
    return found


def _gpus() -> list[Meter]:
    try:
        nvml: Any = import_module("pynvml")
        nvml.nvmlInit()
        handles = [nvml.nvmlDeviceGetHandleByIndex(k) for k in range(nvml.nvmlDeviceGetCount())]
        meters: list[Meter] = [Nvml(f"gpu-{k}", nvml, handle) for k, handle in enumerate(handles)]
        read_all(meters)
    except Exception:  # noqa: BLE001 - no library, no driver, no counter: no meter
        return []
    return meters
