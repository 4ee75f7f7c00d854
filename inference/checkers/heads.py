"""A classifier of a layer or a few over the embedding that the model's own checker computes anyway.

Costs microseconds beside the vision model, so a team can add concepts of its own. One that was trained on another
embedding would answer at random, so it says which in its file, and looks at no other.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load, save
from torch.nn import functional

from inference.checkers.checker import Views
from inference.checkers.headfiles import THRESHOLDS, HeadFile, HeadWords
from inference.devices import Placement
from inference.protocol import SafetyScores
from inference.weightfiles import RefusedFile


class HeadChecker:
    """A head on its device. The score of a concept is its probability, of the crop that shows it most, less its threshold."""

    def __init__(self, name: str, file: HeadFile, where: Placement) -> None:
        tensors = {key: value.float().to(where.device) for key, value in load(file.data).items()}
        if odd := [key for key, value in tensors.items() if not bool(value.isfinite().all())]:
            raise RefusedFile(f"{file.name} holds numbers that are not finite: {odd[0]}")
        self.name, self.weights_sha256 = name, file.sha256
        self.version, self.scope = file.words.version, file.words.scope
        self._concepts, self._width = file.words.concepts, file.width
        self._layers = [
            (tensors[f"layers.{k}.weight"], tensors[f"layers.{k}.bias"]) for k in range(file.layers)
        ]
        self._thresholds = tensors[THRESHOLDS]

    def score(self, views: Views) -> list[SafetyScores]:
        """Return probability less threshold of every concept, for each image."""
        margins = self._probabilities(views.must_have_directions()) - self._thresholds
        # A maximum over crops is not a number as soon as one of them is not.
        return [self._told(row) for row in margins.amax(dim=1).cpu()]

    def _probabilities(self, directions: torch.Tensor) -> torch.Tensor:
        inner = directions.to(self._thresholds.device)
        for k, (weight, bias) in enumerate(self._layers):
            inner = functional.linear(inner.relu() if k else inner, weight, bias)
        return inner.sigmoid()

    def _told(self, margins: torch.Tensor) -> SafetyScores:
        return SafetyScores(
            checker=self.name,
            version=self.version,
            weights_sha256=self.weights_sha256,
            scope=self.scope,
            concepts={
                name: float(margin) if bool(margin.isfinite()) else None
                for name, margin in zip(self._concepts, margins, strict=True)
            },
        )


def write_head(
    into: Path,
    layers: Sequence[tuple[torch.Tensor, torch.Tensor]],
    thresholds: Sequence[float],
    words: HeadWords,
) -> None:
    """Write a head: weight and bias of each layer, the threshold of each concept, and what it is."""
    tensors: dict[str, Any] = {THRESHOLDS: torch.tensor([*thresholds])}
    for k, (weight, bias) in enumerate(layers):
        tensors[f"layers.{k}.weight"] = weight.detach().contiguous()
        tensors[f"layers.{k}.bias"] = bias.detach().contiguous()
    metadata = {**words.model_dump(exclude={"concepts"}), "concepts": json.dumps(words.concepts)}
    into.parent.mkdir(parents=True, exist_ok=True)
    into.write_bytes(save(tensors, metadata=metadata))
