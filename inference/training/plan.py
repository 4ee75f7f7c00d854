"""What a training run was asked for, and the words in which one is refused. Imports no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final, NamedTuple

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
AUTO: Final = "auto"
LAYERS: Final = ("attention", "all")


class TrainingRefused(Exception):
    """The run cannot be as it was asked for; the text names the field, its limit and a good value."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class Range(NamedTuple):
    """The least, the most and a good value of a number that is given."""

    least: float
    most: float
    good: float


RANGES: Final = {
    "rank": Range(1, 128, 8),
    "steps": Range(1, 100_000, 400),
    "learning_rate": Range(1e-6, 0.1, 1e-4),
    "batch": Range(1, 64, 4),
    "resolution": Range(64, 1024, 512),
    "seed": Range(0, 2**32 - 1, 1),
    "prior_weight": Range(0.0, 10.0, 1.0),
    "prior_count": Range(1, 1000, 24),
}


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; a number that is None is chosen by the size of the model."""

    pictures: Path
    name: str
    trigger: str
    out: Path
    class_words: str = ""
    rank: int = 8
    layers: str | None = None
    steps: int | None = None
    learning_rate: float | None = None
    resolution: int | None = None
    batch: int | None = None
    seed: int = 1
    prior: str = AUTO
    prior_weight: float = 1.0
    prior_count: int | None = None
    text_encoder: bool = False
    licence: str = ""
    resume: bool = False

    @property
    def alpha(self) -> float:
        """What a change is multiplied by, over the rank: the rank itself, so that it counts once."""
        return float(self.rank)

    @property
    def workshop(self) -> Path:
        """The folder beside the file for checkpoints, class pictures and samples."""
        return self.out.with_name(f"{self.out.stem}.training")

    def require_sound(self) -> None:
        """Check all that can be checked without a model.

        Raises:
            TrainingRefused: Something is out of its limits, or a file is in the way.
        """
        if not NAME.fullmatch(self.name):
            raise TrainingRefused(
                "name", "1 to 100 of a-z, 0-9, dot, hyphen and underscore, such as our-linen"
            )
        if not 1 <= len(self.trigger.strip()) <= 100:  # noqa: PLR2004
            raise TrainingRefused("trigger", "1 to 100 characters, such as blueprint")
        if self.layers not in (None, *LAYERS):
            raise TrainingRefused("layers", f"one of {', '.join(LAYERS)}")
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None and field.name in RANGES:
                _require_within(field.name, value)
        if self.resolution and self.resolution % 8:
            raise TrainingRefused(
                "resolution", f"a multiple of 8, such as {self.resolution // 8 * 8}"
            )
        self._require_room()

    def _require_room(self) -> None:
        if self.out.suffix != ".safetensors":
            raise TrainingRefused(
                "out", f"must end in .safetensors, such as {self.name}.safetensors"
            )
        if self.out.exists() and not self.resume:
            raise TrainingRefused(
                "out", f"{self.out} exists; say --resume to go on with it, or name another file"
            )
        if (self.workshop / "lora.pt").exists() and not self.resume:
            raise TrainingRefused(
                "out",
                f"{self.workshop} holds a run that was begun; say --resume, or name another file",
            )


def _require_within(field: str, value: float) -> None:
    least, most, good = RANGES[field]
    if not least <= value <= most:
        raise TrainingRefused(field, f"{least:g} to {most:g}, such as {good:g}; not {value:g}")
