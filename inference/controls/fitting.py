"""Whether a ControlNet is one for a model, by its config and the names and shapes in its file: no number is read.

It fits a UNet when what it adds has the shapes that are added to. Nothing is filled in, cut or guessed: a tensor too
few would be drawn with at random, and one block too few would be passed over in silence.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import signature
from typing import Any, Final, NamedTuple

import torch
from diffusers.models.controlnets.controlnet import ControlNetModel
from torch import nn

from inference.controls.files import ControlFile
from inference.weightfiles import RefusedFile

_BLOCKS: Final = frozenset({"DownBlock2D", "CrossAttnDownBlock2D"})
_COLOURS: Final = 3
_MOST_LAYERS: Final = 16
_NAMED: Final = 3
_SIGNATURE: Final = signature(ControlNetModel.__init__).parameters
# Where these are other than the UNet's, the two do not speak of the same things.
_SHARED: Final = ("cross_attention_dim", "block_out_channels", "layers_per_block")
_NOT_READ: Final = (
    "class_embed_type",
    "num_class_embeds",
    "encoder_hid_dim",
    "encoder_hid_dim_type",
)


class Base(NamedTuple):
    """What a ControlNet is to fit: the model's UNet, and how many pixels a side one latent stands for."""

    unet: Any
    pixels_per_latent: int


def without_numbers(file: ControlFile, base: Base) -> Any:  # noqa: ANN401
    """Return its network on no device, once that is known to fit `base`, and the file to fit it.

    Raises:
        RefusedFile: It is for another model, or its parts are not those of its config.
    """
    _require_kin(file, base)
    # The colours of a picture are turned round before the eye, and there is none in the body (`ControlNet.hint`).
    config = {**file.config, "controlnet_conditioning_channel_order": "rgb"}
    side = 2 ** len(base.unet.down_blocks)
    try:
        with torch.device("meta"):
            network = ControlNetModel.from_config(config)
            added = _shapes_added(network, side, base)
    except Exception as error:  # noqa: BLE001 - a config can be wrong in more ways than diffusers has names for
        why = str(error).strip().partition("\n")[0][:300]
        raise RefusedFile(f"{file.name}: its config describes no network: {why}") from None
    if added != list(_shapes_taken(base.unet, side)):
        raise RefusedFile(_stranger(file, "what it adds has other shapes than this UNet's"))
    _require_parts(file, network)
    return network


def _shapes_added(network: Any, side: int, base: Base) -> list[tuple[int, ...]]:  # noqa: ANN401
    """Return the shapes of what it adds to latents of `side`: called once, without a number, it shows that it can be."""
    pixels = side * base.pixels_per_latent
    width = base.unet.config.cross_attention_dim
    down, middle = network(
        torch.empty(1, network.config.in_channels, side, side),
        torch.empty(1),
        encoder_hidden_states=torch.empty(1, 2, width if isinstance(width, int) else width[0]),
        controlnet_cond=torch.empty(1, _COLOURS, pixels, pixels),
        return_dict=False,
    )
    return [tuple(one.shape[1:]) for one in (*down, middle)]


def _require_kin(file: ControlFile, base: Base) -> None:
    """Check the config before anything is built by it: sizes in it are the UNet's, and counts are small."""
    mine, its = _filled(file.config), base.unet.config
    for name in _SHARED:
        if _plain(mine[name]) != _plain(its[name]):
            raise RefusedFile(_stranger(file, f"its {name} is {mine[name]}, not {its[name]}"))
    if mine["in_channels"] != its["out_channels"]:
        raise RefusedFile(
            _stranger(file, f"it sees {mine['in_channels']} channels, not {its['out_channels']}")
        )
    if mine["addition_embed_type"] not in {None, "text"}:
        raise RefusedFile(
            f"{file.name} also wants to be told {mine['addition_embed_type']}, which is not done here"
        )
    if odd := [name for name in _NOT_READ if mine[name] is not None]:
        raise RefusedFile(f"{file.name} has a {odd[0]}, which is not read here")
    if mine["global_pool_conditions"]:
        raise RefusedFile(f"{file.name} says nothing of places (a shuffle), which is not done here")
    eye = mine["conditioning_embedding_out_channels"]
    if (
        not _numbers(eye)
        or 2 ** (len(eye) - 1) != base.pixels_per_latent
        or mine["conditioning_channels"] != _COLOURS
    ):
        raise RefusedFile(
            _stranger(
                file,
                f"it does not see pictures of {_COLOURS} colours {base.pixels_per_latent} times as large as latents",
            )
        )
    layers = mine["transformer_layers_per_block"]
    layers = [layers] if isinstance(layers, int) else layers
    blocks = mine["down_block_types"]
    if (
        not _numbers(layers, _MOST_LAYERS)
        or not isinstance(blocks, list)
        or not _BLOCKS.issuperset(blocks)
    ):
        raise RefusedFile(
            f"{file.name} is made of {blocks} of {layers} layers, which is not read here"
        )


def _filled(config: dict[str, Any]) -> dict[str, Any]:
    """Return the config with what diffusers takes where nothing is said, lists for tuples."""
    usual = {
        name: list(one.default) if isinstance(one.default, tuple) else one.default
        for name, one in _SIGNATURE.items()
    }
    return {**usual, **config}


def _plain(value: object) -> object:
    return list(value) if isinstance(value, list | tuple) else value


def _numbers(told: object, most: int = 4096) -> bool:
    return (
        isinstance(told, list)
        and 0 < len(told) <= _MOST_LAYERS
        and all(type(one) is int and 0 < one <= most for one in told)
    )


def _shapes_taken(unet: Any, side: int) -> Iterator[tuple[int, ...]]:  # noqa: ANN401
    """Yield the shapes of what the UNet adds to on its way down, in its order, and of its middle."""
    yield unet.conv_in.out_channels, side, side
    for block in unet.down_blocks:
        for resnet in block.resnets:
            yield resnet.out_channels, side, side
        if block.downsamplers:
            side //= 2
            yield block.downsamplers[0].out_channels, side, side
    yield unet.config.block_out_channels[-1], side, side


def _require_parts(file: ControlFile, network: nn.Module) -> None:
    """Check that the file holds exactly the tensors of `network`, of its shapes."""
    wanted = {name: tuple(part.shape) for name, part in network.state_dict().items()}
    found = {name: entry.shape for name, entry in file.header.tensors.items()}
    if missing := sorted(wanted.keys() - found.keys()):
        raise RefusedFile(f"{file.name} lacks {', '.join(missing[:_NAMED])}")
    if more := sorted(found.keys() - wanted.keys()):
        odd = ", ".join(name[:200] for name in more[:_NAMED])
        raise RefusedFile(f"{file.name} holds {odd}, which is no part of this ControlNet")
    for name, shape in found.items():
        if shape != wanted[name]:
            raise RefusedFile(
                f"{file.name}: {name} has the shape {list(shape)}, not {list(wanted[name])}"
            )


def _stranger(file: ControlFile, because: str) -> str:
    return f"{file.name} is for another model: {because}"
