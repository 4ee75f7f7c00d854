"""Draws with the base model while a LoRA is trained: class pictures beforehand, samples on the way.

The stock pipeline with the parts that are there; nothing checks these pictures, which nobody but who trains sees.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import StableDiffusionPipeline
from PIL import Image

from inference.training.base import Base

AT_ONCE = 4


@torch.no_grad()
def draw(
    base: Base, prompts: list[str], seeds: list[int], resolution: int
) -> Iterator[Image.Image]:
    """Draw each prompt by its seed, some at a time."""
    pipeline = StableDiffusionPipeline(
        vae=base.vae,
        text_encoder=base.text_encoder,
        tokenizer=base.tokenizer,
        unet=base.unet,
        scheduler=base.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    at_once = AT_ONCE if base.small else 1
    for start in range(0, len(prompts), at_once):
        some = slice(start, start + at_once)
        yield from pipeline(
            prompts[some],
            num_inference_steps=base.steps,
            guidance_scale=base.guidance,
            width=resolution,
            height=resolution,
            generator=[torch.Generator().manual_seed(seed) for seed in seeds[some]],
        ).images


def draw_class(
    base: Base, prompts: list[str], folder: Path, resolution: int, seed: int
) -> Iterator[int]:
    """Draw the class pictures that `folder` lacks, each with its prompt beside it; say how many are there."""
    folder.mkdir(parents=True, exist_ok=True)
    missing = [k for k in range(len(prompts)) if not (folder / f"{k:04}.png").exists()]
    yield len(prompts) - len(missing)
    seeds = [seed * 100_003 + k for k in missing]
    made = draw(base, [prompts[k] for k in missing], seeds, resolution)
    for k, picture in zip(missing, made, strict=True):
        (folder / f"{k:04}.txt").write_text(prompts[k] + "\n", "utf-8")
        picture.save(folder / f"{k:04}.part", "PNG")
        (folder / f"{k:04}.part").replace(folder / f"{k:04}.png")
        yield 1
