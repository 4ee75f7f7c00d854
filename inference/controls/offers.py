"""The `[[control]]` tables of a models file: what people read about a ControlNet, whose it is and where it lies.

Imports no torch. One that is refused is told of on its card, so that a bad file does not stop a studio.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from inference.controls.files import ControlFile, read_control
from inference.protocol import ControlCard, ControlKind
from inference.weightfiles import RefusedFile


class ControlOffer(BaseModel):
    """One table. `root` is the folder of the models file, which `directory` may not leave."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: Path
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=2000)
    kind: ControlKind = ControlKind.OTHER
    directory: Path
    models: tuple[str, ...] = ()
    family: str = Field(default="", max_length=80)
    scale: float = Field(default=1.0, gt=0, le=2)
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
        """Whether the model of that name and family draws by it."""
        return model in self.models or bool(self.family and self.family == family)

    @cached_property
    def file(self) -> ControlFile | str:
        """What was read of it (once, all of it), or what is wrong with it."""
        try:
            return read_control(self.root, self.directory, self.sha256)
        except RefusedFile as error:
            return str(error)

    @cached_property
    def card(self) -> ControlCard:
        """Its public card, with the digest of its weights, or with what is wrong with them."""
        file = self.file
        return ControlCard(
            name=self.name,
            title=self.title or self.name,
            description=self.description,
            kind=self.kind,
            scale=self.scale,
            sha256="" if isinstance(file, str) else file.sha256,
            licence=self.licence,
            trouble=file if isinstance(file, str) else "",
        )
