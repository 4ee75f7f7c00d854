"""Turns seeds into training pictures as tensors: one seed, one sketch, one drawing.

Leaves captions to `captions`; knows nothing of models.
"""

import random

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from inference.minimodel.drawing import SIZE, draw_sketch
from inference.minimodel.vocabulary import Sketch, random_sketch


def sketch_for(seed: int, restricted_share: float = 0.04) -> Sketch:
    """The sketch that training sees for a seed; never a held-out combination."""
    return random_sketch(random.Random(seed), restricted_share)  # noqa: S311 - data, not secrets


def picture_tensor(image: Image.Image) -> Tensor:
    """An RGB image as float32 (3, H, W) in [-1, 1]."""
    pixels = torch.from_numpy(np.asarray(image.convert("RGB")).copy())
    return pixels.permute(2, 0, 1).float().div_(127.5).sub_(1)


def tensor_picture(picture: Tensor) -> Image.Image:
    """A float (3, H, W) tensor in [-1, 1] as an RGB image."""
    pixels = picture.detach().float().add(1).mul(127.5).round().clamp(0, 255)
    return Image.fromarray(pixels.to(torch.uint8).permute(1, 2, 0).contiguous().numpy())


def drawn_batch(seeds: list[int], restricted_share: float = 0.04) -> Tensor:
    """Drawings for seeds as float32 (N, 3, 256, 256) in [-1, 1], channels last."""
    pictures = [
        picture_tensor(draw_sketch(sketch_for(seed, restricted_share), seed)) for seed in seeds
    ]
    return torch.stack(pictures).contiguous(memory_format=torch.channels_last)


def cropped_batch(seeds: list[int], crop: int) -> Tensor:
    """One square crop of each seed's drawing, float32 (N, 3, crop, crop), channels last.

    Crops stay on the autoencoder's 8 x 8 grid and away from the empty margin.
    """
    rng = random.Random(seeds[0])  # noqa: S311 - data, not secrets
    margin, crops = 24, []
    for seed in seeds:
        left, top = (rng.randrange(margin, SIZE - margin - crop + 1, 8) for _ in range(2))
        picture = draw_sketch(sketch_for(seed), seed).crop((left, top, left + crop, top + crop))
        crops.append(picture_tensor(picture))
    return torch.stack(crops).contiguous(memory_format=torch.channels_last)
