"""LoRAs as they are asked for: by name and scale, of those that a model's card offers.

What one is made of and how it is applied is `inference.adapters`'. Here are plain data, and the one
answer to whether a model has what was asked for, which the API and the engine both give.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from inference.protocol.checks import prose, within
from inference.protocol.offered import Wrong, first_wrong

MAX_LORAS: Final = 8
MIN_SCALE: Final = -2
MAX_SCALE: Final = 2
MAX_NAME: Final = 100


class LoraUse(BaseModel):
    """One LoRA in a picture, and how much of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, AfterValidator(prose)] = Field(
        min_length=1, max_length=MAX_NAME, description="One that the model's card offers."
    )
    scale: Annotated[float, within(MIN_SCALE, MAX_SCALE, kind="a number")] = Field(
        default=1.0, description="How much of it, -2 to 2; 0 leaves it out."
    )

    @property
    def tag(self) -> str:
        """The same as it is typed into a prompt."""
        return f"<lora:{self.name}:{self.scale:g}>"


class LoraCard(BaseModel):
    """A LoRA on offer with a model. One with `trouble` cannot be used, and that says why."""

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    description: str = ""
    trigger_words: list[str] = Field(
        default_factory=list, description="Words that it was trained with; they go into the prompt."
    )
    scale: float = Field(default=1.0, description="How much of it shows it best.")
    sha256: str = Field(default="", description="Digest of its file; empty while it is in trouble.")
    licence: str = Field(default="", description="What it is under; empty: not said.")
    trouble: str = Field(default="", description="Why it cannot be used; empty: it can.")


def merged(typed: Iterable[LoraUse], chosen: Iterable[LoraUse]) -> tuple[LoraUse, ...]:
    """Return what is asked for in all: what is `typed` in the prompt wins over what is `chosen` beside it."""
    uses = {use.name: use for use in chosen}
    for use in typed:
        uses[use.name] = use
    return tuple(uses.values())


def wrong_lora(model: str, cards: Sequence[LoraCard], asked: Sequence[LoraUse]) -> Wrong | None:
    """Return the first of `asked` that the model of these `cards` cannot draw with, if there is one."""
    if len(asked) > MAX_LORAS:
        limit = f"at most {MAX_LORAS} LoRAs"
        message = f"must be {limit} in all, not {len(asked)}; leave out {asked[MAX_LORAS].name}"
        return Wrong(asked[MAX_LORAS].name, limit, message, str(MAX_LORAS))
    return first_wrong("LoRA", model, cards, [use.name for use in asked])
