"""Applies LoRAs while a network is called: to the rows that asked for them, and to nothing else.

The weights are not touched, so there is nothing to switch, to restore or to wait for. Hooks are put on exactly
the modules that a call's LoRAs name, and taken off after it. One thread calls a network at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import groupby
from typing import Any, NamedTuple

import torch

from inference.adapters.adapter import Adapter, Network, Thin


class Worn(NamedTuple):
    """A LoRA and how much of it."""

    adapter: Adapter
    scale: float


Outfit = tuple[Worn, ...]
"""The LoRAs of one image, in the order in which they were asked for."""


class _Share(NamedTuple):
    """What one LoRA adds to one module in a call, and the runs of rows that it is for."""

    thin: Thin
    scale: float
    runs: tuple[slice, ...]


@contextmanager
def read_wearing(network: Network, outfit: Outfit, part: str = "text") -> Iterator[None]:
    """Have a text encoder, the `text` of a model or its `text_2`, wear `outfit` in this block, whatever it is given."""
    shares: dict[str, list[_Share]] = {}
    for worn in outfit:
        for path, thin in worn.adapter.parts[part].items():
            shares.setdefault(path, []).append(_Share(thin, worn.scale, (slice(None),)))
    with _hooked(network, shares):
        yield


@contextmanager
def drawn_wearing(network: Network, outfits: Sequence[Outfit]) -> Iterator[None]:
    """Have row k of the UNet's calls in this block wear `outfits[k]`."""
    rows: dict[Worn, list[int]] = {}
    for row, outfit in enumerate(outfits):
        for worn in outfit:
            rows.setdefault(worn, []).append(row)
    shares: dict[str, list[_Share]] = {}
    for worn, mine in rows.items():
        runs = runs_of(mine)
        for path, thin in worn.adapter.unet.items():
            shares.setdefault(path, []).append(_Share(thin, worn.scale, runs))
    with _hooked(network, shares):
        yield


@contextmanager
def _hooked(network: Network, shares: dict[str, list[_Share]]) -> Iterator[None]:
    with ExitStack() as hooks:
        for path, mine in shares.items():
            hooks.callback(network[path].register_forward_hook(_adding(mine)).remove)
        yield


def _adding(shares: Sequence[_Share]) -> Callable[..., None]:
    def add(_module: object, given: tuple[Any, ...], answer: torch.Tensor) -> None:
        for thin, scale, runs in shares:
            if len(runs) == 1:
                answer[runs[0]].add_(thin(given[0][runs[0]], scale))
                continue
            more = thin(torch.cat([given[0][run] for run in runs]), scale)
            lengths = [run.stop - run.start for run in runs]
            for run, part in zip(runs, more.split(lengths), strict=True):
                answer[run].add_(part)

    return add


def runs_of(rows: Sequence[int]) -> tuple[slice, ...]:
    """Return ascending `rows` as slices: an index would have to be made on the device, which waits for it."""
    runs = []
    for _, run in groupby(enumerate(rows), key=lambda placed: placed[1] - placed[0]):
        mine = [row for _, row in run]
        runs.append(slice(mine[0], mine[-1] + 1))
    return tuple(runs)
