"""What a generation costs: the one definition of a credit.

A credit is a megapixel denoised once by a model of factor 1: megapixels × steps × images × the model's factor.
Guidance is not counted. Counted in whole millionths, so that no sum is ever off by a rounding.
"""

from __future__ import annotations

from typing import Final

from inference.protocol import GenerationParameters, ModelCard

MICRO: Final = 1_000_000


def microcredits_of(parameters: GenerationParameters, card: ModelCard) -> int:
    """Return the price of complete `parameters` on the model of `card`, in millionths of a credit."""
    pixels = parameters.width * parameters.height
    work = pixels * parameters.taken_steps * parameters.num_images
    return round(work * card.credit_factor)


def credits_in(microcredits: int) -> float:
    """Return millionths as credits, for people."""
    return microcredits / MICRO


def micro(credits: float) -> int:  # noqa: A002 - it is what they are called
    """Return credits as whole millionths."""
    return round(credits * MICRO)
