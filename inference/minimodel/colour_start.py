"""Starts an autoencoder with a straight path for colour from pixels to latents and back.

From a random start line work comes in minutes and colour hardly at all: the encoder has no reason to
send what the decoder does not read, and the other way round. So six channels carry +RGB and -RGB all the
way: silu(x) - silu(-x) = x, and a pair of opposites keeps its mean through group normalisation.
"""

from itertools import chain
from typing import Final

import torch
from diffusers import AutoencoderKL
from torch import nn

_PATH: Final = 6


@torch.no_grad()
def start_with_colour(model: AutoencoderKL) -> None:
    """Lay the path in a freshly built autoencoder; everything beside it stays random."""
    encoder, decoder = model.encoder, model.decoder
    _spread(encoder.conv_in)
    for block in encoder.down_blocks:
        for down in block.downsamplers or ():
            _pass(down.conv, average=True)
    _spread(decoder.conv_in)
    for block in decoder.up_blocks:
        for up in block.upsamplers or ():
            _pass(up.conv)
    for half in (encoder, decoder):
        blocks = encoder.down_blocks if half is encoder else decoder.up_blocks
        for resnet in chain(half.mid_block.resnets, *(block.resnets for block in blocks)):
            _stand_aside(resnet.conv2)
            if resnet.conv_shortcut is not None:
                _pass(resnet.conv_shortcut)
        for attention in half.mid_block.attentions:
            _stand_aside(attention.to_out[0])
        _gather(half.conv_out)
    nn.init.dirac_(model.quant_conv.weight)
    nn.init.dirac_(model.post_quant_conv.weight)
    model.encoder.conv_out.bias[4:] = -4.0


def _spread(conv: nn.Conv2d) -> None:
    """+RGB and -RGB (or the first three latents) into the six channels."""
    conv.weight[:_PATH] = 0
    conv.bias[:_PATH] = 0
    for channel in range(_PATH):
        conv.weight[channel, channel % 3, 1, 1] = 1.0 if channel < _PATH // 2 else -1.0


def _pass(conv: nn.Conv2d, average: bool = False) -> None:
    """Hand the six channels on unchanged, or as the mean of 2 x 2 where the picture is halved."""
    conv.weight[:_PATH] = 0
    conv.bias[:_PATH] = 0
    middle = conv.kernel_size[0] // 2
    for channel in range(_PATH):
        if average:
            conv.weight[channel, channel, :2, :2] = 0.25
        else:
            conv.weight[channel, channel, middle, middle] = 1.0


def _stand_aside(layer: nn.Conv2d | nn.Linear) -> None:
    """Let a residual branch add nothing to the six channels at first."""
    layer.weight[:_PATH] = 0
    layer.bias[:_PATH] = 0


def _gather(conv: nn.Conv2d) -> None:
    """The three colours again, from the six channels."""
    conv.weight[:3] *= 0.1
    for colour in range(3):
        conv.weight[colour, colour, 1, 1] = 1.0
        conv.weight[colour, colour + 3, 1, 1] = -1.0
