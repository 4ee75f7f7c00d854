"""Work beside the steps: which thread is told of which device."""

from __future__ import annotations

import threading

import torch

from inference.finishing import Finisher, Outcome
from inference.metrics import Metrics
from inference.streams import HostAside


class Noting(HostAside):
    """Notes which threads ask to be told the device."""

    def __init__(self) -> None:
        self.adopted: list[str] = []

    def adopt_thread(self) -> None:
        self.adopted.append(threading.current_thread().name)


def test_every_thread_of_the_finisher_is_told_its_device() -> None:
    aside, drawn = Noting(), threading.Event()
    finisher = Finisher(
        aside,
        Metrics(waiting=lambda: 0.0, running=lambda: 0.0),
        Outcome(on_end=lambda _: None, on_room=lambda: None),
        may_retry=False,
        threads=torch.get_num_threads(),
    )
    finisher._encoder.submit(drawn.set)
    assert drawn.wait(5)
    finisher.stop()
    assert sorted(aside.adopted) == ["atelier-developer", "atelier-encoder_0"]
