"""What the GPU of this process has used since the process began, in joules, by the meter inside the GPU.

Read from NVIDIA's management library (NVML), which comes with the driver, through `ctypes`: three calls are not worth a
package. Where there is no such GPU, or it has no meter (before Volta), nothing is told, and dashboards reckon with watts.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

LIBRARY: Final = "libnvidia-ml.so.1"
NAME: Final = "atelier_inference_joules"
_MILLI: Final = 1000.0


class Energy(Collector):
    """A counter that begins at 0 with the process; of a GPU that is shared, everybody's joules."""

    def __init__(self, library: str = LIBRARY) -> None:
        self._library = _loaded(library)
        self._device = _device(self._library) if self._library else None
        self._first = self._millijoules()

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the joules used so far, where they are metered."""
        family = CounterMetricFamily(NAME, "Energy that the GPU has used, by its own meter")
        now = self._millijoules()
        if now is not None and self._first is not None:
            family.add_metric([], (now - self._first) / _MILLI)
        yield family

    def _millijoules(self) -> int | None:
        if self._library is None or self._device is None:
            return None
        used = ctypes.c_ulonglong()
        wrong = self._library.nvmlDeviceGetTotalEnergyConsumption(self._device, ctypes.byref(used))
        return None if wrong else used.value


def _loaded(library: str) -> ctypes.CDLL | None:
    try:
        nvml = ctypes.CDLL(library)
        return None if nvml.nvmlInit_v2() else nvml
    except (OSError, AttributeError):
        return None


def _device(nvml: ctypes.CDLL) -> ctypes.c_void_p | None:
    """Return the first GPU that this process may use: Ray and Kubernetes name it by number or UUID."""
    device = ctypes.c_void_p()
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0].strip()
    if named.isdecimal():
        wrong = nvml.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(named)), ctypes.byref(device))
    else:
        wrong = nvml.nvmlDeviceGetHandleByUUID(named.encode(), ctypes.byref(device))
    return None if wrong else device
