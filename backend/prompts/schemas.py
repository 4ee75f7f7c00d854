"""The wire shapes of a prompt that is read and not drawn."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backend.screening.schemas import Finding
from inference.protocol import MAX_PROMPT_CHARACTERS, LoraUse, PromptNote, PromptPart
from inference.protocol.checks import prose

_UNKNOWN = "null while no model can be asked."


class ReadingWrite(BaseModel):
    """A prompt as it stands, perhaps half typed."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, AfterValidator(prose)] = Field(
        description="What to read; nothing of it is kept or logged.",
        examples=["a (red:1.3) striped dress on a cream background"],
        json_schema_extra={"maxLength": MAX_PROMPT_CHARACTERS},
    )
    negative: bool = Field(
        default=False, description="Whether it is what to stay away from, which has no LoRAs."
    )
    model: str | None = Field(
        default=None, max_length=100, description="Whose tokens are counted; else the default's."
    )


class NotePublic(BaseModel):
    """One thing to know about how a prompt is read."""

    code: PromptNote
    text: str = Field(description="The same as a sentence.")


class ReadingPublic(BaseModel):
    """A prompt as it is understood."""

    ways: int | None = Field(
        description="How many prompts can come of its wildcards, 1 without any; null: more than are allowed.",
        examples=[6],
    )
    tokens: int | None = Field(
        description=f"How many tokens it has, of those that can come of it the longest; {_UNKNOWN}",
        examples=[83],
    )
    limit: int | None = Field(description=f"How many of them a chunk holds; {_UNKNOWN}")
    chunks: int | None = Field(
        description=f"How many chunks the model reads one by one; {_UNKNOWN}", examples=[2]
    )
    parts: list[PromptPart] = Field(
        description="Its words, by how much they count; with wildcards those of the longest."
    )
    loras: list[LoraUse] = Field(description="The LoRAs that it names; they are no words of it.")
    words: list[Finding] = Field(
        description="Rules of the policy that it meets, the strictest first: what is `block` would be refused."
    )
    notes: list[NotePublic] = Field(description="What is read otherwise than it may be meant.")
