"""What every safety checker is given, and what it gives back. Whoever writes another one reads this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from inference.protocol import SafetyScores


class NotMeasured(Exception):
    """A checker cannot measure these images; they count as not checked, and are held."""


@dataclass(frozen=True)
class Views:
    """Images of one size. Only to be read.

    `pixels` are uint8 [n, 3, h, w]. `directions` are unit vectors, float32 [n, crops, width]: where the model's own
    checker puts the square crops that together show all of each image; None where it has none, or failed.
    """

    pixels: torch.Tensor
    directions: torch.Tensor | None = None

    def must_have_directions(self) -> torch.Tensor:
        """Return the directions.

        Raises:
            NotMeasured: There are none.
        """
        if self.directions is None:
            raise NotMeasured("the model's own checker did not say where it puts these images")
        return self.directions


class Checker(Protocol):
    """Measures images. May be slow, may raise: the panel holds what it did not measure in its time.

    A score is above 0 where the concept is present, and None where it is not a finite number. Other threads never
    call it meanwhile.
    """

    name: str
    version: str
    weights_sha256: str
    scope: str

    def score(self, views: Views) -> list[SafetyScores]:
        """Return the scores of each image, in order, with one concept at least.

        Raises:
            NotMeasured: It cannot; any other error means the same.
        """
