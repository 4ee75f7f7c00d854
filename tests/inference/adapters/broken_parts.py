"""Whole files whose parts do not fit together, or do not fit the model."""

from __future__ import annotations

import json

import torch
from safetensors.torch import save as packed

from inference.adapters import files
from tests.inference.adapters.broken import (
    ALPHA,
    DOWN,
    STEM,
    UP,
    Ground,
    case,
    header_of,
    tensors_of,
)

# --- what does not fit together ---

F32 = {"dtype": "F32", "shape": [2]}
header_of(
    "an unknown kind of number",
    "not read here",
    {DOWN: {**F32, "dtype": "F7", "data_offsets": [0, 8]}},
)
header_of("an entry that is no object", "damaged header", {DOWN: 3})
header_of(
    "an entry without a shape", "damaged header", {DOWN: {"dtype": "F32", "data_offsets": [0, 8]}}
)
header_of("an entry with more in it", "damaged header", {DOWN: {**F32, "more": 1}})
header_of(
    "a shape below nothing",
    "damaged header",
    {DOWN: {**F32, "shape": [-2], "data_offsets": [0, 8]}},
)
header_of(
    "a shape of halves", "damaged header", {DOWN: {**F32, "shape": [2.0], "data_offsets": [0, 8]}}
)
header_of(
    "a shape of truth", "damaged header", {DOWN: {**F32, "shape": [True], "data_offsets": [0, 4]}}
)
header_of(
    "a shape beyond the bytes",
    "damaged header",
    {DOWN: {**F32, "shape": [2**62, 4], "data_offsets": [0, 8]}},
)
header_of(
    "tensors that overlap",
    "overlap",
    {DOWN: {**F32, "data_offsets": [0, 8]}, UP: {**F32, "data_offsets": [4, 12]}},
    12,
)
header_of(
    "a hole between tensors",
    "holes",
    {DOWN: {**F32, "data_offsets": [0, 8]}, UP: {**F32, "data_offsets": [12, 20]}},
    20,
)
header_of("offsets that run back", "damaged header", {DOWN: {**F32, "data_offsets": [8, 0]}})
header_of(
    "offsets beyond the end", "cut short", {DOWN: {**F32, "shape": [200], "data_offsets": [0, 800]}}
)
header_of("whole numbers for weights", "F32, F16 or BF16", {DOWN: {"dtype": "I64", "shape": [1]}})

tensors_of("half of a pair", "lacks the up half", lambda t: {DOWN: t[DOWN]})
tensors_of(
    "the other half of a pair", "lacks the down half", lambda t: {UP: t[UP], ALPHA: t[ALPHA]}
)
tensors_of("a checkpoint", "no part of a LoRA", lambda t: {"conv_in.weight": t[DOWN]})
tensors_of("a LoKr", "no part of a LoRA", lambda t: {**t, f"{STEM}.lokr_w1": t[DOWN].clone()})
tensors_of("a LoHa", "no part of a LoRA", lambda t: {f"{STEM}.hada_w1_a": t[DOWN]})
tensors_of("a DoRA", "no part of a LoRA", lambda t: {**t, f"{STEM}.dora_scale": t[DOWN].clone()})
tensors_of(
    "a middle part",
    "no part of a LoRA",
    lambda t: {**t, f"{STEM}.lora_mid.weight": t[DOWN].clone()},
)
tensors_of(
    "an SDXL text encoder",
    "for another model",
    lambda t: {k.replace("unet", "te2"): v for k, v in t.items()},
)
tensors_of("a path in a name", "no part of a LoRA", lambda t: {f"../{DOWN}": t[DOWN]})
tensors_of(
    "another model's module",
    "for another model",
    lambda t: {k.replace("down_blocks_0", "down_blocks_7"): v for k, v in t.items()},
)
tensors_of(
    "a module that is no layer",
    "for another model",
    lambda t: {k.replace("_to_q", "_to_q_weight"): v for k, v in t.items()},
)
tensors_of("other ranks in a pair", "do not fit", lambda t: {**t, UP: t[UP][:, :2].contiguous()})
tensors_of("another width", "has the shape", lambda t: {**t, DOWN: torch.zeros(4, 99)})
tensors_of("another height", "has the shape", lambda t: {**t, UP: torch.zeros(99, 4)})
tensors_of("a vector", "do not fit", lambda t: {**t, DOWN: torch.zeros(4)})
tensors_of(
    "nothing in a half",
    "do not fit",
    lambda t: {**t, DOWN: torch.zeros(0, 16), UP: torch.zeros(16, 0)},
)
tensors_of(
    "a kernel for a matrix", "is a convolution", lambda t: {**t, DOWN: torch.zeros(4, 16, 3, 3)}
)
tensors_of(
    "another kernel",
    "has the shape",
    lambda t: {**t, "lora_unet_conv_in.lora_down.weight": torch.zeros(4, 4, 5, 5)},
)
tensors_of(
    "a rank beyond reason",
    "at most 1024",
    lambda t: {**t, DOWN: torch.zeros(1025, 16), UP: torch.zeros(16, 1025)},
)
tensors_of("NaN", "not finite", lambda t: {**t, DOWN: t[DOWN] * float("nan")})
tensors_of(
    "one NaN among many",
    "not finite",
    lambda t: {**t, UP: t[UP].index_fill(0, torch.tensor([3]), float("nan"))},
)
tensors_of("infinity", "not finite", lambda t: {**t, UP: t[UP] / 0})
tensors_of("an alpha that is NaN", "not finite", lambda t: {**t, ALPHA: torch.tensor(float("nan"))})
tensors_of(
    "an alpha that is two", "not one number", lambda t: {**t, ALPHA: torch.tensor([1.0, 2.0])}
)


@case("the same module in both forms", "says twice")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
    path = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q"
    ground.file.write_bytes(packed({**sound, f"{path}.lora_A.weight": sound[DOWN].clone()}))


@case("another way of scaling", "use_rslora")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
    told = {"lora_adapter_metadata": json.dumps({"unet.use_rslora": True})}
    ground.file.write_bytes(packed(sound, told))


@case("settings that are no JSON", "damaged metadata")
def _(ground: Ground, sound: dict[str, torch.Tensor]) -> None:
    ground.file.write_bytes(packed(sound, {"lora_adapter_metadata": "{"}))


@case("more bytes than are read", "at most")
def _(ground: Ground, _sound: dict[str, torch.Tensor]) -> None:
    with ground.file.open("wb") as opened:
        opened.truncate(files.MOST_BYTES + 1)
