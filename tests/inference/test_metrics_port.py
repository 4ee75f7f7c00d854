"""The small port at which a replica tells what its own engine counts, and the GPU's meter."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import httpx2
import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from inference import metrics_port
from inference.energy import Energy

NVML = """
static unsigned long long used = 5000;
int nvmlInit_v2(void) { return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) { *device = &used; return index == 1; }
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) { *device = &used; return uuid[0] != 'G'; }
int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules) {
  *millijoules = *(unsigned long long *)device += 1500; return 0;
}
"""


def counting(number: int) -> CollectorRegistry:
    registry = CollectorRegistry()
    Counter("rows", "Rows", registry=registry).inc(number)
    Histogram("seconds", "Seconds", ["by"], registry=registry, buckets=[1]).labels("x").observe(2)
    return registry


def told_at(port: int) -> str:
    return httpx2.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text


class TestAnswer:
    def test_takes_the_next_port_when_one_is_taken(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            first = taken.getsockname()[1]
            port = metrics_port.answer(
                counting(3), "127.0.0.1", first, {"replica": "r1", "model": "m"}
            )
        assert port is not None
        assert first < port < first + metrics_port.TRIED
        text = told_at(port)
        assert 'rows_total{model="m",replica="r1"} 3.0' in text
        assert 'seconds_bucket{by="x",le="+Inf",model="m",replica="r1"} 1.0' in text

    def test_gives_up_in_words_when_all_are_taken(
        self, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(metrics_port, "TRIED", 1)
        with socket.create_server(("127.0.0.1", 0)) as taken:
            first = taken.getsockname()[1]
            assert metrics_port.answer(counting(1), "127.0.0.1", first, {}) is None
        assert f"no port from {first} to {first} is free" in caplog.text


class TestFirstPort:
    @pytest.mark.parametrize(("written", "port"), [("", None), ("0", None), (" 9464 ", 9464)])
    def test_is_read_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, written: str, port: int | None
    ) -> None:
        monkeypatch.setenv(metrics_port.PORT_VARIABLE, written)
        assert metrics_port.first_port() == port

    @pytest.mark.parametrize("written", ["80", "-1", "65535", "here"])
    def test_names_what_is_wrong_and_a_good_value(
        self, monkeypatch: pytest.MonkeyPatch, written: str
    ) -> None:
        monkeypatch.setenv(metrics_port.PORT_VARIABLE, written)
        with pytest.raises(ValueError, match=r"ATELIER_ENGINE_METRICS_PORT must be .* 9464 is"):
            metrics_port.first_port()


class TestEnergy:
    @pytest.fixture
    def library(self, tmp_path: Path) -> str:
        """A library with NVML's calls, whose meter goes on by 1.5 J whenever it is read."""
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("no C compiler here")
        (tmp_path / "nvml.c").write_text(NVML)
        made = tmp_path / "libnvml.so"
        subprocess.run(
            [compiler, "-shared", "-fPIC", "-o", made, tmp_path / "nvml.c"], check=True, timeout=60
        )
        return str(made)

    @pytest.mark.parametrize("named", [None, "0,1", "GPU-1234"])
    def test_is_metered_from_the_beginning_of_the_process(
        self, monkeypatch: pytest.MonkeyPatch, library: str, named: str | None
    ) -> None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        if named is not None:
            monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
        registry = CollectorRegistry()
        registry.register(Energy(library))
        first, second = joules(registry), joules(registry)
        assert first is not None
        assert second == first + 1.5

    @pytest.mark.parametrize("named", ["1", "MIG-1"])
    def test_is_not_told_of_a_device_that_is_not_there(
        self, monkeypatch: pytest.MonkeyPatch, library: str, named: str
    ) -> None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", named)
        registry = CollectorRegistry()
        registry.register(Energy(library))
        assert joules(registry) is None

    def test_is_not_told_without_the_library(self) -> None:
        registry = CollectorRegistry()
        registry.register(Energy("libnothing-of-this-name.so"))
        assert joules(registry) is None
        assert "# TYPE atelier_inference_joules_total counter" in generate_latest(registry).decode()


def joules(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("atelier_inference_joules_total")
