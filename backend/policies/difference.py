"""What differs between two policies, as people speak of it: by category, by rule, by word. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from pydantic import BaseModel, Field

from backend.policies.schemas import CategoryRule, PolicyDocument, TermRule

MOST_WORDS: Final = 100

Value = str | float | None


class Kind(StrEnum):
    """What became of a category or a rule."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class FieldChange(BaseModel):
    """One value, before and after; null where there was none."""

    field: str
    before: Value
    after: Value


class WordsChange(BaseModel):
    """Words or concepts that came and went; of many, the first hundred in order."""

    added: list[str]
    removed: list[str]
    added_in_all: int
    removed_in_all: int


class RuleChange(BaseModel):
    """What became of one category, or of one rule of words."""

    name: str
    title: str = Field(description="What people call it.")
    kind: Kind
    fields: list[FieldChange]
    words: WordsChange = Field(description="Of a category its concepts, of a rule its terms.")
    beside: WordsChange = Field(description="Of a rule: what has to stand in the same text.")


class PolicyDifference(BaseModel):
    """What changes for people when one policy follows another."""

    before: int
    after: int
    same: bool
    categories: list[RuleChange]
    terms: list[RuleChange]
    allowed: WordsChange
    fields: list[FieldChange] = Field(
        description="Previews, and the share that is looked at by chance."
    )


def difference(
    before: tuple[int, PolicyDocument], after: tuple[int, PolicyDocument]
) -> PolicyDifference:
    """Return what differs from the version `before` to the version `after`."""
    (old_number, old), (new_number, new) = before, after
    return PolicyDifference(
        before=old_number,
        after=new_number,
        same=old == new,
        categories=_rules(old.categories, new.categories, ("title", "severity", "shift")),
        terms=_rules(old.terms, new.terms, ("action", "category", "where", "explanation")),
        allowed=_words(old.allowed, new.allowed),
        fields=_fields(old, new, ("previews", "sampled")),
    )


def _rules(
    old: Sequence[CategoryRule | TermRule],
    new: Sequence[CategoryRule | TermRule],
    fields: tuple[str, ...],
) -> list[RuleChange]:
    """Return what became of each rule, in the order of the newer policy, then those that are gone."""
    then, now = ({one.name: one for one in rules} for rules in (old, new))
    changes = [_rule(then.get(name), now.get(name), fields) for name in {**now, **then}]
    return [one for one in changes if one is not None]


def _rule(
    old: CategoryRule | TermRule | None,
    new: CategoryRule | TermRule | None,
    fields: tuple[str, ...],
) -> RuleChange | None:
    if old == new:
        return None
    shown = new or old
    assert shown is not None  # noqa: S101 - one of both is there, or they would be equal
    kind = Kind.CHANGED if old and new else Kind.ADDED if new else Kind.REMOVED
    return RuleChange(
        name=shown.name,
        title=shown.title if isinstance(shown, CategoryRule) else shown.name,
        kind=kind,
        fields=_fields(old, new, fields),
        words=_words(_listed(old), _listed(new)),
        beside=_words(getattr(old, "beside", ()), getattr(new, "beside", ())),
    )


def _listed(rule: CategoryRule | TermRule | None) -> tuple[str, ...]:
    if rule is None:
        return ()
    return rule.concepts if isinstance(rule, CategoryRule) else rule.terms


def _fields(old: object, new: object, names: Iterable[str]) -> list[FieldChange]:
    pairs = ((name, _told(old, name), _told(new, name)) for name in names)
    return [
        FieldChange(field=name, before=before, after=after)
        for name, before, after in pairs
        if before != after
    ]


def _told(rule: object, name: str) -> Value:
    """Return a value as it is compared and told; several are one text, always in the same order."""
    value: Value | tuple[str, ...] = getattr(rule, name, None)
    return ", ".join(sorted(value)) if isinstance(value, tuple) else value


def _words(old: Iterable[str], new: Iterable[str]) -> WordsChange:
    then, now = set(old), set(new)
    added, removed = sorted(now - then), sorted(then - now)
    return WordsChange(
        added=added[:MOST_WORDS],
        removed=removed[:MOST_WORDS],
        added_in_all=len(added),
        removed_in_all=len(removed),
    )
