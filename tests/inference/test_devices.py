from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from inference.devices import (
    DeviceError,
    Placement,
    _usable_cores,
    choose_threads,
    place,
    prefer_speed,
    to_device,
    use_device,
)

CPU = torch.device("cpu")


@pytest.fixture
def cpuinfo(tmp_path: Path) -> Path:
    return tmp_path / "cpuinfo"


class TestPlace:
    def test_a_cpu_with_amx_draws_in_bfloat16(self, cpuinfo: Path) -> None:
        cpuinfo.write_text("flags : fpu avx512f amx_bf16 amx_tile\n")
        assert place("cpu", cpuinfo=cpuinfo).dtype == torch.bfloat16

    def test_any_other_cpu_draws_in_float32(self, cpuinfo: Path) -> None:
        cpuinfo.write_text("flags : fpu avx512f avx512_bf16\n")
        assert place("cpu", cpuinfo=cpuinfo).dtype == torch.float32
        assert place("cpu", cpuinfo=cpuinfo.with_name("nowhere")).dtype == torch.float32

    def test_the_environment_overrides(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ATELIER_DEVICE", "cpu")
        monkeypatch.setenv("ATELIER_DTYPE", "bfloat16")
        assert place().device == CPU
        assert place().dtype_name == "bfloat16"

    @pytest.mark.parametrize(
        ("device", "dtype", "told"),
        [("gpu", "", "cpu, cuda or cuda:N"), ("cpu", "int8", "float32, bfloat16, float16")],
    )
    def test_what_is_not_there_is_refused(self, device: str, dtype: str, told: str) -> None:
        with pytest.raises(DeviceError, match=told):
            place(device, dtype)

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
    def test_cuda_without_a_device_is_refused(self) -> None:
        with pytest.raises(DeviceError, match="finds no such device"):
            place("cuda")


class TestTwoGpus:
    """What can be said of a second GPU without a first."""

    SECOND = torch.device("cuda", 1)

    @pytest.fixture(autouse=True)
    def _two_of_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    @pytest.mark.parametrize(("name", "number"), [("", 0), ("cuda", 0), ("cuda:1", 1)])
    def test_is_always_told_by_its_number(self, name: str, number: int) -> None:
        assert place(name) == Placement(torch.device("cuda", number), torch.float16)

    def test_one_that_is_not_there_is_refused(self) -> None:
        with pytest.raises(DeviceError, match="cuda:2; the last one here is cuda:1"):
            place("cuda:2")

    def test_a_thread_is_told_which_one_to_use(self, monkeypatch: pytest.MonkeyPatch) -> None:
        used: list[torch.device] = []
        monkeypatch.setattr(torch.cuda, "set_device", used.append)
        use_device(self.SECOND)
        use_device(CPU)
        assert used == [self.SECOND]

    def test_a_copy_goes_by_pinned_memory_and_waits_for_nobody(self) -> None:
        tensor = Recorded()
        assert to_device(tensor, self.SECOND) is tensor
        assert tensor.calls == ["pin_memory", (self.SECOND, True)]


class Recorded:
    """A tensor of a machine that has a GPU, in host memory."""

    is_cuda = False

    def __init__(self) -> None:
        self.calls: list[object] = []

    def numel(self) -> int:
        return 1

    def pin_memory(self) -> Recorded:
        self.calls.append("pin_memory")
        return self

    def to(self, device: torch.device, *, non_blocking: bool) -> Recorded:
        self.calls.append((device, non_blocking))
        return self


class TestPreferSpeed:
    @pytest.fixture(autouse=True)
    def _as_it_was(self) -> Iterator[None]:
        cudnn, matmul = torch.backends.cudnn, torch.backends.cuda.matmul
        before = cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32
        yield
        cudnn.benchmark, cudnn.allow_tf32, matmul.allow_tf32 = before

    def test_cuda_may_choose_its_kernels_and_round(self) -> None:
        prefer_speed(torch.device("cuda", 0))
        assert torch.backends.cudnn.benchmark
        assert torch.backends.cudnn.allow_tf32
        assert torch.backends.cuda.matmul.allow_tf32

    def test_a_cpu_is_left_alone(self) -> None:
        prefer_speed(CPU)
        assert not torch.backends.cudnn.benchmark
        assert not torch.backends.cuda.matmul.allow_tf32


class TestUsableCores:
    def test_a_quota_says_more_than_the_machine(self, tmp_path: Path) -> None:
        quota = tmp_path / "cpu.max"
        quota.write_text("100000 100000\n")
        assert _usable_cores(quota) == 1
        quota.write_text("50000 100000\n")
        assert _usable_cores(quota) == 1
        quota.write_text("max 100000\n")
        assert _usable_cores(quota) == _usable_cores(tmp_path / "nowhere") >= 1


class TestChooseThreads:
    @pytest.fixture(autouse=True)
    def _two_threads(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
        before = torch.get_num_threads()
        torch.set_num_threads(2)
        yield
        torch.set_num_threads(before)

    @pytest.mark.parametrize(("alone", "threads"), [(0.05, 1), (0.11, 1), (0.12, 2)])
    def test_leaves_a_core_to_the_vae_unless_that_costs_much(
        self, alone: float, threads: int
    ) -> None:
        choose_threads(lambda: 0.1 if torch.get_num_threads() == 2 else alone)
        assert torch.get_num_threads() == threads

    def test_one_core_that_an_operator_set_stands(self) -> None:
        torch.set_num_threads(1)
        choose_threads(lambda: pytest.fail("there is nothing to choose"))
        assert torch.get_num_threads() == 1

    def test_what_takes_seconds_is_not_tried_on_one_core(self) -> None:
        choose_threads(lambda: 5.0 if torch.get_num_threads() == 2 else 0.01)
        assert torch.get_num_threads() == 2
