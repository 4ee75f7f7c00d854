"""The `[[embedding]]` tables of a models file: which word stands for which file, and what people read about it.

Imports no torch.
"""

from __future__ import annotations

from functools import cached_property

from pydantic import Field, field_validator

from inference.fileoffers import FileOffer
from inference.inversions.files import read_inversion
from inference.protocol import EmbeddingCard, read_prompt
from inference.weightfiles import RefusedFile


class EmbeddingOffer(FileOffer):
    """One table. `name` is the word in the prompt."""

    name: str = Field(
        pattern=r"^(<[A-Za-z0-9][A-Za-z0-9._-]{0,97}>|[A-Za-z0-9][A-Za-z0-9._-]{0,99})$"
    )

    @field_validator("name")
    @classmethod
    def _is_no_markup(cls, name: str) -> str:
        parts, notes = read_prompt(name).parts, read_prompt(name).notes
        if notes or [part.text for part in parts] != [name]:
            raise ValueError(f"{name!r} means something else in a prompt; choose another word")
        return name

    @cached_property
    def card(self) -> EmbeddingCard:
        """Its public card, with the digest of its file (reads the file once), or with what is wrong with it."""
        try:
            file, trouble = read_inversion(self.root, self.file, self.sha256), ""
        except RefusedFile as error:
            file, trouble = None, str(error)
        return EmbeddingCard(
            name=self.name,
            title=self.title or self.name,
            description=self.description,
            tokens=file.tokens if file else 1,
            sha256=file.sha256 if file else "",
            licence=self.licence,
            trouble=trouble,
        )
