"""The `[[control]]` tables of a models file: what people read about a ControlNet, whose it is and where it lies.

Imports no torch. One that is refused is told of on its card, so that a bad file does not stop a studio.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field

from inference.controls.files import ControlFile, read_control
from inference.fileoffers import WeightsOffer
from inference.protocol import ControlCard, ControlKind
from inference.weightfiles import RefusedFile


class ControlOffer(WeightsOffer):
    """One table, whose weights are a folder. `scale` is where its strength stands at first."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    kind: ControlKind = ControlKind.OTHER
    directory: Path
    scale: float = Field(default=1.0, gt=0, le=2)

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
