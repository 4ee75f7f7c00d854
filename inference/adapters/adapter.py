"""What a LoRA is to a network: for some of its modules, a second, thin way from what goes in to what comes out.

    out + scale · alpha/rank · up(down(in))

Hu et al. 2021, arXiv:2106.09685. `down` and `up` are kept apart; the sum with the weights is never made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from diffusers.models.embeddings import AttentionPooling
from safetensors import SafetensorError
from safetensors.torch import load
from torch import nn
from torch.nn import functional

from inference.adapters.blocks import by_diffusers
from inference.adapters.files import LoraFile, Module, Names
from inference.devices import Placement
from inference.weightfiles import RefusedFile

Network = Mapping[str, nn.Module]
"""The modules that can be adapted, by their path with every dot an underscore."""


@dataclass(frozen=True, eq=False)
class Thin:
    """The two halves of one module, and alpha/rank. `slides` says how the first one does, where it does.

    The factor stays by itself: multiplied into `up` it could vanish in half precision.
    """

    down: torch.Tensor
    up: torch.Tensor
    factor: float
    slides: Mapping[str, Any] | None = None

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return self.down.nbytes + self.up.nbytes

    def __call__(self, given: torch.Tensor, scale: float) -> torch.Tensor:
        """Return what is to be added to the module's own answer to `given`, in its precision."""
        down, up = self.down.to(given.dtype), self.up.to(given.dtype)
        if self.slides is None:
            return functional.linear(functional.linear(given, down).mul_(scale * self.factor), up)
        narrow = functional.conv2d(given, down, **self.slides)
        return functional.conv2d(narrow.mul_(scale * self.factor), up)


@dataclass(frozen=True, eq=False)
class Adapter:
    """A LoRA in place on its device: what it adds to which modules, by their paths there. SDXL alone has a `text_2`."""

    name: str
    sha256: str
    unet: Mapping[str, Thin]
    text: Mapping[str, Thin]
    text_2: Mapping[str, Thin] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, Mapping[str, Thin]]:
        """What it adds by the network that it adds to."""
        return {"unet": self.unet, "text": self.text, "text_2": self.text_2}

    @property
    def reads_otherwise(self) -> bool:
        """Whether a prompt comes to something else with it."""
        return bool(self.text or self.text_2)

    @property
    def bytes(self) -> int:
        """How much memory it takes."""
        return sum(thin.bytes for part in self.parts.values() for thin in part.values())


def adaptable(network: nn.Module) -> dict[str, nn.Module]:
    """Return the modules of `network` that can be adapted: those that are called with what goes in.

    Attention pooling hands the weights of its own ones to a function, which would pass the adapter by.
    """
    return {path.replace(".", "_"): module for path, module in _called(network)}


def fitted(file: LoraFile, networks: Mapping[str, Network], placement: Placement) -> Adapter:
    """Return the LoRA of `file` for the networks `unet`, `text` and, in SDXL, `text_2`, in place on its device.

    Raises:
        RefusedFile: A part belongs to no module here, has another shape, or is not finite.
    """
    try:
        tensors = load(file.data)
    except (SafetensorError, RuntimeError, ValueError) as error:
        raise RefusedFile(f"{file.name} cannot be read: {error}") from None
    parts: dict[str, dict[str, Thin]] = {"unet": {}, "text": {}, "text_2": {}}
    for module, names in file.modules.items():
        network = networks.get(module.net, {})
        path = _path_of(network, module, file.name)
        if path in parts[module.net]:
            raise RefusedFile(f"{file.name} says twice what {path} is")
        thin = _thin(network[path], tensors, names, f"{file.name} does not fit {module.path}")
        parts[module.net][path] = _placed(thin, placement)
    return Adapter(file.name, file.sha256, **parts)


def _called(network: nn.Module, path: str = "") -> Iterator[tuple[str, nn.Module]]:
    for name, child in network.named_children():
        if isinstance(child, nn.Linear) or type(child) is nn.Conv2d:
            yield path + name, child
        elif not isinstance(child, AttentionPooling):
            yield from _called(child, f"{path}{name}.")


def _path_of(network: Network, module: Module, file: str) -> str:
    """Return where the meant module is.

    In files the first text encoder's stand below `text_model`, whatever they do here; and kohya's scripts name the blocks
    of SDXL as the original checkpoint does.
    """
    names = (module.path, module.path.removeprefix("text_model_"), by_diffusers(module.path))
    for path in names:
        if path in network:
            return path
    raise RefusedFile(f"{file} is for another model: there is no {module.path[:200]} to adapt here")


def _thin(module: nn.Module, tensors: Mapping[str, torch.Tensor], names: Names, unfit: str) -> Thin:
    down, up = tensors[names.down], tensors[names.up]
    alpha = tensors[names.alpha].item() if isinstance(names.alpha, str) else names.alpha
    rank = len(down)
    factor = 1.0 if alpha is None else float(alpha) / rank
    told = torch.tensor(factor)
    if not all(bool(torch.isfinite(part).all()) for part in (down, up, told)):
        raise RefusedFile(f"{unfit}: it holds numbers that are not finite")
    if isinstance(module, nn.Conv2d):
        return _convolving(module, down, up, factor, unfit)
    down, up = _without_kernel(down, unfit), _without_kernel(up, unfit)
    assert isinstance(module, nn.Linear)  # noqa: S101 - `adaptable` gives no others
    wanted = [rank, module.in_features], [module.out_features, rank]
    _require_shapes((down, up), wanted, unfit)
    return Thin(down, up, factor)


def _convolving(
    module: nn.Conv2d, down: torch.Tensor, up: torch.Tensor, factor: float, unfit: str
) -> Thin:
    down = down[:, :, None, None] if down.ndim == 2 else down  # noqa: PLR2004
    up = up[:, :, None, None] if up.ndim == 2 else up  # noqa: PLR2004
    rank = len(down)
    wanted = [rank, module.in_channels, *module.kernel_size], [module.out_channels, rank, 1, 1]
    _require_shapes((down, up), wanted, unfit)
    if module.groups != 1 or module.padding_mode != "zeros":
        raise RefusedFile(f"{unfit}: a convolution of that kind is not adapted here")
    slides = {
        "stride": module.stride,
        "padding": module.padding,
        "dilation": module.dilation,
    }
    return Thin(down, up, factor, slides)


def _without_kernel(half: torch.Tensor, unfit: str) -> torch.Tensor:
    """Return the matrix of a half that was written as a convolution of one pixel."""
    if half.ndim == 2:  # noqa: PLR2004
        return half
    if half.shape[2:] != (1, 1):
        raise RefusedFile(f"{unfit}: it is a convolution, and the module is none")
    return half[:, :, 0, 0]


def _require_shapes(
    halves: tuple[torch.Tensor, ...], wanted: tuple[list[int], ...], unfit: str
) -> None:
    for half, shape in zip(halves, wanted, strict=True):
        if list(half.shape) != shape:
            raise RefusedFile(f"{unfit}: it has the shape {list(half.shape)}, not {shape}")


def _placed(thin: Thin, where: Placement) -> Thin:
    """Return copies of both halves on their device: views would keep all the bytes of the file."""
    down, up = (
        half.to(where.device, where.dtype, copy=True).contiguous() for half in (thin.down, thin.up)
    )
    return Thin(down, up, thin.factor, thin.slides)
