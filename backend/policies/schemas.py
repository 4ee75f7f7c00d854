"""A policy as plain data: which concepts and which words matter, how much, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MOST_CATEGORIES: Final = 40
MOST_TERMS: Final = 5_000
WIDEST_SHIFT: Final = 0.05
EVERY_CONCEPT: Final = "*"
"""In a category: every concept that no other category names."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Severity(StrEnum):
    """How bad it is, the worst last; reviewers see the worst first, and `severe` needs two of them to release."""

    LOW = "low"
    MODERATE = "moderate"
    SEVERE = "severe"

    @property
    def rank(self) -> int:
        """Return its place, 0 for the mildest."""
        return list(Severity).index(self)


class Action(StrEnum):
    """What becomes of a prompt with a term in it, the strictest last.

    `warn` tells its author and draws; `review` draws and holds every image; `block` refuses it.
    """

    ALLOW = "allow"
    WARN = "warn"
    REVIEW = "review"
    BLOCK = "block"


class Where(StrEnum):
    """What a term is looked for in: what to draw, what to stay away from, and what people call and say of things."""

    PROMPT = "prompt"
    NEGATIVE_PROMPT = "negative_prompt"
    WORDS = "words"


class PreviewRule(StrEnum):
    """What is shown of an image before it is finished.

    `checked` shows a preview only once the safety checker saw nothing in that very picture; `blurred` shows colours
    and no shapes; `off` shows none.
    """

    CHECKED = "checked"
    BLURRED = "blurred"
    OFF = "off"


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CategoryRule(_Rule):
    """Concepts that are one thing to people: how bad it is, and how sure the checker has to be."""

    name: Slug
    title: Phrase = Field(description="What people read, in plain words.")
    severity: Severity = Severity.MODERATE
    concepts: tuple[Phrase, ...] = Field(
        default=(),
        max_length=64,
        description="Names of a safety checker's concepts; `*` for every one that is named nowhere else.",
    )
    shift: float = Field(
        default=0.0,
        ge=-WIDEST_SHIFT,
        le=WIDEST_SHIFT,
        description="Added to each score before it is compared with 0: above 0 holds more images, below 0 fewer.",
    )


class TermRule(_Rule):
    """Words that mean one thing, and what follows when a prompt, a title, a tag or a comment has one of them."""

    name: Slug
    action: Action
    category: Slug
    terms: tuple[Phrase, ...] = Field(
        min_length=1,
        max_length=MOST_TERMS,
        description="Words and phrases; `porn*` is every word that begins so.",
    )
    beside: tuple[Phrase, ...] = Field(
        default=(),
        max_length=MOST_TERMS,
        description="Only where one of these is in the same text as well; empty: always.",
    )
    where: tuple[Where, ...] = Field(
        default=(Where.PROMPT, Where.WORDS),
        max_length=len(Where),
        description="What it is looked for in: prompts, negative prompts, and words such as titles, tags and comments.",
    )
    explanation: str = Field(default="", max_length=300, description="What the author reads.")


class PolicyDocument(_Rule):
    """All of a policy. The same document always leads to the same verdicts."""

    categories: tuple[CategoryRule, ...] = Field(max_length=MOST_CATEGORIES)
    terms: tuple[TermRule, ...] = Field(default=(), max_length=MOST_CATEGORIES)
    allowed: tuple[Phrase, ...] = Field(
        default=(),
        max_length=MOST_TERMS,
        description="Phrases in which a term means nothing bad: “nude heels”, “breast pocket”.",
    )
    previews: PreviewRule = PreviewRule.CHECKED
    sampled: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of released images that reviewers look at anyway.",
    )

    def category(self, name: str) -> CategoryRule | None:
        """Return the category of that name."""
        return next((one for one in self.categories if one.name == name), None)

    def category_of(self, concept: str) -> CategoryRule | None:
        """Return the category of a safety checker's concept: the one that names it, else the one with `*`."""
        named = self._by_concept
        return named.get(concept) or named.get(EVERY_CONCEPT)

    def model_copy(
        self, *, update: Mapping[str, Any] | None = None, deep: bool = False
    ) -> PolicyDocument:
        """Return a copy with `update`; what was worked out from this one does not go along."""
        copy = super().model_copy(update=update, deep=deep)
        copy.__dict__.pop("_by_concept", None)
        return copy

    @cached_property
    def _by_concept(self) -> dict[str, CategoryRule]:
        """The first category that names each concept."""
        listed = ((concept, one) for one in reversed(self.categories) for concept in one.concepts)
        return dict(listed)
