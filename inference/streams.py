"""Work beside the steps: on CUDA a stream of its own and copies that wait for nobody; on a CPU, nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch


class Aside(Protocol):
    """Where finished images are computed while the next steps run."""

    def hand_over(self, tensor: torch.Tensor) -> None:
        """Take note, on the engine's thread, that `tensor` will be read beside."""

    def computing(self) -> AbstractContextManager[None]:
        """Compute beside, on the calling thread, all that was handed over being ready."""

    def to_host(self, tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Begin to copy `tensor` to host memory; the function returned waits for it."""


class HostAside:
    """On a CPU a thread is beside enough."""

    def hand_over(self, tensor: torch.Tensor) -> None:
        """Nothing to do."""

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Nothing to do."""
        yield

    def to_host(self, tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Return it as it is."""
        return lambda: tensor


class CudaAside:
    """A low-priority stream on which the VAE runs while the default one goes on with the steps."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device, priority=0)

    def hand_over(self, tensor: torch.Tensor) -> None:
        """Have the stream wait for what the steps have queued so far."""
        tensor.record_stream(self._stream)
        self._stream.wait_stream(torch.cuda.current_stream(self._device))

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Queue on the stream, and wait for it at the end; the steps go on meanwhile."""
        with torch.cuda.stream(self._stream):
            yield
        self._stream.synchronize()

    def to_host(self, tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Copy to pinned memory behind what is queued."""
        copied = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        copied.copy_(tensor, non_blocking=True)
        done = torch.cuda.Event()
        done.record(torch.cuda.current_stream(self._device))

        def arrived() -> torch.Tensor:
            done.synchronize()
            return copied

        return arrived


def aside_of(device: torch.device) -> Aside:
    """Return what suits `device`."""
    return CudaAside(device) if device.type == "cuda" else HostAside()
