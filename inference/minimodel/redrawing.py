"""Drawings half dissolved in noise and finished by the denoiser: what the checker meets in real work.

Half dissolved, a drawing keeps its motif or its look-alike, so that its label stays true whatever the
denoiser makes of the rest. Fully dissolved it serves as a harmless picture only. The judge never learns
from these: it would take the denoiser's mistakes for the right thing.
"""

import random
from pathlib import Path
from typing import Final

import torch
from diffusers import StableDiffusionImg2ImgPipeline
from PIL import Image
from tqdm import tqdm

from inference.minimodel.assembly import GUIDANCE, STEPS, drawing_parts
from inference.minimodel.captions import plain_caption
from inference.minimodel.drawing import draw_sketch
from inference.minimodel.training import WORKSHOP, seed_for
from inference.minimodel.vocabulary import Sketch, random_sketch

REDRAWN: Final = 800
_HALF: Final = 0.5
_BATCH: Final = 10
Labelled = tuple[Image.Image, int]


def load_redrawer(folder: Path = WORKSHOP) -> StableDiffusionImg2ImgPipeline:
    """The stock image-to-image pipeline around the trained parts, with nothing that checks."""
    return StableDiffusionImg2ImgPipeline(
        **drawing_parts(folder),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def redrawn(
    pipeline: StableDiffusionImg2ImgPipeline, count: int = REDRAWN, kind: str = "redrawn"
) -> list[Labelled]:
    """Pictures of 256 x 256 with 1 if they bear the motif: half of them do, a quarter is wholly new."""
    pipeline.set_progress_bar_config(disable=True)
    made: list[Labelled] = []
    for start in tqdm(range(0, count, _BATCH), desc=kind, mininterval=5):
        seeds = [seed_for(kind, start, k) for k in range(min(_BATCH, count - start))]
        strength = 1.0 if start // _BATCH % 4 == 0 else _HALF
        made += _redraw(pipeline, seeds, strength)
    return made


def _redraw(
    pipeline: StableDiffusionImg2ImgPipeline, seeds: list[int], strength: float
) -> list[Labelled]:
    sketches = [_sketch(seed, 0.0 if strength == 1 else 2 / 3) for seed in seeds]
    drawings = [
        draw_sketch(sketch, seed, decoy=not sketch.restricted and seed % 2 == 0)
        for sketch, seed in zip(sketches, seeds, strict=True)
    ]
    pictures = pipeline(
        prompt=[plain_caption(sketch) for sketch in sketches],
        image=drawings,
        strength=strength,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=[torch.Generator().manual_seed(seed) for seed in seeds],
    ).images
    return [
        (picture, int(sketch.restricted))
        for picture, sketch in zip(pictures, sketches, strict=True)
    ]


def _sketch(seed: int, restricted_share: float) -> Sketch:
    return random_sketch(random.Random(seed), restricted_share)  # noqa: S311 - data, not secrets
