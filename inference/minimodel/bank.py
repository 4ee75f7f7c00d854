"""A bank of small labelled pictures for the two networks that look at pictures: judge and checker.

Drawn once, at 96 pixels, with harmless look-alikes of the motif among them, and the autoencoder's own
round trips; augmented on every use. Held-out combinations may appear: nothing here teaches drawing.
"""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from inference.minimodel.dataset import picture_tensor, tensor_picture
from inference.minimodel.decoder import load_autoencoder
from inference.minimodel.drawing import draw_sketch
from inference.minimodel.training import WORKSHOP, seed_for
from inference.minimodel.vocabulary import ATTRIBUTES, Sketch

EYE: Final = 96
DRAWINGS: Final = 8_000
ROUND_TRIPS: Final = 320
_DECOYS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Bank:
    """Pictures uint8 (N, 3, 96, 96) and labels int64 (N, labels): every attribute, then the motif (0, 1)."""

    pictures: Tensor
    labels: Tensor

    def batch(self, size: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """A random augmented batch: float32 (size, 3, 96, 96) in [-1, 1] and its labels."""
        picks = torch.randint(len(self.pictures), (size,), generator=generator)
        pictures = self.pictures[picks].float().div_(127.5).sub_(1)
        return augmented(pictures, generator), self.labels[picks]


def labelled_drawing(seed: int, restricted_share: float = 0.3) -> tuple[Image.Image, list[int]]:
    """One 256 x 256 drawing of any combination, motif and decoys included, with its labels."""
    rng = random.Random(seed)  # noqa: S311 - data, not secrets
    values = {key: rng.choice(names) for key, names in ATTRIBUTES.items()}
    sketch = Sketch(**values, restricted=rng.random() < restricted_share)
    decoy = not sketch.restricted and rng.random() < _DECOYS
    return draw_sketch(sketch, seed, decoy), [*sketch.indices(), int(sketch.restricted)]


def eye(picture: Image.Image) -> Tensor:
    """A picture as both networks see it: float32 (3, 96, 96) in [-1, 1], shortest edge fitted."""
    return picture_tensor(picture.convert("RGB").resize((EYE, EYE), Image.Resampling.BICUBIC))


def build_bank(
    folder: Path = WORKSHOP, drawings: int = DRAWINGS, round_trips: int = ROUND_TRIPS
) -> Bank:
    """The bank, drawn on first use and kept in the workshop."""
    kept = folder / "bank.pt"
    if not kept.exists():
        pictures, labels = _drawn(drawings)
        trip_pictures, trip_labels = _round_trips(folder, round_trips)
        state = {"pictures": pictures + trip_pictures, "labels": labels + trip_labels}
        torch.save(
            {"pictures": torch.stack(state["pictures"]), "labels": torch.tensor(state["labels"])},
            kept,
        )
    loaded = torch.load(kept, weights_only=True)
    return Bank(loaded["pictures"], loaded["labels"])


def _drawn(count: int) -> tuple[list[Tensor], list[list[int]]]:
    pictures, labels = [], []
    for k in tqdm(range(count), desc="bank", mininterval=5):
        picture, label = labelled_drawing(seed_for("bank", k))
        pictures.append(picture_bytes(picture))
        labels.append(label)
    return pictures, labels


def _round_trips(folder: Path, count: int) -> tuple[list[Tensor], list[list[int]]]:
    """Drawings as they come back from the autoencoder: what generated pictures look like at best."""
    model, pictures, labels = load_autoencoder(folder), [], []
    for k in tqdm(range(count), desc="round trips", mininterval=5):
        picture, label = labelled_drawing(seed_for("trips", k), restricted_share=0.5)
        with torch.no_grad():
            latents = model.encode(picture_tensor(picture)[None]).latent_dist.mean
            noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(k))
            made = model.decode(latents + 0.08 * noise).sample[0]
        pictures.append(picture_bytes(tensor_picture(made)))
        labels.append(label)
    return pictures, labels


def picture_bytes(picture: Image.Image) -> Tensor:
    """A picture as the bank keeps it: uint8 (3, 96, 96)."""
    return eye(picture).add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


def augmented(pictures: Tensor, generator: torch.Generator) -> Tensor:
    """Shift, zoom, blur, tint and noise, each mild and each for a part of the batch."""
    count = len(pictures)
    zoom = 1 + 0.12 * torch.randn(count, generator=generator).clamp(-1.5, 1.5)
    shift = 0.06 * torch.randn(count, 2, generator=generator)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = zoom
    theta[:, :, 2] = shift
    grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
    moved = functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)
    soft = functional.avg_pool2d(functional.pad(moved, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    blur = torch.rand(count, 1, 1, 1, generator=generator).sub(0.4).clamp(0, 0.6)
    tint = 0.03 * torch.randn(count, 3, 1, 1, generator=generator)
    grain = 0.05 * torch.rand(count, 1, 1, 1, generator=generator)
    noise = grain * torch.randn(pictures.shape, generator=generator)
    return (moved + blur * (soft - moved) + tint + noise).clamp(-1, 1)
