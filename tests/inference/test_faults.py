"""What errors are taken for, by the words that torch 2.13 and CUDA have for them."""

from __future__ import annotations

import gc
import weakref

import pytest
import torch

from inference.faults import device_lost, in_short, let_go, out_of_memory

NO_MEMORY = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    torch.AcceleratorError("CUDA error: out of memory"),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    MemoryError(),
]
LOST = [
    torch.AcceleratorError("CUDA error: device-side assert triggered\nCompile with ..."),
    torch.AcceleratorError("CUDA error: an illegal memory access was encountered"),
    RuntimeError("CUDA error: unspecified launch failure"),
    RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasGemmEx(...)`"),
    RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
]
NEITHER = [
    ValueError("boom"),
    RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
    torch.AcceleratorError("CUDA error: operation not permitted when stream is capturing"),
]


@pytest.mark.parametrize("error", NO_MEMORY, ids=str)
def test_memory_that_ran_out_leaves_the_device_well(error: Exception) -> None:
    assert out_of_memory(error)
    assert not device_lost(error)


@pytest.mark.parametrize("error", LOST, ids=str)
def test_a_device_that_failed_is_lost(error: Exception) -> None:
    assert device_lost(error)
    assert not out_of_memory(error)


@pytest.mark.parametrize("error", NEITHER, ids=str)
def test_other_errors_are_neither(error: Exception) -> None:
    assert not device_lost(error)
    assert not out_of_memory(error)


def test_the_cpu_says_it_in_its_own_words() -> None:
    with pytest.raises(RuntimeError) as refused:
        torch.empty(10**15)
    assert out_of_memory(refused.value)


def test_a_capture_that_memory_ended_is_about_memory() -> None:
    error = torch.AcceleratorError("CUDA error: operation failed due to a previous error")
    error.__context__ = NO_MEMORY[0]
    assert out_of_memory(error)
    assert not device_lost(error)


def test_what_frames_held_is_let_go() -> None:
    held: list[weakref.ref[torch.Tensor]] = []

    def fail() -> None:
        tensor = torch.zeros(1)
        held.append(weakref.ref(tensor))
        raise torch.OutOfMemoryError

    with pytest.raises(torch.OutOfMemoryError) as failed:
        fail()
    assert held[0]() is not None
    let_go(failed.value)
    gc.collect()
    assert held[0]() is None


def test_in_short_is_one_line() -> None:
    assert in_short(LOST[0]) == "CUDA error: device-side assert triggered"
    assert in_short(MemoryError()) == "MemoryError"
