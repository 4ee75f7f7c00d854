"""One step by itself; that it draws as diffusers does is `test_loop`'s and `test_solvers`'."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from inference.solvers import Column
from inference.stages import denoise
from inference.stages.denoise import Batch

# Operations for whose result, or whose index, a host waits on a device.
WAITING = {"aten.index", "aten.nonzero", "aten._local_scalar_dense", "aten.masked_select"}


def batch(images: int, guided: int) -> Batch:
    source = torch.Generator().manual_seed(images)
    latents, history = torch.randn(2, images, 4, 8, 8, generator=source)
    words = torch.randn(images, 5, 3, generator=source)
    return Batch(
        latents=latents,
        history=history,
        noise=torch.randn(images, 4, 8, 8, generator=source),
        rows=torch.randn(images, len(Column), generator=source),
        positives=words,
        guided=guided,
        negatives=words[:guided] if guided else None,
        scales=torch.full((guided, 1, 1, 1), 7.5) if guided else None,
    )


def unet(latents: torch.Tensor, times: torch.Tensor, words: torch.Tensor) -> torch.Tensor:
    return latents * times.view(-1, 1, 1, 1) + words.mean((1, 2)).view(-1, 1, 1, 1)


class Listening(TorchDispatchMode):
    """Keeps the names of what is asked of torch."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, _types: Sequence[type], args: Any = (), kwargs: Any = None
    ) -> Any:
        self.heard.add(str(func.overloadpacket))
        return func(*args, **(kwargs or {}))


def test_the_clean_picture_of_some_is_theirs_among_all() -> None:
    given = batch(5, guided=3)
    stepped = denoise.step(unet, given)
    everybody = denoise.clean(given, stepped, [0, 1, 2, 3, 4])
    u, v = (given.rows[:, column].view(-1, 1, 1, 1) for column in (Column.U, Column.V))
    assert torch.equal(everybody, u * stepped.seen + v * stepped.prediction)
    assert torch.equal(denoise.clean(given, stepped, [4, 1]), everybody[[4, 1]])


def test_nothing_in_a_step_waits_for_the_device() -> None:
    given = batch(5, guided=3)
    with Listening() as listening:
        denoise.clean(given, denoise.step(unet, given), [4, 1])
    assert "aten.stack" in listening.heard
    assert not WAITING & listening.heard
