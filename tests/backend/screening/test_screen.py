"""Which rules a text meets: in disguise, in the prompt language, beside other words, and where in the text."""

from __future__ import annotations

import random
import time

import pytest

from backend.policies.builtin import BUILTIN
from backend.policies.schemas import Action, CategoryRule, PolicyDocument, TermRule, Where
from backend.screening.folding import folded
from backend.screening.screen import screen, strictest

POLICY = PolicyDocument(
    categories=(CategoryRule(name="made_up", title="Made up"),),
    terms=(
        TermRule(
            name="words",
            action=Action.BLOCK,
            category="made_up",
            terms=("glomp", "boobs", "zib", "nude woman", "flarn*"),
        ),
        TermRule(
            name="pairs",
            action=Action.REVIEW,
            category="made_up",
            terms=("child",),
            beside=("nude", "glint"),
        ),
        TermRule(
            name="avoided",
            action=Action.WARN,
            category="made_up",
            terms=("clothed",),
            where=(Where.NEGATIVE_PROMPT,),
        ),
        TermRule(name="off", action=Action.ALLOW, category="made_up", terms=("shirt",)),
    ),
    allowed=("nude heels", "glomp cake"),
)


def rules(text: str, where: Where = Where.PROMPT) -> set[str]:
    return {one.rule for one in screen(text, POLICY, where=where)}


def marked(text: str) -> list[str]:
    return [text[one.start : one.end] for one in screen(text, POLICY)]


@pytest.mark.parametrize(
    "hidden",
    [
        "glomp",
        "GLomP",
        "gl0mp",
        "g1omp",
        "gl*mp",
        "gloooomp",
        "g l o m p",
        "g  l  o  m  p",
        "gl om p",
        "g.l.o.m.p",
        "g-l-o-m-p",
        "g_l_o_m_p",
        "glom p",
        "g lomp",
        "glo\u200bmp",
        "glo\u00admp",
        "g\u0301l\u0308ómp",
        "ｇｌｏｍｐ",
        "𝐠𝐥𝐨𝐦𝐩",
        "🅶🅻🅾🅼🅿",
        "glоmр",
        "(glo:1.2)mp",
        "(glo)(mp)",
        "[gl]omp",
        "glomps",
        "GlompStyle",
        "my_glomp_v2",
        "<lora:glompStyle:0.8>",
        "glomp123",
        "dress,glo.mp,hat",
        "{glo|b}{mp|ue}",
        "a {red|blue|{g|c}lomp} hat",
    ],
)
def test_meets_a_word_in_disguise(hidden: str) -> None:
    assert rules(f"a {hidden} by the sea") == {"words"}


@pytest.mark.parametrize(
    "text",
    [
        "a glom, perhaps",
        "bobs and a bob",  # fewer letters than the term
        "zibb",  # a short term is met as it stands, or clearly stretched
        "glompen",
        "a glomp cake",
        "glomp-cake",
        "the U.S.A. in S, M, L, XL",
        "g, l and o",
        "a nude, woman beside it",
        "a nude BREAK woman",
        "",
        "   ",
        "shirt",
        "clothed",
        "a {glo} mp",  # that is what would be drawn
    ],
)
def test_leaves_other_words_alone(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a glomp cake and a glomp", ["glomp"]),
        ("ein größerer Hut, g·l·o·m·p.", ["g·l·o·m·p"]),
        ("ﬁne ﬂarns", ["ﬂarns"]),
        ("{red|glomp} hat", ["glomp"]),
        ("{glo|a}mp hat", ["{glo|a}"]),
        ("a nude woman", ["nude woman"]),
        ("🧥 coat, gl\u200bomp", ["gl\u200bomp"]),
    ],
)
def test_marks_the_words_where_they_were_written(text: str, words: list[str]) -> None:
    assert marked(text) == words


def test_a_short_term_is_met_when_it_is_clearly_stretched() -> None:
    assert rules("ziiib") == {"words"}


def test_a_rule_may_need_another_word_beside_its_own() -> None:
    assert rules("a child in a coat") == set()
    assert rules("a glint in the eye of a child") == {"pairs"}
    assert (
        rules("a child with nude heels in a shop") == set()
    )  # what is allowed stands beside nothing


def test_a_negative_prompt_has_rules_of_its_own() -> None:
    assert rules("glomp, fully clothed", Where.NEGATIVE_PROMPT) == {"avoided"}


def test_words_that_people_read_have_no_language() -> None:
    assert rules("(glo)mp", Where.WORDS) == {"words"}
    assert rules("(glo:1.2)mp", Where.WORDS) == set()  # a weight is no weight
    assert rules("{glo|b}{mp|ue}", Where.WORDS) == set()


def test_of_many_ways_every_option_is_looked_at() -> None:
    options = "|".join(f"hat {n}" for n in range(100))
    assert rules(f"{{{options}|glomp}} {{{options}}} {{{options}}}") == {"words"}


def test_the_strictest_comes_first() -> None:
    found = screen("a child with a glint, glomp", POLICY)
    assert [one.rule for one in found] == ["words", "pairs"]
    assert strictest(found) is Action.BLOCK
    assert strictest([]) is Action.ALLOW


def test_every_text_can_be_read_in_time_proportional_to_its_length() -> None:
    luck = random.Random(8)
    signs = "ab{}|()[]:.\\*$0 1\u0301é<>-,\n😀ñ"
    for _ in range(300):
        text = "".join(luck.choice(signs) for _ in range(luck.randrange(80)))
        for found in screen(text, BUILTIN):
            assert 0 <= found.start < found.end <= len(text)
    longest = {unit: _seconds_for(unit * (1800 // len(unit))) for unit in ("a ", "a.", "1", "(")}
    for unit, whole in longest.items():
        third = _seconds_for(unit * (600 // len(unit)))
        assert whole < 6 * third, unit  # nine times, if it went by the square
    # Letters that nothing parts are read from each of them on: by the square, and still the cheaper.
    assert _seconds_for("$" * 1800) < longest["a "]


def _seconds_for(text: str) -> float:
    """Return the processor time that reading `text` takes, the least of several."""

    def took(number: int) -> float:
        before = time.process_time()
        screen(f"{number} {text}", BUILTIN)
        return time.process_time() - before

    return min(took(number) for number in range(3))


def test_folding_keeps_places() -> None:
    text = "a ﬁｎé cоat"
    plain = folded(text)
    assert plain.text == "a fine coat"
    start = plain.text.index("coat")
    assert text[slice(*plain.span(start, start + 4))] == "cоat"


def test_a_spanish_letter_is_not_another_one() -> None:
    assert folded("años").text == "años"
