"""The StableDiffusionSafetyChecker of a model as one checker among others; how it measures is `stages.safety`'s."""

from __future__ import annotations

import torch

from inference.checkers.checker import Views
from inference.protocol import SafetyScores
from inference.stages import safety
from inference.stages.safety import SafetyChecker


class StableChecker:
    """Scores of its seventeen concepts and three special ones, by the directions that its own vision model told."""

    def __init__(self, loaded: SafetyChecker) -> None:
        self.loaded = loaded
        self.name, self.version = loaded.name, loaded.version
        self.weights_sha256, self.scope = loaded.weights_sha256, loaded.scope

    def directions(self, pixels: torch.Tensor) -> torch.Tensor:
        """Return where its vision model puts the crops of each image."""
        return safety.directions(self.loaded, pixels)

    def score(self, views: Views) -> list[SafetyScores]:
        """Return cosine less threshold of every concept, for each image."""
        return list(safety.measure(self.loaded, views.must_have_directions()))
