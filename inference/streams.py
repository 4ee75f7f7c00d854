"""Work beside the steps: on CUDA a stream of its own and copies that wait for nobody; on a CPU, nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeAlias

import torch

from inference.devices import use_device

Ready: TypeAlias = torch.cuda.Event | None
"""Where on the device's time line a tensor is computed; `None` where there is no such line."""


class Aside(Protocol):
    """Where finished images are computed while the next steps run."""

    def adopt_thread(self) -> None:
        """Have the calling thread, which is about to begin, work on this device."""

    def hand_over(self, tensor: torch.Tensor) -> Ready:
        """Take note, on the engine's thread, that `tensor` will be read beside once it is computed."""

    def computing(self, ready: Sequence[Ready]) -> AbstractContextManager[None]:
        """Compute beside, on the calling thread, after what is `ready` and nothing else."""

    def to_host(self, tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Begin to copy `tensor` to host memory; the function returned waits for it."""


class HostAside:
    """On a CPU a thread is beside enough."""

    def adopt_thread(self) -> None:
        """There is one device."""

    def hand_over(self, tensor: torch.Tensor) -> Ready:
        """Nothing to wait for."""

    @contextmanager
    def computing(self, ready: Sequence[Ready]) -> Iterator[None]:  # noqa: ARG002 - nothing to wait for
        """Nothing to do."""
        yield

    def to_host(self, tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Return it as it is."""
        return lambda: tensor


class CudaAside:
    """A stream on which the VAE runs while another one goes on with the steps."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = torch.cuda.Stream(device, priority=0)

    def adopt_thread(self) -> None:
        """Use the device of the stream."""
        use_device(self._device)

    def hand_over(self, tensor: torch.Tensor) -> Ready:
        """Mark where in the steps `tensor` is done, so that decoding it waits for no later ones."""
        tensor.record_stream(self._stream)
        done = torch.cuda.Event(blocking=True)
        done.record(torch.cuda.current_stream(self._device))
        return done

    @contextmanager
    def computing(self, ready: Sequence[Ready]) -> Iterator[None]:
        """Queue on the stream behind what is `ready`, and wait for it at the end; the steps go on."""
        with torch.cuda.device(self._device), torch.cuda.stream(self._stream):
            for done in ready:
                if done is not None:
                    self._stream.wait_event(done)
            yield
        self._stream.synchronize()

    def to_host(self, tensor: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Copy to pinned memory behind what is queued."""
        copied = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        copied.copy_(tensor, non_blocking=True)
        done = torch.cuda.Event(blocking=True)
        done.record(torch.cuda.current_stream(self._device))

        def arrived() -> torch.Tensor:
            done.synchronize()
            return copied

        return arrived


def aside_of(device: torch.device) -> Aside:
    """Return what suits `device`."""
    return CudaAside(device) if device.type == "cuda" else HostAside()
