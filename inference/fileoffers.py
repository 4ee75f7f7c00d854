"""What the tables of a models file have in common that offer weights for some of the models, as a LoRA's does.

Imports no torch. What is refused is told of on the card, so that one bad file does not stop a studio.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class WeightsOffer(BaseModel):
    """One table. `root` is the folder of the models file, which what it names may not leave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Path
    name: str
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=2000)
    models: tuple[str, ...] = ()
    family: str = Field(default="", max_length=80)
    licence: str = Field(default="", max_length=80)
    sha256: str = Field(default="", pattern=r"^([0-9a-fA-F]{64})?$")

    @model_validator(mode="after")
    def _for_somebody(self) -> Self:
        if not self.models and not self.family:
            raise ValueError(
                "say which models it is for: models = [names], or family = their family"
            )
        return self

    def is_for(self, model: str, family: str) -> bool:
        """Whether the model of that name and family draws with it."""
        return model in self.models or bool(self.family and self.family == family)


class FileOffer(WeightsOffer):
    """One whose weights are one file."""

    file: Path
