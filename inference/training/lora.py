"""Low-rank layers beside the frozen ones of a network: out + alpha/rank · up(down(in)).

Hu et al. 2021, arXiv:2106.09685. `up` begins at nothing, so that an untrained LoRA changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from diffusers.models.embeddings import AttentionPooling
from torch import Tensor, nn
from torch.nn import functional

_ATTENTION = ("to_q", "to_k", "to_v", "to_out.0", "q_proj", "k_proj", "v_proj", "out_proj")
_BLOCKS = ("down_blocks.", "mid_block.", "up_blocks.", "encoder.layers.", "text_model.encoder.")


class LowRank(nn.Module):
    """What is learned beside one linear layer or convolution, kept in float32 whatever the base is in.

    `strength` is what it counts: 1, or 0 while the base alone is wanted.
    """

    def __init__(self, base: nn.Linear | nn.Conv2d, rank: int, alpha: float) -> None:
        super().__init__()
        narrow = min(rank, base.weight.shape[0], base.weight[0].numel())
        self.down = nn.Parameter(torch.empty(narrow, *base.weight.shape[1:]))
        self.up = nn.Parameter(torch.zeros(len(base.weight), narrow))
        nn.init.kaiming_uniform_(self.down, a=5**0.5)
        self.rank, self.factor, self.strength = rank, alpha / rank, 1.0
        self._slides = (
            {"stride": base.stride, "padding": base.padding, "dilation": base.dilation}
            if isinstance(base, nn.Conv2d)
            else None
        )

    def forward(self, given: Tensor) -> Tensor:
        """Return what is added to the base layer's answer to `given`."""
        scale = self.factor * self.strength
        if self._slides is None:
            return functional.linear(functional.linear(given, self.down), self.up) * scale
        narrow = functional.conv2d(given, self.down, **self._slides)
        return functional.conv2d(narrow, self.up[:, :, None, None]) * scale

    def delta(self) -> Tensor:
        """Return the same as a change of the base layer's weights, in their shape."""
        product = self.up @ self.down.flatten(1) * self.factor
        return product.view(len(self.up), *self.down.shape[1:])

    def beside(self, _base: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> Tensor:
        """Add this to a layer's answer; the forward hook of that layer."""
        if not self.strength:
            return answer
        # Outside autocast the base may be in half precision; these numbers are always float32.
        added = (
            self(given[0])
            if torch.is_autocast_enabled(given[0].device.type)
            else self(given[0].float())
        )
        return answer + added.to(answer.dtype)


def attach(network: nn.Module, layers: str, rank: int, alpha: float) -> dict[str, LowRank]:
    """Put a low-rank layer beside each wanted layer of `network`; return them by its path.

    `attention` means the projections of attention; `all` means every linear layer and convolution of the blocks.
    """
    found = {path: module for path, module in _layers(network).items() if _wanted(path, layers)}
    made = {path: LowRank(module, rank, alpha) for path, module in found.items()}
    for path, lora in made.items():
        found[path].register_forward_hook(lora.beside)
        lora.to(found[path].weight.device)
    return made


def set_strength(loras: Mapping[str, LowRank], strength: float) -> None:
    """Let `loras` count fully, partly or, at 0, not at all."""
    for lora in loras.values():
        lora.strength = strength


@torch.no_grad()
def merge(network: nn.Module, loras: Mapping[str, LowRank], scale: float = 1.0) -> None:
    """Add what was learned to the weights of `network` itself, for good."""
    modules = _layers(network)
    for path, lora in loras.items():
        weight = modules[path].weight
        weight += (scale * lora.delta()).to(weight)


def _layers(network: nn.Module) -> dict[str, nn.Linear | nn.Conv2d]:
    """Return what can be adapted. Attention pooling hands its layers' weights to a function: a hook is passed by."""
    pooled = [
        path for path, module in network.named_modules() if isinstance(module, AttentionPooling)
    ]
    return {
        path: module
        for path, module in network.named_modules()
        if (isinstance(module, nn.Linear) or type(module) is nn.Conv2d)
        and not any(path.startswith(f"{pool}.") for pool in pooled)
    }


def _wanted(path: str, layers: str) -> bool:
    return path.startswith(_BLOCKS) and (layers == "all" or path.endswith(_ATTENTION))
