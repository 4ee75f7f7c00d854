"""A growing pool of posed drawings on disk: encoded once, each with its scribble beside it.

Entry k belongs to seed k for ever, as in `latents`: what a step sees does not depend on interruptions.
"""

import random
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from diffusers import AutoencoderKL
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from inference.minimodel.dataset import picture_tensor, sketch_for
from inference.minimodel.drawing import SIZE
from inference.minimodel.scribbles import example_for
from inference.minimodel.training import seed_for
from inference.minimodel.vocabulary import Sketch

FIRST: Final = 500
STEPS_A_DRAWING: Final = 2
_CHUNK: Final = 8
_LATENT: Final = (4, SIZE // 8, SIZE // 8)


class ScribblePool:
    """Latents and scribbles of the examples 0, 1, 2, …; one more of them every other step."""

    def __init__(
        self,
        folder: Path,
        vae: AutoencoderKL,
        steps: int,
        first: int = FIRST,
        steps_a_drawing: int = STEPS_A_DRAWING,
    ) -> None:
        self._first, self._pace, self._vae = first, steps_a_drawing, vae
        size = first + steps // steps_a_drawing + _CHUNK
        folder.mkdir(parents=True, exist_ok=True)
        self._latents = _store(folder / "control_latents.f16", np.float16, (size, *_LATENT))
        self._scribbles = _store(folder / "control_scribbles.u8", np.uint8, (size, SIZE, SIZE))
        self._tally = folder / "control_pool.txt"
        self._count = int(self._tally.read_text()) if self._tally.exists() else 0
        self._fill(first, progress=True)

    def grow(self, step: int) -> None:
        """Draw and encode what the pool must hold at a step."""
        self._fill(self._size(step), progress=False)

    def sample(
        self, rng: random.Random, count: int, step: int
    ) -> tuple[Tensor, Tensor, list[Sketch]]:
        """Latents float32 (count, 4, 32, 32), conditions (count, 3, 256, 256) in 0..1, and the sketches."""
        picks = [rng.randrange(self._size(step)) for _ in range(count)]
        latents = torch.from_numpy(self._latents[picks].astype(np.float32))
        scribbles = torch.from_numpy(self._scribbles[picks].astype(np.float32))
        conditions = scribbles.div_(255)[:, None].expand(-1, 3, -1, -1)
        return latents, conditions, [sketch_for(_seed(pick)) for pick in picks]

    def _size(self, step: int) -> int:
        return self._first + step // self._pace

    def _fill(self, wanted: int, *, progress: bool) -> None:
        bar = tqdm(total=wanted, initial=self._count, desc="scribbles", disable=not progress)
        while self._count < wanted:
            places = slice(self._count, self._count + _CHUNK)
            seeds = [_seed(k) for k in range(places.start, places.stop)]
            examples = [example_for(sketch_for(seed), seed) for seed in seeds]
            pictures = torch.stack([picture_tensor(example.picture) for example in examples])
            with torch.no_grad():
                latents = self._vae.encode(pictures).latent_dist.mean
            self._latents[places] = latents.contiguous().numpy() * self._vae.config.scaling_factor
            self._scribbles[places] = [np.asarray(example.scribble) for example in examples]
            self._count = places.stop
            self._tally.write_text(str(self._count))
            bar.update(_CHUNK)
        bar.close()


def _seed(index: int) -> int:
    return seed_for("scribbles", index)


def _store(path: Path, kind: type[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """An array that lies in a file, longer now than it may have been, with what it held."""
    path.touch()
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    if path.stat().st_size < size:
        with path.open("r+b") as file:
            file.truncate(size)
    return np.memmap(path, kind, "r+", shape=shape)
