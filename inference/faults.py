"""What an error of torch's says about the device: that memory ran out, or that nothing will work again.

After a failed assert or an illegal access on a CUDA device every later call fails too, for as long as the
process lives. Only reads errors; what is done about them is `loop`'s and `engine`'s.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from typing import Final

import torch

# The CPU's allocator and CUDA's libraries have no class for it and say it in words. Not just "memory":
# "an illegal memory access was encountered" is the other kind.
_NO_MEMORY: Final = ("out of memory", "allocate memory", "not enough memory", "alloc_failed")
_OF_THE_DEVICE: Final = ("cuda error", "cuda driver error", "execution_failed")
_CAPTURING: Final = "captur"  # a call that a CUDA graph cannot hold; the device is well


def out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out; also where that made something else fail, such as the end of a capture."""
    return any(_says_no_memory(one) for one in _chain(error))


def device_lost(error: BaseException) -> bool:
    """Whether the device failed so that nothing on it can work again in this process."""
    return not out_of_memory(error) and any(_says_device_lost(one) for one in _chain(error))


def let_go(error: BaseException) -> None:
    """Drop the tensors that the frames of `error` still hold, so that their memory can be given back."""
    for one in _chain(error):
        traceback.clear_frames(one.__traceback__)


def in_short(error: BaseException) -> str:
    """Return what went wrong in one line; CUDA adds advice for programmers."""
    first, *_ = str(error).splitlines() or [type(error).__name__]
    return first


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield `error` and what it was raised from or while handling, the last first."""
    one: BaseException | None = error
    while one is not None:
        yield one
        one = one.__cause__ or one.__context__


def _says_no_memory(error: BaseException) -> bool:
    said = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or any(
        words in said for words in _NO_MEMORY
    )


def _says_device_lost(error: BaseException) -> bool:
    said = str(error).lower()
    known = isinstance(error, torch.AcceleratorError) or any(
        words in said for words in _OF_THE_DEVICE
    )
    return known and _CAPTURING not in said
