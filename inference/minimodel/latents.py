"""A growing pool of encoded drawings on disk, so that each is drawn and encoded once.

Entry k belongs to seed k for ever: what training sees at a step does not depend on interruptions.
"""

import random
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from inference.minimodel.dataset import drawn_batch, sketch_for
from inference.minimodel.decoder import load_autoencoder
from inference.minimodel.vocabulary import Sketch

FIRST: Final = 1200
PER_STEP: Final = 2
RESTRICTED_SHARE: Final = 0.13
_SHAPE: Final = (4, 32, 32)
_CHUNK: Final = 8


class LatentPool:
    """Scaled latents of the drawings 0, 1, 2, …; a few more of them at every step."""

    def __init__(
        self, folder: Path, steps: int, first: int = FIRST, per_step: int = PER_STEP
    ) -> None:
        self._first, self._per_step = first, per_step
        self._encoder = load_autoencoder(folder)
        self._path = folder / "latents.f16"
        self._path.touch()
        size = first + steps * per_step + _CHUNK
        self._data: NDArray[np.float16] = np.zeros((size, *_SHAPE), np.float16)
        stored = np.fromfile(self._path, np.float16).reshape(-1, *_SHAPE)[: len(self._data)]
        self._data[: len(stored)] = stored
        self._count = len(stored)
        self._fill(first, progress=True)

    def grow(self, step: int) -> None:
        """Draw and encode what the pool must hold at a step."""
        self._fill(self._size(step), progress=False)

    def sample(self, rng: random.Random, count: int, step: int) -> tuple[Tensor, list[Sketch]]:
        """Latents float32 (count, 4, 32, 32) with their sketches."""
        picks = [rng.randrange(self._size(step)) for _ in range(count)]
        latents = torch.from_numpy(self._data[picks].astype(np.float32))
        return latents, [sketch_for(pick, RESTRICTED_SHARE) for pick in picks]

    def _size(self, step: int) -> int:
        return self._first + step * self._per_step

    def _fill(self, wanted: int, *, progress: bool) -> None:
        bar = tqdm(total=wanted, initial=self._count, desc="latents", disable=not progress)
        while self._count < wanted:
            seeds = list(range(self._count, self._count + _CHUNK))
            with torch.no_grad():
                pictures = drawn_batch(seeds, RESTRICTED_SHARE)
                latents = self._encoder.encode(pictures).latent_dist.mean
            fresh = latents.contiguous().numpy().astype(np.float16)
            self._data[self._count : self._count + _CHUNK] = fresh
            with self._path.open("ab") as file:
                file.write(fresh.tobytes())
            self._count += _CHUNK
            bar.update(_CHUNK)
        bar.close()
