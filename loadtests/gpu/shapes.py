"""The shapes of Stable Diffusion 1.4 and SDXL, a miniature of both, and the FLOP they take.

Taken from the published configurations; no weights are needed, since FLOP are counted on meta tensors
that take no memory. Knows no device and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel

from inference.flops import flops_of

Config = Mapping[str, Any]
TOKENS: Final = 77
LATENT_CHANNELS: Final = 4
PIXELS_PER_LATENT: Final = 8


@dataclass(frozen=True)
class Shapes:
    """The configurations of the networks, and the sides in pixels that they draw at."""

    unet: Config
    vae: Config
    text: Config
    vision: Config
    sdxl: Config
    side: int
    sdxl_side: int


_SD14_UNET: Final[Config] = {
    "sample_size": 64,
    "block_out_channels": (320, 640, 1280, 1280),
    "down_block_types": (*("CrossAttnDownBlock2D",) * 3, "DownBlock2D"),
    "up_block_types": ("UpBlock2D", *("CrossAttnUpBlock2D",) * 3),
    "attention_head_dim": 8,
    "cross_attention_dim": 768,
}
_SD14_VAE: Final[Config] = {
    "sample_size": 512,
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
_CLIP_L_TEXT: Final[Config] = {
    "vocab_size": 49408,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "max_position_embeddings": TOKENS,
    "projection_dim": 768,
    "bos_token_id": 49406,
    "eos_token_id": 49407,
}
_CLIP_L_VISION: Final[Config] = {
    "image_size": 224,
    "patch_size": 14,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 24,
    "num_attention_heads": 16,
}
_SDXL_UNET: Final[Config] = {
    "sample_size": 128,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": (5, 10, 20),
    "transformer_layers_per_block": (1, 2, 10),
    "cross_attention_dim": 2048,
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
FULL: Final = Shapes(
    unet=_SD14_UNET,
    vae=_SD14_VAE,
    text=_CLIP_L_TEXT,
    vision=_CLIP_L_VISION,
    sdxl=_SDXL_UNET,
    side=512,
    sdxl_side=1024,
)

_TINY_BLOCKS: Final[Config] = {
    "block_out_channels": (16, 32),
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "layers_per_block": 1,
    "cross_attention_dim": 32,
    "attention_head_dim": 4,
    "norm_num_groups": 8,
    "sample_size": 8,
}
_TINY_LAYERS: Final[Config] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
}
TINY: Final = Shapes(
    unet=_TINY_BLOCKS,
    vae={**_SD14_VAE, "block_out_channels": (8,) * 4, "layers_per_block": 1, "norm_num_groups": 4},
    text={
        **_CLIP_L_TEXT,
        **_TINY_LAYERS,
        "vocab_size": 128,
        "bos_token_id": 126,
        "eos_token_id": 127,
    },
    vision={**_TINY_LAYERS, "image_size": 32, "patch_size": 8},
    sdxl={
        **_TINY_BLOCKS,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 8,
        "projection_class_embeddings_input_dim": 64,
    },
    side=64,
    sdxl_side=64,
)


@dataclass(frozen=True)
class Work:
    """FLOP of a UNet row, of decoding an image, of reading a prompt, and of a row of SDXL's UNet."""

    row: int
    decode: int
    text: int
    sdxl_row: int

    def of_image(self, steps: int, guidance_scale: float) -> int:
        """Return the FLOP without which an image cannot be drawn; the empty prompt is read once ever."""
        rows = 2 if guidance_scale > 1 else 1
        return steps * rows * self.row + self.decode + self.text


def work_of(shapes: Shapes) -> Work:
    """Count the FLOP of each network at its own size, one row or image at a time."""
    return Work(
        row=unet_flops(shapes.unet, shapes.side),
        decode=_decode_flops(shapes),
        text=_text_flops(shapes),
        sdxl_row=unet_flops(shapes.sdxl, shapes.sdxl_side),
    )


def unet_flops(config: Config, side: int) -> int:
    """Count the FLOP of one row of a UNet at `side` pixels."""
    with torch.device("meta"):
        network = UNet2DConditionModel(**config)
        given: dict[str, Any] = {
            "sample": torch.empty(1, LATENT_CHANNELS, *(side // PIXELS_PER_LATENT,) * 2),
            "timestep": torch.empty(1),
            "encoder_hidden_states": torch.empty(1, TOKENS, config["cross_attention_dim"]),
        }
        if "addition_embed_type" in config:
            given["added_cond_kwargs"] = {
                "text_embeds": torch.empty(1, pooled_width(config)),
                "time_ids": torch.empty(1, 6),
            }
        return _counted(lambda: network(**given))


def pooled_width(config: Config) -> int:
    """Return the width of the pooled text that SDXL's UNet wants beside six numbers about sizes."""
    width = config["projection_class_embeddings_input_dim"] - 6 * config["addition_time_embed_dim"]
    return int(width)


def _decode_flops(shapes: Shapes) -> int:
    side = shapes.side // PIXELS_PER_LATENT
    with torch.device("meta"):
        vae = AutoencoderKL(**shapes.vae)
        return _counted(lambda: vae.decode(torch.empty(1, LATENT_CHANNELS, side, side)))


def _text_flops(shapes: Shapes) -> int:
    with torch.device("meta"):
        encoder = CLIPTextModel(CLIPTextConfig(**shapes.text))
        return _counted(lambda: encoder(input_ids=torch.zeros(1, TOKENS, dtype=torch.long)))


def _counted(call: Callable[[], object]) -> int:
    with torch.no_grad():
        return flops_of(call)
