"""The blocks of a UNet by the names of the original checkpoints, which kohya's scripts use for SDXL: read as diffusers' names.

    input_blocks_4_1_proj_in       →  down_blocks_1_attentions_0_proj_in
    output_blocks_2_2_conv         →  up_blocks_0_upsamplers_0_conv

Two layers a block, as in every Stable Diffusion; `unet_2d_condition` of diffusers counts by block, the original on and on.
"""

from __future__ import annotations

import re
from typing import Final

_LAYERS: Final = 2
_NUMBERED: Final = re.compile(r"(input|output)_blocks_(\d+)_(\d+)_(.+)")
_MIDDLE: Final = re.compile(r"middle_block_([012])_(.+)")
_IN_RESNET: Final = {
    "in_layers_2": "conv1",
    "emb_layers_1": "time_emb_proj",
    "out_layers_3": "conv2",
    "skip_connection": "conv_shortcut",
}
_OUTSIDE: Final = {
    "time_embed_0": "time_embedding_linear_1",
    "time_embed_2": "time_embedding_linear_2",
    "label_emb_0_0": "add_embedding_linear_1",
    "label_emb_0_2": "add_embedding_linear_2",
    "input_blocks_0_0": "conv_in",
    "out_2": "conv_out",
}


def by_diffusers(path: str) -> str:
    """Return the path of a module, every dot an underscore, as diffusers names it; any other path as it is."""
    if path in _OUTSIDE:
        return _OUTSIDE[path]
    if match := _MIDDLE.fullmatch(path):
        place, rest = int(match[1]), match[2]
        return (
            f"mid_block_attentions_0_{rest}"
            if place == 1
            else f"mid_block_{_resnet(place // 2, rest)}"
        )
    match = _NUMBERED.fullmatch(path)
    if match is None:
        return path
    number, part, rest = int(match[2]), int(match[3]), match[4]
    if match[1] == "input":
        block, layer = divmod(number - 1, _LAYERS + 1)
        return f"down_blocks_{block}_{_down(layer, part, rest)}"
    block, layer = divmod(number, _LAYERS + 1)
    return f"up_blocks_{block}_{_up(layer, part, rest)}"


def _down(layer: int, part: int, rest: str) -> str:
    if layer == _LAYERS:
        return "downsamplers_0_conv" if (part, rest) == (0, "op") else rest
    return _resnet(layer, rest) if part == 0 else f"attentions_{layer}_{rest}"


def _up(layer: int, part: int, rest: str) -> str:
    if part == 0:
        return _resnet(layer, rest)
    return "upsamplers_0_conv" if rest == "conv" else f"attentions_{layer}_{rest}"


def _resnet(layer: int, rest: str) -> str:
    return f"resnets_{layer}_{_IN_RESNET.get(rest, rest)}"
