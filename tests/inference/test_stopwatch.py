"""Seconds by the device's own clock: with a device that is made up."""

from __future__ import annotations

import time

import pytest
import torch

from inference.stopwatch import (
    RUN_AHEAD,
    DeviceStopwatch,
    HostStopwatch,
    Stopwatch,
    stopwatch_of,
)


class Device:
    """A time line on which every event that is recorded is one millisecond after the last one."""

    def __init__(self) -> None:
        self.recorded = 0
        self.waited_for: list[int] = []

    def event(self, **asked: bool) -> Event:
        assert asked == {"enable_timing": True, "blocking": True}
        return Event(self)


class Event:
    """A `torch.cuda.Event` of such a device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.at = 0

    def record(self) -> None:
        self._device.recorded += 1
        self.at = self._device.recorded

    def synchronize(self) -> None:
        self._device.waited_for.append(self.at)

    def elapsed_time(self, end: Event) -> float:
        assert end.at in self._device.waited_for, "read before it is past"
        return float(end.at - self.at)


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Device:
    made_up = Device()
    monkeypatch.setattr(torch.cuda, "Event", made_up.event)
    return made_up


def step(watch: Stopwatch, told: list[float]) -> None:
    watch.start()
    watch.stop(told.append)


class TestDevice:
    def test_waits_for_no_step_but_the_one_too_far_behind(self, device: Device) -> None:
        watch, told = DeviceStopwatch(), list[float]()
        for _ in range(RUN_AHEAD):
            step(watch, told)
        assert not device.waited_for
        step(watch, told)
        assert len(device.waited_for) == len(told) == 1

    def test_tells_seconds_in_the_order_of_the_steps(self, device: Device) -> None:
        watch, told = DeviceStopwatch(), list[float]()
        watch.start()
        device.recorded += 4  # four milliseconds pass on the device
        watch.stop(told.append)
        for _ in range(3):
            step(watch, told)
        assert told == pytest.approx([0.005, 0.001])

    def test_a_step_that_failed_is_not_counted(self, device: Device) -> None:
        watch, told = DeviceStopwatch(), list[float]()
        watch.start()
        device.recorded += 100
        for _ in range(RUN_AHEAD + 1):
            step(watch, told)
        assert told == pytest.approx([0.001])

    @pytest.mark.usefixtures("device")
    def test_suits_cuda(self) -> None:
        assert isinstance(stopwatch_of(torch.device("cuda", 1)), DeviceStopwatch)


def test_on_a_cpu_the_host_knows_at_once() -> None:
    watch, told = stopwatch_of(torch.device("cpu")), list[float]()
    assert isinstance(watch, HostStopwatch)
    watch.start()
    time.sleep(0.01)
    watch.stop(told.append)
    assert told[0] >= 0.01
