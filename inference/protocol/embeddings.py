"""Textual inversions as a model's card offers them: words of its own that stand for learned vectors.

They are used by writing their word into a prompt, and so need no field of a generation.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class EmbeddingCard(BaseModel):
    """A textual inversion on offer with a model. One with `trouble` cannot be used, and that says why."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="The word that stands for it in a prompt.")
    title: str
    description: str = ""
    tokens: int = Field(default=1, ge=1, description="How many tokens of a prompt it takes.")
    sha256: str = Field(default="", description="Digest of its file; empty while it is in trouble.")
    licence: str = Field(default="", description="What it is under; empty: not said.")
    trouble: str = Field(default="", description="Why it cannot be used; empty: it can.")
