"""The `[[lora]]` tables of a models file: what people read about a LoRA, whose it is and where it lies.

Imports no torch. A file that is refused is told of on the card, so that one bad file does not stop a studio.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inference.adapters.files import read_lora
from inference.protocol import MAX_SCALE, MIN_SCALE, LoraCard
from inference.weightfiles import RefusedFile


class LoraOffer(BaseModel):
    """One table. `root` is the folder of the models file, which `file` may not leave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Path
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=2000)
    file: Path
    models: tuple[str, ...] = ()
    family: str = Field(default="", max_length=80)
    trigger_words: tuple[str, ...] = Field(default=(), max_length=32)
    scale: float = Field(default=1.0, ge=MIN_SCALE, le=MAX_SCALE)
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

    @cached_property
    def card(self) -> LoraCard:
        """Its public card, with the digest of its file (reads the file once), or with what is wrong with it."""
        try:
            sha256, trouble = read_lora(self.root, self.file, self.sha256).sha256, ""
        except RefusedFile as error:
            sha256, trouble = "", str(error)
        return LoraCard(
            name=self.name,
            title=self.title or self.name,
            description=self.description,
            trigger_words=list(self.trigger_words),
            scale=self.scale,
            sha256=sha256,
            licence=self.licence,
            trouble=trouble,
        )
