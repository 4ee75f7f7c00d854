"""The `[[lora]]` tables of a models file: what people read about a LoRA, whose it is and where it lies.

Imports no torch.
"""

from __future__ import annotations

from functools import cached_property

from pydantic import Field

from inference.adapters.files import read_lora
from inference.fileoffers import FileOffer
from inference.protocol import MAX_SCALE, MIN_SCALE, LoraCard
from inference.weightfiles import RefusedFile


class LoraOffer(FileOffer):
    """One table."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    trigger_words: tuple[str, ...] = Field(default=(), max_length=32)
    scale: float = Field(default=1.0, ge=MIN_SCALE, le=MAX_SCALE)

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
