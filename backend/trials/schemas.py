"""Wire shapes of a trial: what is tried, how far it has come, and what it found."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from backend.images.schemas import Moderation
from backend.moderation.schemas import FlagState
from backend.policies.schemas import PolicyDocument, Severity
from backend.policies.wire import Said

MOST_IMAGES: Final = 100_000
MOST_LISTED: Final = 200
MOST_PROMPTS: Final = 20_000
MOST_SAMPLES: Final = 20
MOST_HELD_AT_ONCE: Final = 500


class _Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TrialWanted(_Wanted):
    """What is tried, and on how much of the past."""

    document: PolicyDocument | None = Field(
        default=None,
        description="In place of the version's own: a draft as it is being written. null: as it is stored.",
    )
    since: int | None = Field(
        default=None,
        ge=1,
        le=1_000_000,
        description="The version it is compared with; null: the active one.",
    )
    most: int = Field(
        default=MOST_IMAGES,
        ge=1,
        le=MOST_IMAGES,
        description=f"Of the latest images, how many; of the latest prompts as many, {MOST_PROMPTS} at most.",
        examples=[MOST_IMAGES],
    )


class Turn(StrEnum):
    """What would become of an image that had another verdict."""

    HELD = "held"
    RELEASED = "released"


class TurnedImage(BaseModel):
    """An image whose verdict would be another."""

    image_id: str
    turn: Turn
    category: str | None = Field(
        description="Of the verdict that holds it, the new or the old one."
    )
    severity: Severity | None
    moderation: Moderation = Field(description="As it is now.")
    decided: FlagState | None = Field(description="What people decided about it; null: nothing.")


class TurnedCategory(BaseModel):
    """How many images would be newly held for one category, and how many would not be held for it any more."""

    name: str
    title: str
    held: int = 0
    released: int = 0


class Agreement(BaseModel):
    """Of the images that people decided about, how many decisions the other policy agrees with."""

    held_rejected: int = Field(default=0, description="Newly held, and people rejected it: agrees.")
    held_released: int = Field(default=0, description="Newly held, and people released it.")
    released_released: int = Field(
        default=0, description="Newly released, as people had done: agrees."
    )
    released_rejected: int = Field(default=0, description="Newly released, and people rejected it.")


class PromptTurn(StrEnum):
    """What would become of a prompt that had another outcome."""

    REFUSED = "refused"
    REVIEW = "review"
    THROUGH = "through"


class TurnedPrompt(BaseModel):
    """A prompt that had another outcome, with the words that decide it; of one let through, those that held it."""

    generation_id: str
    turn: PromptTurn
    rule: str
    category: str
    field: str = Field(description="What the words stand in.")
    text: str = Field(description="The words with what stands around them.")
    start: int = Field(description="Where in `text` they begin, in characters from 0.")
    end: int


class WordsReport(BaseModel):
    """What the words of the policy would have done otherwise with what people asked for."""

    of: int = Field(description="How many prompts were screened again; erased ones are not.")
    refused: int = Field(description="How many of them would be newly refused.")
    review: int = Field(description="How many would be drawn, and be looked at first.")
    through: int = Field(description="How many would be neither any more.")
    samples: list[TurnedPrompt] = Field(
        description=f"Of the first {MOST_SAMPLES} of each turn, newest first, those that you may read."
    )


class TrialReport(BaseModel):
    """What the policy would have done otherwise."""

    of: int = Field(description="How many images were judged again.")
    held: int = Field(description="How many of them would be newly held.")
    released: int = Field(description="How many would be newly released.")
    held_in_all: int = Field(description="How many it would hold in all.")
    categories: list[TurnedCategory]
    decided: Agreement
    images: list[TurnedImage] = Field(
        description=f"Newest first, {MOST_LISTED} at most of each turn."
    )
    words: WordsReport | None = Field(
        default=None, description="null: both policies have the same words."
    )


class TrialLine(BaseModel):
    """One line of the answer: how far it has come, with images first and then prompts; the last one has the report."""

    seen: int
    of: int
    prompts_seen: int = 0
    prompts_of: int = Field(default=0, description="0: no words are tried.")
    report: TrialReport | None = None


class HoldWanted(_Wanted):
    """Images that are held from now on, if the active policy holds them."""

    image_ids: list[Annotated[str, StringConstraints(pattern=r"^[0-9a-z]{26}$")]] = Field(
        min_length=1, max_length=MOST_HELD_AT_ONCE
    )
    reason: Said = Field(examples=["Version 4 sees weapons that version 3 let through"])


class HeldNow(BaseModel):
    """How many of them were held; the others are held already, gone, decided by people, or let through by the policy."""

    held: int
