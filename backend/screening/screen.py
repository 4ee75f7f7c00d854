"""Which rules of a policy a text meets. A pure function of both; the compiled policy is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from backend.policies.schemas import Action, Phrase, PolicyDocument, TermRule, Where
from backend.screening import prompts
from backend.screening.matching import Hit, Matcher
from backend.screening.schemas import Finding

_ALLOWED: Final = -1
_STRICTEST: Final = list(reversed(Action))


def screen(
    text: str, policy: PolicyDocument, *, where: Where = Where.PROMPT, field: str = "prompt"
) -> list[Finding]:
    """Return the rules that `text` meets, the strictest first, then in the order of the text.

    A prompt is read as one: without weights, and with every way that its wildcards may go.
    """
    rules = _rules_in(policy.terms, where)
    if not rules or not text.strip():
        return []
    matcher = _compiled(rules, policy.allowed)
    plain = text if where is Where.WORDS else prompts.as_it_stands(text)
    met = list(_met(matcher, rules, plain))
    if where is not Where.WORDS and (ways := prompts.ways(text)):
        met = _in_ways(matcher, rules, text, met, ways)
    found = [_finding(rules[number], field, hit) for number, hit in met]
    return sorted(found, key=lambda one: (_STRICTEST.index(one.action), one.start))


def strictest(findings: Iterable[Finding]) -> Action:
    """Return what follows from all of `findings` together."""
    return min((one.action for one in findings), key=_STRICTEST.index, default=Action.ALLOW)


def _rules_in(rules: tuple[TermRule, ...], where: Where) -> tuple[TermRule, ...]:
    return tuple(r for r in rules if where in r.where and r.action is not Action.ALLOW)


@lru_cache(maxsize=16)
def _compiled(rules: tuple[TermRule, ...], allowed: tuple[Phrase, ...]) -> Matcher:
    """Rule n has the number 2n, what has to stand beside it 2n + 1."""
    terms: list[tuple[str, int]] = [(phrase, _ALLOWED) for phrase in allowed]
    for number, rule in enumerate(rules):
        terms += [(term, 2 * number) for term in rule.terms]
        terms += [(term, 2 * number + 1) for term in rule.beside]
    return Matcher(terms)


def _met(matcher: Matcher, rules: tuple[TermRule, ...], text: str) -> Iterator[tuple[int, Hit]]:
    """Yield what is met and not allowed; of hits within each other, the longest."""
    hits = matcher.find(text)
    allowed = [hit for hit in hits if hit.number == _ALLOWED]
    left = [hit for hit in hits if hit.number != _ALLOWED and not _within(hit, allowed)]
    there = {hit.number for hit in left}
    for hit in left:
        number, is_beside = divmod(hit.number, 2)
        if is_beside or (rules[number].beside and hit.number + 1 not in there):
            continue
        if not _within(hit, [one for one in left if one.number == hit.number and one != hit]):
            yield number, hit


def _in_ways(
    matcher: Matcher,
    rules: tuple[TermRule, ...],
    text: str,
    met: list[tuple[int, Hit]],
    ways: prompts.Ways,
) -> list[tuple[int, Hit]]:
    """Return what some way of the wildcards meets, where it stands in `text`, else with all that is open marked.

    Where there are more ways than were looked at, whatever stands side by side in the text counts as well.
    """
    drawn = {n for way in ways.texts for n, _ in _met(matcher, rules, prompts.as_it_stands(way))}
    left = [(number, hit) for number, hit in met if number in drawn or not ways.are_all]
    start, end = text.index("{"), text.rindex("}") + 1
    hidden = sorted(drawn - {number for number, _ in left})
    return left + [(number, Hit(2 * number, start, end)) for number in hidden]


def _within(hit: Hit, others: Iterable[Hit]) -> bool:
    return any(one.start <= hit.start and hit.end <= one.end for one in others)


def _finding(rule: TermRule, field: str, hit: Hit) -> Finding:
    return Finding(
        field=field,
        rule=rule.name,
        category=rule.category,
        action=rule.action,
        message=rule.explanation or f"The rule “{rule.name}” says {rule.action} here.",
        start=hit.start,
        end=hit.end,
    )
