"""Reads a LoRA file of ours back into a network: for measuring, with merged weights and any pipeline."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn

from inference.training.files import PARTS


@torch.no_grad()
def merge_file(file: Path, networks: dict[str, nn.Module], scale: float = 1.0) -> int:
    """Add the changes in `file` to the weights of `networks` (unet, text_encoder); return how many layers changed."""
    tensors, changed = load_file(file), 0
    for part, network in networks.items():
        modules = {
            path.removeprefix("text_model.").replace(".", "_"): m
            for path, m in network.named_modules()
        }
        stems = [
            key.removesuffix(".lora_down.weight")
            for key in tensors
            if key.startswith(PARTS[part]) and key.endswith(".lora_down.weight")
        ]
        for stem in stems:
            down, up = (tensors[f"{stem}.lora_{half}.weight"].float() for half in ("down", "up"))
            weight = modules[stem.removeprefix(PARTS[part])].weight
            factor = scale * float(tensors[f"{stem}.alpha"]) / len(down)
            weight += (factor * (up.flatten(1) @ down.flatten(1))).view_as(weight).to(weight)
            changed += 1
    return changed
