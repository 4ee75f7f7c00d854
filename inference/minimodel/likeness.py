"""Measures what the checker's embedding knows of a drawing: whether its neighbours share its garment, its colour and the rest."""

from base64 import b64decode
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from tqdm import tqdm

from inference.bundles import load_bundle
from inference.devices import Placement
from inference.minimodel.dataset import sketch_for
from inference.minimodel.drawing import draw_sketch
from inference.minimodel.export import SHIPPED
from inference.minimodel.vocabulary import ATTRIBUTES, Sketch
from inference.stages import safety

NEIGHBOURS: Final = 5
_AT_ONCE: Final = 50


@torch.no_grad()
def measure_likeness(folder: Path = SHIPPED, count: int = 400) -> dict[str, Any]:
    """Return for each attribute which share of the five nearest neighbours has it too, and by luck."""
    checker = load_bundle(folder, Placement(torch.device("cpu"), torch.float32)).safety
    sketches = [sketch_for(k) for k in range(count)]
    rows: list[np.ndarray] = []
    for start in tqdm(range(0, count, _AT_ONCE), desc="likeness"):
        some = sketches[start : start + _AT_ONCE]
        pixels = np.stack([draw_sketch(one, start + k) for k, one in enumerate(some)])
        scored = safety.score(checker, torch.from_numpy(pixels).permute(0, 3, 1, 2))
        rows += [_direction(one.embedding) for one in scored if one and one.embedding]
    near = _nearest(np.stack(rows))
    shared = {name: _shared(sketches, near, name) for name in ATTRIBUTES}
    luck = {name: round(1 / len(words), 2) for name, words in ATTRIBUTES.items()}
    return {"drawings": count, "neighbours": NEIGHBOURS, "shared": shared, "by_luck": luck}


def _direction(written: str) -> np.ndarray:
    return np.frombuffer(b64decode(written), "<f2").astype(np.float32)


def _nearest(rows: np.ndarray) -> np.ndarray:
    """Return the places of the nearest neighbours of each row, [n, NEIGHBOURS]."""
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -np.inf)
    return np.argsort(-cosines, axis=1)[:, :NEIGHBOURS]


def _shared(sketches: list[Sketch], near: np.ndarray, name: str) -> float:
    same = [
        getattr(sketches[place], name) == getattr(sketch, name)
        for sketch, places in zip(sketches, near, strict=True)
        for place in places
    ]
    return round(float(np.mean(same)), 2)
