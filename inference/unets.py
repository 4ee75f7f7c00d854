"""How the UNet is called: plainly, in float32 for what overflowed, or as CUDA graphs of fixed shapes.

All three are the `denoise.UNet` of any number of rows. Knows no images and no queue.
"""

from __future__ import annotations

import copy
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

import torch

from inference.adapters.adapter import Network, adaptable
from inference.adapters.applying import Outfit, drawn_wearing
from inference.controls.applying import Shapes, added_by
from inference.stages.denoise import UNet
from inference.stages.whole import conditions

BUCKETS: Final = (1, 2, 4, 6, 8, 12, 16, 24, 32)
MOST_GRAPHS: Final = 3 * len(BUCKETS)  # as many as three sizes need at most


class EagerUNet:
    """The network as it is, in its own precision."""

    def __init__(self, network: Any) -> None:  # noqa: ANN401
        self._network = network

    def __call__(
        self,
        latents: torch.Tensor,
        timesteps: torch.Tensor,
        embeddings: torch.Tensor,
        wholes: torch.Tensor | None = None,
        **added: Any,  # noqa: ANN401
    ) -> torch.Tensor:
        """Predict for latents [r, c, h, w], timesteps [r], embeddings [r, tokens, width] and, in SDXL, wholes [r, v].

        What is `added` to it is told in `controls.applying`.
        """
        dtype = self._network.dtype
        if wholes is not None:
            added["added_cond_kwargs"] = conditions(wholes, dtype)
        said = self._network(
            latents.to(dtype),
            timesteps,
            encoder_hidden_states=embeddings.to(dtype),
            return_dict=False,
            **added,
        )
        prediction: torch.Tensor = said[0]
        return prediction

    def wearing(self, outfits: Sequence[Outfit], shapes: Sequence[Shapes] = ()) -> UNet:
        """Return it for one step in which row k wears `outfits[k]` and is drawn by `shapes[k]`.

        Its weights stay as they are, and ControlNets wear nothing.
        """

        def call(*given: torch.Tensor) -> torch.Tensor:
            added = added_by(shapes, given)
            with drawn_wearing(self._adaptable, outfits):
                return self(*given, **added)

        return call

    @cached_property
    def _adaptable(self) -> Network:
        return adaptable(self._network)


def precise_unet(network: Any) -> EagerUNet:  # noqa: ANN401
    """A float32 copy of the network beside it, for images that overflowed in half precision."""
    return EagerUNet(copy.deepcopy(network).float())


class GraphedUNet:
    """The network as one CUDA graph a row bucket and shape: a call is one launch instead of hundreds.

    Rows are padded to the next bucket by repeating the first; graphs are captured when a shape is
    first seen and share one memory pool; `capture` does so beforehand, the largest first, whose memory
    the smaller ones use again. More rows than the largest bucket go in parts. At most `most` graphs are
    kept: a new one then takes the place, and the memory, of the one that was used longest ago.
    """

    def __init__(
        self,
        network: Any,  # noqa: ANN401
        buckets: tuple[int, ...] = BUCKETS,
        most: int = MOST_GRAPHS,
    ) -> None:
        self._eager = EagerUNet(network)
        self._buckets, self._most = buckets, most
        self._graphs: OrderedDict[tuple[int, ...], _Graph] = OrderedDict()
        # Streams come from small pools by priority: one of its own priority is never the VAE's.
        self._stream = torch.cuda.Stream(network.device, priority=-1)

    def wearing(self, outfits: Sequence[Outfit], shapes: Sequence[Shapes] = ()) -> UNet:
        """Return it for one step with these LoRAs and shapes: called plainly, since graphs know neither."""
        return self._eager.wearing(outfits, shapes)

    def capture(
        self, latents: torch.Tensor, embeddings: torch.Tensor, rows: int, *whole: torch.Tensor
    ) -> None:
        """Capture every bucket up to `rows` for one latent [c, h, w], one embedding [tokens, width] and its whole [v]."""
        for bucket in sorted((size for size in self._buckets if size <= rows), reverse=True):
            times = torch.ones(bucket, device=latents.device)
            told = [_repeated(one, bucket) for one in (embeddings, *whole)]
            self(_repeated(latents, bucket), times, *told)

    def forget(self) -> None:
        """Drop every graph, so that their memory can be given back.

        Not some of them: what one leaves in the pool is for the others, and CUDA gets a pool back only whole.
        """
        self._graphs.clear()

    @torch.inference_mode()
    def __call__(self, *every: torch.Tensor) -> torch.Tensor:
        """Predict for what `EagerUNet` is given: latents first, and a row of each image in all of them."""
        largest, rows = self._buckets[-1], len(every[0])
        if rows > largest:
            parts = zip(*(tensor.split(largest) for tensor in every), strict=True)
            return torch.cat([self(*part) for part in parts])
        bucket = next(size for size in self._buckets if size >= rows)
        given = [_padded(tensor, bucket) for tensor in every]
        key = (bucket, *(side for tensor in every for side in tensor.shape[1:]))
        if key not in self._graphs:
            self._graphs[key] = self._captured(given)
        self._graphs.move_to_end(key)
        return self._graphs[key].replay(given)[:rows]

    def _captured(self, given: list[torch.Tensor]) -> _Graph:
        while len(self._graphs) >= self._most:
            self._graphs.popitem(last=False)
        # A pool that no graph uses any more is gone: the next one begins its own.
        pool = next((graph.pool for graph in self._graphs.values()), None)
        return _Graph(self._eager, given, pool, self._stream)


class _Graph:
    """One captured call with the tensors that it reads and writes."""

    def __init__(
        self,
        network: UNet,
        given: list[torch.Tensor],
        pool: Any,  # noqa: ANN401 - torch's handle
        stream: torch.cuda.Stream,
    ) -> None:
        self._inputs = [tensor.clone() for tensor in given]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(
            stream
        ):  # libraries choose their kernels before anything is captured
            for _ in range(2):
                network(*self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        # Of this thread only: the VAE may allocate and copy on another meanwhile. And when a capture fails
        # torch leaves its stream the current one: the outer block brings back that of the steps.
        with (
            torch.cuda.stream(torch.cuda.current_stream()),
            torch.cuda.graph(
                self._graph, pool=pool, stream=stream, capture_error_mode="thread_local"
            ),
        ):
            self._output = network(*self._inputs)
        self.pool = self._graph.pool()

    def replay(self, given: list[torch.Tensor]) -> torch.Tensor:
        """Return the prediction for `given`; overwritten by the next replay, so it is copied."""
        for mine, theirs in zip(self._inputs, given, strict=True):
            mine.copy_(theirs)
        self._graph.replay()
        return self._output.clone()


def _padded(tensor: torch.Tensor, rows: int) -> torch.Tensor:
    missing = rows - len(tensor)
    if not missing:
        return tensor
    return torch.cat([tensor, tensor[:1].expand(missing, *tensor.shape[1:])])


def _repeated(tensor: torch.Tensor, rows: int) -> torch.Tensor:
    return tensor.expand(rows, *tensor.shape)
