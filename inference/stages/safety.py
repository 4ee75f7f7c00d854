"""What the checkpoint's safety checker sees in an image: a score for every concept and where it lies, no verdict.

Runs the vision model and thresholds of `StableDiffusionSafetyChecker` itself, because the stock
forward rounds the scores, throws them away and paints the image black. Here nothing is rounded and
the pixels are only read. Deciding is the backend's.
"""

from __future__ import annotations

import logging
import math
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from inference.protocol import SafetyScores

SPECIAL_CARE_ADJUSTMENT = 0.01
_MANY = 1024  # pixels a side; no image that is drawn at once has more
_STRIP = 32
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preprocessing:
    """How the checker's vision model wants its input: side in pixels, and per-channel statistics."""

    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True)
class SafetyChecker:
    """A loaded `StableDiffusionSafetyChecker` with its preprocessing and its concepts' names."""

    model: Any
    preprocessing: Preprocessing
    name: str
    weights_sha256: str
    concepts: tuple[str, ...]
    special_care: tuple[str, ...]
    version: str = ""
    scope: str = ""


def score(checker: SafetyChecker | None, pixels: torch.Tensor) -> list[SafetyScores | None]:
    """Return the scores of each of `pixels` (uint8 [n, 3, h, w]); `None` where it was not checked.

    All crops of all images go through the model at once. A checker that is missing or fails leaves every image unchecked; it never passes one as safe.
    """
    if checker is None:
        return [None] * len(pixels)
    try:
        return list(measure(checker, directions(checker, pixels)))
    except Exception:
        logger.exception("the safety checker failed; these images count as not checked")
        return [None] * len(pixels)


def squares(height: int, width: int) -> list[tuple[int, int, int]]:
    """Return the square crops (top, left, side) that together show all of a height × width image.

    The stock checker looks at the middle square only and is blind to the ends of a tall image. An
    odd number of crops, the middle one among them, overlapping by half a side or more.
    """
    side, long = min(height, width), max(height, width)
    if side == long:
        return [(0, 0, side)]
    halves = math.ceil((long - side) / side)
    offsets = [round((long - side) * k / (2 * halves)) for k in range(2 * halves + 1)]
    return [(at, 0, side) if height > width else (0, at, side) for at in offsets]


def directions(checker: SafetyChecker, pixels: torch.Tensor) -> torch.Tensor:
    """Return where the checker puts every square crop of `pixels` [n, 3, h, w]: unit vectors [n, crops, width]."""
    seen = _embedded(checker.model, _crops(pixels, checker.preprocessing))
    return functional.normalize(seen).unflatten(0, (len(pixels), -1))


def measure(checker: SafetyChecker, seen: torch.Tensor) -> Iterator[SafetyScores]:
    """Yield the scores of each image by the `directions` of its crops."""
    special, concepts = _margins(checker.model, seen.flatten(0, 1))
    images = len(seen)
    for ours, theirs, crops in zip(
        special.chunk(images), concepts.chunk(images), seen.cpu(), strict=True
    ):
        yield SafetyScores(
            checker=checker.name,
            version=checker.version,
            weights_sha256=checker.weights_sha256,
            scope=checker.scope,
            concepts=_highest(checker.concepts, theirs),
            special_care=_highest(checker.special_care, ours),
            embedding=_written(crops[len(crops) // 2]),
        )


def _crops(pixels: torch.Tensor, how: Preprocessing) -> torch.Tensor:
    """Return the normalised square crops of `pixels` [n, 3, h, w], those of an image together.

    Float32 [n·crops, 3, side, side].
    """
    cut = [
        functional.interpolate(
            _reduced(pixels[:, :, top : top + side, left : left + side]),
            size=(how.side, how.side),
            mode="bicubic",
            antialias=True,
        )
        for top, left, side in squares(pixels.shape[-2], pixels.shape[-1])
    ]
    zero_to_one = torch.stack(cut, dim=1).flatten(0, 1).round().clamp(0, 255) / 255
    mean = torch.tensor(how.mean, device=pixels.device).view(1, -1, 1, 1)
    std = torch.tensor(how.std, device=pixels.device).view(1, -1, 1, 1)
    return (zero_to_one - mean) / std


def _reduced(pixels: torch.Tensor) -> torch.Tensor:
    """Return `pixels` [n, 3, h, w] in float32, by whole means where they are many times what the checker sees.

    Strip by strip: at 8K all of them in float32 would be 800 MB.
    """
    by = min(pixels.shape[2:]) // _MANY
    if by <= 1:
        return pixels.float()
    strips = pixels.split(by * _STRIP, dim=2)
    return torch.cat(
        [functional.avg_pool2d(strip.float(), by, ceil_mode=True) for strip in strips], dim=2
    )


def _embedded(model: Any, crops: torch.Tensor) -> torch.Tensor:  # noqa: ANN401
    """Return where the checker's vision model puts each crop: float32 [crops, width]."""
    # Pixels of a picture that took several tiles lie in host memory, whatever the checker is on.
    there = crops.to(model.visual_projection.weight)
    projected: torch.Tensor = model.visual_projection(model.vision_model(there)[1])
    return projected.float()


def _written(direction: torch.Tensor) -> str | None:
    """Return a unit vector as base64 of little-endian float16; None if it is not finite."""
    if not bool(torch.isfinite(direction).all()):
        return None
    return b64encode(direction.numpy().astype("<f2").tobytes()).decode("ascii")


def _margins(model: Any, seen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ANN401
    """Return cosine minus threshold per crop: special care [crops, 3] and concepts [crops, 17].

    As in the stock checker: once a special-care concept fires, every later margin of that crop is
    raised by 0.01.
    """
    special = _cosine(seen, model.special_care_embeds) - model.special_care_embeds_weights.float()
    concepts = _cosine(seen, model.concept_embeds) - model.concept_embeds_weights.float()
    special, concepts = special.cpu(), concepts.cpu()
    adjustment = torch.zeros(len(seen))
    for column in range(special.shape[1]):
        special[:, column] += adjustment
        adjustment = torch.where(
            special[:, column] > 0, torch.tensor(SPECIAL_CARE_ADJUSTMENT), adjustment
        )
    return special, concepts + adjustment[:, None]


def _cosine(seen: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    return functional.normalize(seen) @ functional.normalize(known.float()).T


def _highest(names: tuple[str, ...], margins: torch.Tensor) -> dict[str, float | None]:
    """Return the highest margin over the crops by name; `None` if any of them is not a number."""
    return {
        name: float(column.max()) if bool(torch.isfinite(column).all()) else None
        for name, column in zip(names, margins.T, strict=True)
    }
