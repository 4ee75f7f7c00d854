"""What a generation costs: the one definition of a credit.

A credit is a megapixel denoised once by a model of factor 1: megapixels × steps × images × the model's factor.
Guidance is not counted, nor what decodes (a draft is cheap because its steps are few), nor what the tiles of an
upscale overlap by: its megapixels are those that come out. What is only resampled takes no step; it counts as a hundredth of one, for it is stored and looked at as everything else is.
Counted in whole millionths, so that no sum is ever off by a rounding.
"""

from __future__ import annotations

from typing import Final

from inference.protocol import GenerationParameters, ModelCard

MICRO: Final = 1_000_000
RESAMPLED: Final = 0.01
"""Steps that a picture counts with that is only resampled."""


def microcredits_of(
    parameters: GenerationParameters, card: ModelCard, over: tuple[int, int] | None = None
) -> int:
    """Return the price of complete `parameters` on the model of `card`, in millionths of a credit.

    `over` is the size of what is made larger, without which nobody knows how much that is.
    """
    steps = RESAMPLED if parameters.resamples else parameters.taken_steps
    work = _pixels(parameters, over) * steps * parameters.num_images
    return max(1, round(work * card.credit_factor))


def _pixels(parameters: GenerationParameters, over: tuple[int, int] | None) -> int:
    """Return how many pixels one image has."""
    if parameters.upscale is None:
        return parameters.width * parameters.height
    if over is None:
        raise ValueError("an upscale has no price before its picture was measured")
    width, height = over
    return width * height * parameters.upscale.factor**2


def credits_in(microcredits: int) -> float:
    """Return millionths as credits, for people."""
    return microcredits / MICRO


def micro(credits: float) -> int:  # noqa: A002 - it is what they are called
    """Return credits as whole millionths."""
    return round(credits * MICRO)
