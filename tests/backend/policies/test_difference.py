from __future__ import annotations

from backend.policies.builtin import BUILTIN
from backend.policies.difference import MOST_WORDS, Kind, difference
from backend.policies.schemas import (
    Action,
    CategoryRule,
    PolicyDocument,
    PreviewRule,
    Severity,
    TermRule,
    Where,
)


def test_the_same_document_differs_in_nothing() -> None:
    found = difference((1, BUILTIN), (2, BUILTIN.model_copy()))
    assert found.same
    assert (found.categories, found.terms, found.fields) == ([], [], [])


def test_says_what_changed_by_category_and_value() -> None:
    minors, rest = (BUILTIN.category(name) for name in ("minors", "restricted"))
    assert minors
    assert rest
    base = BUILTIN.model_copy(update={"categories": (minors, rest)})
    weapons = CategoryRule(name="weapons", title="Weapons", concepts=("gun",))
    after = base.model_copy(
        update={
            "categories": (
                rest.model_copy(update={"shift": 0.02, "severity": Severity.LOW}),
                weapons,
            ),
            "previews": PreviewRule.OFF,
            "sampled": 0.05,
        }
    )
    found = difference((1, base), (4, after))
    assert (found.before, found.after, found.same) == (1, 4, False)
    changed, added, removed = found.categories
    assert (changed.name, changed.kind) == ("restricted", Kind.CHANGED)
    assert {one.field: (one.before, one.after) for one in changed.fields} == {
        "severity": ("moderate", "low"),
        "shift": (0.0, 0.02),
    }
    assert (added.name, added.kind, added.words.added) == ("weapons", Kind.ADDED, ["gun"])
    assert (removed.name, removed.kind) == (minors.name, Kind.REMOVED)
    assert removed.words.removed == sorted(minors.concepts)
    assert {one.field: one.after for one in found.fields} == {"previews": "off", "sampled": 0.05}


def only(rule: TermRule) -> PolicyDocument:
    return PolicyDocument(categories=(), terms=(rule,))


def test_says_where_a_rule_is_looked_for_and_beside_what() -> None:
    rule = TermRule(name="arms", action=Action.WARN, category="c", terms=("knife",))
    other = rule.model_copy(
        update={"where": (Where.WORDS, Where.NEGATIVE_PROMPT), "beside": ("blood",)}
    )
    turned = rule.model_copy(update={"where": (Where.WORDS, Where.PROMPT)})
    [found] = difference((1, only(rule)), (2, only(other))).terms
    assert [(one.field, one.before, one.after) for one in found.fields] == [
        ("where", "prompt, words", "negative_prompt, words")
    ]
    assert (found.beside.added, found.words.added) == (["blood"], [])
    [found] = difference((1, only(rule)), (2, only(turned))).terms
    assert found.fields == []


def test_counts_words_and_shows_the_first_of_many() -> None:
    terms = tuple(f"word {n:04}" for n in range(MOST_WORDS + 50))
    rule = TermRule(name="gore", action=Action.BLOCK, category="restricted", terms=terms)
    before = PolicyDocument(categories=(), terms=(rule,), allowed=("nude heels",))
    fewer = rule.model_copy(update={"terms": ("word 0001", "new")})
    [changed] = difference(
        (1, before), (2, before.model_copy(update={"terms": (fewer,), "allowed": ()}))
    ).terms
    assert changed.words.added == ["new"]
    assert changed.words.removed_in_all == MOST_WORDS + 49
    assert len(changed.words.removed) == MOST_WORDS
