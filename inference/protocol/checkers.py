"""The safety checkers of a model, as they are told of: what each is, and what it can see by the words of who made it."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

MAX_SCOPE: Final = 300


class CheckerCard(BaseModel):
    """One safety checker. While it has `trouble` it measures nothing, and every image of its model is held."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str = Field(
        description="`stable_diffusion`, `head` over its embedding, or the class of a package."
    )
    version: str = Field(default="", description="Which edition of it measures; empty: not said.")
    weights_sha256: str = Field(default="", description="Digest of its weights; empty: none read.")
    scope: str = Field(
        default="", max_length=MAX_SCOPE, description="What it can see, and what not, in words."
    )
    trouble: str = Field(default="", description="Why it measures nothing; empty: it does.")

    @property
    def is_demonstration(self) -> bool:
        """Whether it says of itself that it only shows how checking works."""
        return is_demonstration(self.name) or is_demonstration(self.scope)


def is_demonstration(words: str) -> bool:
    """Whether a checker's name or scope says that it is a demonstration."""
    return "demo" in words.lower()
