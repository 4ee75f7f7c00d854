"""Two finishers side by side: what is large is finished on threads of its own.

To decode and to write an 8K image takes seconds on a GPU and minutes on a CPU; a sketch that is done meanwhile is shown at
once. Previews of both are drawn with the ordinary images. Everything else is `finishing`'s.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from inference.finishing import Finisher, Piece


class Lanes:
    """Takes what a `Finisher` takes, and hands it to one of two."""

    def __init__(self, begin: Callable[[int], Finisher]) -> None:
        self._ordinary, self._large = begin(2), begin(1)

    @property
    def pending(self) -> int:
        """How much room images take that were handed over and not yet told of."""
        return self._ordinary.pending + self.pending_large

    @property
    def pending_large(self) -> int:
        """How much of it upscales take."""
        return self._large.pending

    @property
    def overflowed(self) -> bool:
        """Whether an image is to be drawn again in float32."""
        return bool(self._ordinary.overflowed or self._large.overflowed)

    def take_overflowed(self) -> Piece:
        """Return an image that is to be drawn again."""
        return (self._ordinary.overflowed or self._large.overflowed).popleft()

    def take(self, slot: Piece) -> None:
        """Finish an image whose last step is done; returns at once."""
        (self._large if slot.generation.enlargement else self._ordinary).take(slot)

    def show(self, slot: Piece, picture: torch.Tensor) -> None:
        """Draw a preview from the clean latents `picture` [c, h, w], soon."""
        self._ordinary.show(slot, picture)

    def stop(self) -> None:
        """Finish what was taken, and take no more."""
        for finisher in (self._ordinary, self._large):
            finisher.stop()
