"""Screens what is to be drawn, what was drawn, and single texts, by the policy that holds now."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sqlmodel import Session

from backend.images.schemas import Moderation
from backend.kit.wording import Worded
from backend.policies import service as policies
from backend.policies.schemas import Action, PolicyDocument, Severity, Where
from backend.policies.verdict import Verdict
from backend.screening.folding import folded
from backend.screening.refusal import WordsRefused
from backend.screening.schemas import Finding, Trial, Tried
from backend.screening.screen import screen, strictest
from inference.protocol import GenerationParameters

MOST_TOLD: Final = 20
"""Findings in one answer; the strictest come first."""
_LOOKED_AT_FIRST: Final = "The rule “{rule}” has a reviewer look at this image first. {why}"


def refuse(session: Session, actor_id: str, every: Iterable[GenerationParameters]) -> None:
    """Return if all of these may be drawn, as far as their words go.

    Raises:
        WordsRefused: A rule of the policy refuses one of them.
    """
    policy = policies.active(session).document
    for parameters in every:
        if refusal := WordsRefused.of(findings_in(parameters, policy), actor_id):
            raise refusal


def findings(session: Session, every: Iterable[GenerationParameters]) -> list[Finding]:
    """Return what the rules say of parameters that somebody thinks of drawing, each place once."""
    policy = policies.active(session).document
    found = (one for each in every for one in findings_in(each, policy))
    return list(dict.fromkeys(found))[:MOST_TOLD]


def findings_of(session: Session, text: str, where: Where) -> list[Finding]:
    """Return what the rules say of one text; its field is called by what it is for."""
    policy = policies.active(session).document
    return screen(text, policy, where=where, field=where)[:MOST_TOLD]


def findings_in(parameters: GenerationParameters, policy: PolicyDocument) -> list[Finding]:
    """Return the rules that the words of `parameters` meet: both prompts, and names of what it is drawn with."""
    return [one for text in _texts(parameters) for one in _of(text, policy)]


def findings_among(texts: Iterable[Worded], policy: PolicyDocument) -> list[Finding]:
    """Return the rules that texts of a request meet."""
    return [one for text in texts for one in _of(text, policy)]


def verdict_on_words(parameters: GenerationParameters, policy: PolicyDocument) -> Verdict | None:
    """Return why an image that was drawn with these very words waits for a person; None: it need not.

    What is refused is not drawn, unless the policy became stricter meanwhile, or the words came out of a wildcard
    with too many ways to look at beforehand: then it is held as well.
    """
    found = findings_in(parameters, policy)
    held = [one for one in found if one.action in {Action.REVIEW, Action.BLOCK}]
    if not held:
        return None
    worst = max(held, key=lambda one: _severity(one, policy).rank)
    reason = _LOOKED_AT_FIRST.format(rule=worst.rule, why=worst.message).strip()
    return Verdict(Moderation.HELD, reason, worst.category, _severity(worst, policy))


def attempt(session: Session, trial: Trial) -> Tried:
    """Return what the policy says of a text; nothing follows from it."""
    policy = policies.active(session)
    found = screen(trial.text, policy.document, where=trial.where, field="text")
    return Tried(
        policy=policy.version,
        read_as=folded(trial.text).text,
        action=strictest(found),
        findings=found[:MOST_TOLD],
    )


def _texts(parameters: GenerationParameters) -> Iterator[Worded]:
    yield Worded("prompt", parameters.prompt, Where.PROMPT)
    yield Worded("negative_prompt", parameters.negative_prompt, Where.NEGATIVE_PROMPT)
    for place, lora in enumerate(parameters.loras):
        yield Worded(f"loras.{place}.name", lora.name, Where.PROMPT)


def _of(text: Worded, policy: PolicyDocument) -> list[Finding]:
    return screen(text.text, policy, where=Where(text.where), field=text.field)


def _severity(found: Finding, policy: PolicyDocument) -> Severity:
    category = policy.category(found.category)
    return category.severity if category else Severity.MODERATE
