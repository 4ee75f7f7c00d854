"""Where to compute and in which precision.

CUDA gets fp16, and the fastest kernels it has. A CPU with AMX tiles gets bf16, which is several times faster there; any other CPU
gets fp32, because it would emulate the short types. `ATELIER_DEVICE` (cpu, cuda, cuda:1) and
`ATELIER_DTYPE` (float32, bfloat16, float16) override the choice; `ATELIER_MODEL_MEMORY_GB` says how much of the device's
memory models may take.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

DEVICE_VARIABLE = "ATELIER_DEVICE"
DTYPE_VARIABLE = "ATELIER_DTYPE"
MEMORY_VARIABLE = "ATELIER_MODEL_MEMORY_GB"
_SHARE_FOR_MODELS = 0.6  # the rest is for what is computed with them
_LONG_S = 2.0
_TRIES = 3
_HARDLY = 1.15
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class DeviceError(Exception):
    """The device or precision asked for is not there; the text says what is."""


@dataclass(frozen=True)
class Placement:
    """A torch device and the precision of the model on it."""

    device: torch.device
    dtype: torch.dtype

    @property
    def dtype_name(self) -> str:
        """The precision in torch's words, without the module: float16."""
        return str(self.dtype).removeprefix("torch.")


def place(
    device: str | None = None, dtype: str | None = None, *, cpuinfo: Path = Path("/proc/cpuinfo")
) -> Placement:
    """Choose device and precision: as asked, else by the environment, else by the machine.

    Raises:
        DeviceError: Asked for something that is not there.
    """
    chosen = _device(device or os.environ.get(DEVICE_VARIABLE) or "")
    wanted = dtype or os.environ.get(DTYPE_VARIABLE) or ""
    if wanted and wanted not in DTYPES:
        raise DeviceError(f"{DTYPE_VARIABLE} must be one of {', '.join(DTYPES)}, not {wanted!r}")
    return Placement(chosen, DTYPES[wanted] if wanted else _best_dtype(chosen, cpuinfo))


def use_device(device: torch.device) -> None:
    """Have what the calling thread asks of CUDA without naming a device mean `device`; not on a CPU.

    A thread begins on the first GPU, whatever the one that started it has chosen.
    """
    if device.type == "cuda":
        torch.cuda.set_device(device)


def prefer_speed(device: torch.device) -> None:
    """Let CUDA try which of its kernels are fastest, and let float32 products keep fewer digits there.

    For the whole process. What computes in float32 on a GPU is the safety checker and what overflowed in
    half precision; TF32 has its range and 10 bits of mantissa. A CPU is left alone.
    """
    if device.type == "cuda":
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cuda.matmul.allow_tf32 = True


def to_device(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """Return `tensor`, which is in host memory, on `device`; on CUDA by way of pinned memory.

    Only from there does a copy wait for nobody; torch keeps the pinned block until it is done.
    """
    if device.type != "cuda" or tensor.is_cuda or not tensor.numel():
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)


def use_every_core() -> int:
    """Give torch the cores this process may really use, and return how many.

    An operator's `OMP_NUM_THREADS` stands. In a container, the number of cores that the machine
    has says little: the affinity mask and the CPU quota decide.
    """
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(_usable_cores())
    return torch.get_num_threads()


def choose_threads(timed: Callable[[], float]) -> None:
    """Compute on one core if `timed`, the seconds of a usual call, says that all are hardly faster.

    Between the many small operations of a small model, threads wake each other more than they compute;
    and a core that the UNet leaves alone is the VAE's, which runs beside. An operator's `OMP_NUM_THREADS`
    (which Ray sets to a replica's `num_cpus`) is the most; a call of seconds is not tried on one core.
    """
    every = torch.get_num_threads()
    if every == 1:
        return
    together = min(timed() for _ in range(_TRIES))
    if together > _LONG_S:
        return
    torch.set_num_threads(1)
    if min(timed() for _ in range(_TRIES)) > _HARDLY * together:
        torch.set_num_threads(every)


def model_budget(device: torch.device) -> int:
    """Return how many bytes the models on `device` may take in all: as the environment says, else 60 % of its memory.

    Raises:
        DeviceError: The environment says something that is no number of gigabytes.
    """
    asked = os.environ.get(MEMORY_VARIABLE)
    if not asked:
        return int(_SHARE_FOR_MODELS * _memory_of(device))
    try:
        gigabytes = float(asked)
    except ValueError:
        gigabytes = math.nan
    if not 0 < gigabytes < math.inf:
        raise DeviceError(
            f"{MEMORY_VARIABLE} must be a number of gigabytes above 0, for example 12, not {asked!r}"
        )
    return int(gigabytes * 1e9)


def peak_flops(placement: Placement) -> float:
    """Return the FLOP a second that a large matrix product reaches here, to hold the UNet's against."""
    side = 8192 if placement.device.type == "cuda" else 1024
    one, other = (
        torch.randn(side, side, device=placement.device, dtype=placement.dtype) for _ in range(2)
    )
    best = 0.0
    for _ in range(4):
        began = time.perf_counter()
        (one @ other)[0, 0].item()  # reading one number waits for all of them
        best = max(best, 2 * side**3 / (time.perf_counter() - began))
    return best


def _device(name: str) -> torch.device:
    if not name:
        return _cuda(0) if torch.cuda.is_available() else torch.device("cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DeviceError(f"{DEVICE_VARIABLE} must be cpu, cuda or cuda:N, not {name!r}") from None
    return _cuda(device.index or 0) if device.type == "cuda" else device


def _cuda(index: int) -> torch.device:
    """Return the CUDA device of that number, which `set_device` wants to know."""
    if not torch.cuda.is_available():
        raise DeviceError(
            f"{DEVICE_VARIABLE} asks for CUDA but torch finds no such device; use cpu"
        )
    if index >= torch.cuda.device_count():
        last = torch.cuda.device_count() - 1
        raise DeviceError(
            f"{DEVICE_VARIABLE} asks for cuda:{index}; the last one here is cuda:{last}"
        )
    return torch.device("cuda", index)


def _best_dtype(device: torch.device, cpuinfo: Path) -> torch.dtype:
    if device.type == "cuda":
        return torch.float16
    return torch.bfloat16 if _has_amx(cpuinfo) else torch.float32


def _memory_of(device: torch.device, limit: Path = Path("/sys/fs/cgroup/memory.max")) -> int:
    """Return the bytes of memory on a device; for a CPU, those that this process may use."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    allowed = limit.read_text("utf-8").strip() if limit.exists() else "max"
    return physical if allowed == "max" else min(physical, int(allowed))


def _has_amx(cpuinfo: Path) -> bool:
    return cpuinfo.exists() and " amx_bf16" in cpuinfo.read_text("utf-8", errors="replace")


def _usable_cores(quota: Path = Path("/sys/fs/cgroup/cpu.max")) -> int:
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    limit, _, period = (
        quota.read_text("utf-8").partition(" ") if quota.exists() else ("max", "", "")
    )
    return cores if limit == "max" else max(1, min(cores, int(limit) // int(period)))
