"""Every text can be read, and what was read is written as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.library.dates import is_moment, moment_of
from backend.library.folding import fold, line_of, words_of
from backend.library.grammar import FILTERS, MOST_TERMS, Kind, parse, quoted

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PIECES = st.sampled_from(
    ['"', "-", ":", " ", "tag", "is:", "seed:7", "a", "é", "*", "\t", "ratio:3:2"]
)
TYPED = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=20).map("".join))


@given(TYPED)
def test_any_text_is_read_and_written_as_it_was(text: str) -> None:
    terms = parse(text)
    written = " ".join(term.text for term in terms)
    assert parse(written) == terms
    assert "".join(written.split()) == "".join(text.split())


@given(TYPED)
def test_whatever_narrows_nothing_says_why(text: str) -> None:
    for term in parse(text):
        assert term.counts or (term.problem and term.problem.endswith("."))
        if term.counts and term.kind in (Kind.WORD, Kind.PHRASE):
            assert words_of(term.value)


@given(st.text(max_size=40), st.sampled_from([Kind.TAG, Kind.GALLERY, Kind.BY]))
def test_a_quoted_value_is_read_as_it_was(value: str, kind: Kind) -> None:
    plain = " ".join(value.replace('"', " ").split())
    if words_of(plain):
        (term,) = parse(f"{kind}:{quoted(plain)}")
        assert (term.kind, term.value, term.problem) == (kind, plain, None)


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert words_of(line_of([text])) == words_of(text)
    assert fold(text.upper().lower()) == fold(fold(text.upper().lower()))


@pytest.mark.parametrize(
    ("text", "kind", "value", "negated"),
    [
        ("Dress", Kind.WORD, "Dress", False),
        ('-"a red dress', Kind.PHRASE, "a red dress", True),
        ('gallery:"Spring  26"', Kind.GALLERY, "Spring 26", False),
        ("-STATUS:In-Review", Kind.STATUS, "in_review", True),
        ("ratio:1024x768", Kind.RATIO, "4:3", False),
        ("seed:007", Kind.SEED, "7", False),
        ("before:2026-2", Kind.BEFORE, "2026-2", False),
        ("http://x", Kind.WORD, "http://x", False),
    ],
)
def test_terms(text: str, kind: Kind, value: str, *, negated: bool) -> None:
    (term,) = parse(text)
    assert (term.kind, term.value, term.negated, term.problem) == (kind, value, negated, None)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("status:aproved", "status:approved"),
        ("is:stared", "is:starred"),
        ("seed:red", "seed:1234"),
        ("ratio:wide", "ratio:3:2"),
        ("before:tuesday", "before:2026-11-22"),
        ("after:2026-02-30", "after:7d"),
        ("tag:", "tag:linen"),
        ('tgag:"a b"', 'tag:"a b"'),
        ("lora:", "lora:linen"),
        ("like:a-b", "like:01m7"),
        ("is:duplicated", "is:duplicate"),
        ("--", "write a word"),
    ],
)
def test_what_cannot_be_read_says_what_would_be_good(text: str, advice: str) -> None:
    (term,) = parse(text)
    assert term.problem
    assert advice in term.problem


def test_every_filter_asks_for_a_value() -> None:
    for name in FILTERS:
        (term,) = parse(f"{name}:")
        assert term.problem


def test_a_search_has_only_so_many_terms() -> None:
    terms = parse("a " * (MOST_TERMS + 5))
    assert [term.counts for term in terms] == [True] * MOST_TERMS + [False] * 5


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-11", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("today", datetime(2026, 11, 22, tzinfo=UTC)),
        ("yesterday", datetime(2026, 11, 21, tzinfo=UTC)),
        ("7d", NOW - timedelta(days=7)),
    ],
)
def test_days(text: str, moment: datetime) -> None:
    assert moment_of(text, NOW) == moment


@given(
    st.text(max_size=12) | st.from_regex(r"[0-9]{0,6}[d-]?[0-9]{0,3}-?[0-9]{0,3}", fullmatch=True)
)
def test_a_day_is_one_or_is_none(text: str) -> None:
    if is_moment(text):
        assert moment_of(text, NOW).tzinfo is not None
    else:
        with pytest.raises(ValueError, match="is no day"):
            moment_of(text, NOW)
