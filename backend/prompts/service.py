"""Reads a prompt for whoever is about to draw it. Keeps nothing and writes nothing down.

What its brackets mean is `inference.protocol.prompts`'; how many tokens it has only the model can say,
and without one the rest is told all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from backend.accounts.actor import Actor
from backend.catalog.service import Catalog
from backend.kit.errors import NotReady
from backend.prompts.schemas import NotePublic, ReadingPublic, ReadingWrite
from backend.screening.schemas import Finding
from inference.protocol import (
    MAX_CHUNKS,
    MAX_DEPTH,
    MAX_PROMPT_CHARACTERS,
    MAX_SCALE,
    MAX_WAYS,
    MAX_WEIGHT,
    MIN_SCALE,
    MIN_WEIGHT,
    InferenceClient,
    InferenceError,
    PromptLength,
    PromptNote,
    outcomes_of,
    read_prompt,
    read_template,
    refusals_of,
)

ANSWER_WITHIN_S: Final = 2.0
_SAID: Final[Mapping[PromptNote, str]] = {
    PromptNote.WEIGHT_BOUNDED: f"Weights go from {MIN_WEIGHT:g} to {MAX_WEIGHT:g}; what is beyond counts as the nearest.",
    PromptNote.NO_PARTNER: "A bracket has no partner, so it is read as a character. Write \\( to mean one.",
    PromptNote.NO_SCHEDULE: "[from:to:0.5] does not change words half-way here; it is read as it stands.",
    PromptNote.NO_ALTERNATION: "[one|other] does not alternate between words here; it is read as it stands.",
    PromptNote.NO_JOINING: "AND does not join two prompts here; it is read as a word.",
    PromptNote.UNKNOWN_TAG: "A tag such as <hypernet:name:0.8> is not known here; it is read as it stands.",
    PromptNote.LORA_BOUNDED: f"A LoRA goes from {MIN_SCALE} to {MAX_SCALE}; what is beyond counts as the nearest.",
    PromptNote.LORA_IN_NEGATIVE: "A LoRA in the negative prompt does nothing; write it into the prompt.",
    PromptNote.TOO_LONG: f"It has more than {MAX_CHUNKS} chunks, which is more than can be drawn. Shorten it.",
    PromptNote.NO_FILES: "__name__ takes no words from a file here; it is read as it stands. Write {one|other}.",
    PromptNote.NO_VARIABLES: "${name}, %{wrap} and {@one|other} mean nothing here; they are read as they stand.",
    PromptNote.TOO_DEEP: f"Braces stand within one another at most {MAX_DEPTH} deep; this is not drawn.",
    PromptNote.TOO_MANY_WAYS: f"More than {MAX_WAYS} prompts can come of it, and there are no more seeds; this is not drawn.",
    PromptNote.OUTCOME_TOO_LONG: f"A prompt of more than {MAX_PROMPT_CHARACTERS} characters can come of it; this is not drawn.",
    PromptNote.OUTCOME_EMPTY: "An empty prompt can come of it; write a word outside the braces.",
}


async def reading_of(
    inference: InferenceClient,
    catalog: Catalog,
    actor: Actor,
    asked: ReadingWrite,
    words: list[Finding],
) -> ReadingPublic:
    """Return how `asked`, of which the policy says `words`, is read, and how long it is where a model can be asked.

    Raises:
        Forbidden: None of the models that `actor` may draw with is on offer.
        Unprocessable: There is no such model for them.
    """
    template = read_template(asked.prompt)
    outcomes = outcomes_of(template)
    read = read_prompt(outcomes.longest, negative=asked.negative)
    length = await _length_of(inference, catalog, actor, asked)
    too_long = length is not None and length.chunks > MAX_CHUNKS
    refused = [refusal.note for refusal in refusals_of(asked.prompt)]
    notes = [*read.notes, *template.notes, *refused, *([PromptNote.TOO_LONG] if too_long else [])]
    return ReadingPublic(
        ways=outcomes.ways if outcomes.ways <= MAX_WAYS else None,
        tokens=length and length.tokens,
        limit=length and length.limit,
        chunks=length and length.chunks,
        parts=list(read.parts),
        loras=list(read.loras),
        words=words,
        notes=[NotePublic(code=note, text=_SAID[note]) for note in dict.fromkeys(notes)],
    )


async def _length_of(
    inference: InferenceClient, catalog: Catalog, actor: Actor, asked: ReadingWrite
) -> PromptLength | None:
    """Return how long the prompt is, or None when nobody who knows answers soon."""
    try:
        card = await catalog.resolve_for(actor, asked.model)
        async with asyncio.timeout(ANSWER_WITHIN_S):
            return await inference.length_of(asked.prompt, card.name)
    except (NotReady, InferenceError, TimeoutError):
        return None
