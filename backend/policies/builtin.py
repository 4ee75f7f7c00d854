"""The policy that a new studio starts with. Its words lie in `terms/`, one term a line."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from backend.policies.schemas import (
    EVERY_CONCEPT,
    Action,
    CategoryRule,
    PolicyDocument,
    Severity,
    TermRule,
    Where,
)

BUILTIN_VERSION: Final = "1"
_EVERYWHERE: Final = (Where.PROMPT, Where.NEGATIVE_PROMPT, Where.WORDS)


def words_in(name: str) -> tuple[str, ...]:
    """Return the terms of one of the lists in `terms/`."""
    text = files("backend.policies").joinpath("terms", f"{name}.txt").read_text("utf-8")
    return tuple(dict.fromkeys(line for line in text.splitlines() if line))


_CATEGORIES: Final = (
    CategoryRule(
        name="minors",
        title="A child or a very young person",
        severity=Severity.SEVERE,
        concepts=("special_care_0", "special_care_1", "special_care_2"),
    ),
    CategoryRule(
        name="restricted",
        title="Something that the safety check was told to hold",
        severity=Severity.MODERATE,
        concepts=(EVERY_CONCEPT,),
    ),
    CategoryRule(name="sexual", title="Sexual content and nudity"),
    CategoryRule(name="violence", title="Graphic violence"),
    CategoryRule(name="hate", title="Hate symbols and slurs"),
    CategoryRule(name="self_harm", title="Suicide and self-harm"),
    CategoryRule(name="likeness", title="The likeness of a real person", severity=Severity.LOW),
    CategoryRule(name="counterfeit", title="Somebody else's brand", severity=Severity.LOW),
)

_RULES: Final = (
    TermRule(
        name="minors_abuse",
        action=Action.BLOCK,
        category="minors",
        terms=words_in("minors_abuse"),
        where=_EVERYWHERE,
        explanation="Words for the sexual abuse of children are refused everywhere, in a negative prompt too.",
    ),
    TermRule(
        name="minors_sexual",
        action=Action.BLOCK,
        category="minors",
        terms=words_in("minors_sexual"),
        explanation="Children and young people are not drawn or described in a sexual way.",
    ),
    TermRule(
        name="minors_beside_sexual",
        action=Action.BLOCK,
        category="minors",
        terms=words_in("minors"),
        beside=words_in("beside_minors"),
        where=(Where.PROMPT,),
        explanation="Words for a young person do not stand in one prompt with words for nudity or sex.",
    ),
    TermRule(
        name="hate",
        action=Action.BLOCK,
        category="hate",
        terms=words_in("hate"),
        where=_EVERYWHERE,
        explanation="Slurs and symbols of hate groups are refused everywhere, in a negative prompt too.",
    ),
    TermRule(
        name="sexual_content",
        action=Action.BLOCK,
        category="sexual",
        terms=words_in("sexual"),
        explanation="Nudity and sexual acts are not drawn here. “Nude” as a colour is fine: “nude heels”.",
    ),
    TermRule(
        name="graphic_violence",
        action=Action.BLOCK,
        category="violence",
        terms=words_in("violence"),
        explanation="Wounds, torture and killing are not drawn here.",
    ),
    TermRule(
        name="self_harm",
        action=Action.BLOCK,
        category="self_harm",
        terms=words_in("self_harm"),
        explanation="Suicide and self-harm are not drawn here. If this is about you: talk to somebody you trust today.",
    ),
    TermRule(
        name="suggestive",
        action=Action.REVIEW,
        category="sexual",
        terms=words_in("suggestive"),
        where=(Where.PROMPT,),
        explanation="May show more than the studio shows; a reviewer looks at the images first.",
    ),
    TermRule(
        name="undressing",
        action=Action.REVIEW,
        category="sexual",
        terms=words_in("undressing"),
        where=(Where.NEGATIVE_PROMPT,),
        explanation="Staying away from clothes may show more than the studio shows; a reviewer looks first.",
    ),
    TermRule(
        name="real_people",
        action=Action.REVIEW,
        category="likeness",
        terms=words_in("likeness"),
        where=(Where.PROMPT,),
        explanation="Pictures of a real person need that person's consent; a reviewer looks at the images first.",
    ),
    TermRule(
        name="brands",
        action=Action.WARN,
        category="counterfeit",
        terms=words_in("counterfeit"),
        where=(Where.PROMPT,),
        explanation="A logo or pattern of somebody else's may be protected; do not publish it without permission.",
    ),
)

BUILTIN: Final = PolicyDocument(categories=_CATEGORIES, terms=_RULES, allowed=words_in("allowed"))
