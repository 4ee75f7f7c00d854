"""The prompt language: what brackets mean, what is left as it stands, and that any text can be read."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import ClassVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.protocol import (
    MAX_WEIGHT,
    MIN_WEIGHT,
    GenerationParameters,
    LoraCard,
    PromptNote,
    PromptPart,
    ReadPrompt,
    read_prompt,
    wrong_lora,
)

# Texts made of what the language is made of are the ones that could go wrong.
MARKUP = [
    "(",
    ")",
    "[",
    "]",
    ":",
    "1.3",
    "0.5",
    "\\",
    "BREAK",
    "AND",
    "|",
    "<",
    ">",
    "lora",
    " ",
    "\n",
    ",",
]
PROMPTS = st.lists(st.sampled_from(MARKUP) | st.text(max_size=4), max_size=40).map("".join)
WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=12).filter(
    lambda text: text.strip(" \t\r\n") == text and not re.search(r"\bBREAK\b|<[a-z]+:", text)
)
WEIGHTS = st.integers(1, 20).map(lambda tenths: tenths / 10)


def shown(read: ReadPrompt) -> list[tuple[str, float]]:
    return [(part.text, part.weight) for part in read.parts]


def written(parts: list[PromptPart]) -> str:
    """Return a prompt that says `parts`."""
    pieces = []
    for part in parts:
        text = re.sub(r"([()\[\]\\])", r"\\\1", part.text)
        pieces.append("BREAK " * part.starts_chunk + f"({text}:{part.weight})")
    return "".join(pieces)


class TestWeights:
    @pytest.mark.parametrize(
        ("prompt", "parts"),
        [
            ("a red dress", [("a red dress", 1.0)]),
            ("a (red) dress", [("a ", 1.0), ("red", 1.1), (" dress", 1.0)]),
            ("((red))", [("red", 1.21)]),
            ("[red]", [("red", 0.9091)]),
            ("([red])", [("red", 1.0)]),
            ("(red:1.3)", [("red", 1.3)]),
            ("(red : 1.3 )", [("red", 1.3)]),
            ("(red:.5)", [("red", 0.5)]),
            ("(a red [striped:1.2] dress)", [("a red [striped:1.2] dress", 1.1)]),
            ("((red:1.2) dress)", [("red", 1.32), (" dress", 1.1)]),
            ("(red) (blue)", [("red blue", 1.1)]),
            ("(red:)", [("red:", 1.1)]),
            ("(red:loud)", [("red:loud", 1.1)]),
            ("ratio 3:4", [("ratio 3:4", 1.0)]),
            ("", []),
            (" \n", []),
            ("()", []),
        ],
    )
    def test_are_read_as_web_ui_reads_them(
        self, prompt: str, parts: list[tuple[str, float]]
    ) -> None:
        assert shown(read_prompt(prompt)) == parts

    @pytest.mark.parametrize(
        ("prompt", "weight"),
        [("(red:9)", 2.0), ("(red:0)", 0.1), ("(red:-1)", 0.1), ("((((((((red))))))))", 2.0)],
    )
    def test_beyond_what_can_be_drawn_are_bounded_and_noted(
        self, prompt: str, weight: float
    ) -> None:
        read = read_prompt(prompt)
        assert shown(read) == [("red", weight)]
        assert read.notes == (PromptNote.WEIGHT_BOUNDED,)

    def test_at_the_bounds_are_not_noted(self) -> None:
        assert read_prompt("(red:2) (blue:0.1) (green:2.0)").notes == ()

    def test_of_many_pairs_are_multiplied_before_they_are_bounded(self) -> None:
        assert shown(read_prompt("((red:0.2):5)")) == [("red", 1.0)]


class TestText:
    @pytest.mark.parametrize(
        ("prompt", "text"),
        [
            (r"\(red\)", "(red)"),
            (r"\[red\]", "[red]"),
            (r"C:\\temp", r"C:\temp"),
            (r"a\d", r"a\d"),
            ("a trailing \\", "a trailing \\"),
            ("UNBREAKABLE", "UNBREAKABLE"),
        ],
    )
    def test_keeps_characters_that_mean_themselves(self, prompt: str, text: str) -> None:
        read = read_prompt(prompt)
        assert shown(read) == [(text, 1.0)]
        assert read.notes == ()

    @pytest.mark.parametrize(
        ("prompt", "note"),
        [
            ("a [red:blue:0.5] dress", PromptNote.NO_SCHEDULE),
            ("a [red:10] dress", PromptNote.NO_SCHEDULE),
            ("a [(red:1.2)::0.5] dress", PromptNote.NO_SCHEDULE),
            ("a [red|blue] dress", PromptNote.NO_ALTERNATION),
            ("a red dress AND a blue coat", PromptNote.NO_JOINING),
            ("<hypernet:knit (v2):0.8>", PromptNote.UNKNOWN_TAG),
            ("<lora:knit:much>", PromptNote.UNKNOWN_TAG),
            ("<lora:knit:1:0.5>", PromptNote.UNKNOWN_TAG),
            ("<lora: :1>", PromptNote.UNKNOWN_TAG),
            ("<lora:a\0b:1>", PromptNote.UNKNOWN_TAG),
            ("<lora:a\ud800:1>", PromptNote.UNKNOWN_TAG),
            (f"<lora:{'x' * 101}:1>", PromptNote.UNKNOWN_TAG),
            ("a red :) dress", PromptNote.NO_PARTNER),
            ("a (red dress", PromptNote.NO_PARTNER),
            ("a red] dress", PromptNote.NO_PARTNER),
        ],
    )
    def test_that_means_something_elsewhere_stands_and_is_noted(
        self, prompt: str, note: PromptNote
    ) -> None:
        read = read_prompt(prompt)
        assert shown(read) == [(prompt, 1.0)]
        assert read.notes == (note,)

    def test_inside_a_weight_stands_as_well(self) -> None:
        read = read_prompt("(a [red:blue:0.5] dress:1.2)")
        assert shown(read) == [("a [red:blue:0.5] dress", 1.2)]

    def test_a_bracket_that_crosses_another_is_a_character(self) -> None:
        read = read_prompt("(a [b) c]")
        assert shown(read) == [("a [b", 1.1), (" c]", 1.0)]
        assert read.notes == (PromptNote.NO_PARTNER,)


class TestBreak:
    def test_starts_a_chunk_also_inside_brackets(self) -> None:
        parts = read_prompt("a BREAK (b BREAK c:1.2) d").parts
        assert [part.starts_chunk for part in parts] == [False, True, True, False]
        assert [part.text for part in parts] == ["a", "b", "c", " d"]

    def test_with_nothing_beside_it_says_nothing(self) -> None:
        assert read_prompt("BREAK BREAK a dress BREAK\nBREAK") == read_prompt("a dress")


class TestAnyText:
    @given(PROMPTS)
    @example("((" + ")" * 3 + "[:1)(]")
    def test_can_be_read(self, prompt: str) -> None:
        read = read_prompt(prompt)
        for part in read.parts:
            assert part.text.strip(" \t\r\n")
            assert MIN_WEIGHT <= part.weight <= MAX_WEIGHT
        for one, other in pairwise(read.parts):
            assert other.starts_chunk or one.weight != other.weight
        assert len(set(read.notes)) == len(read.notes)

    @given(st.text())
    def test_without_markup_is_one_part_as_it_stands(self, text: str) -> None:
        plain = re.sub(r"[()\[\]\\<]|BREAK", "", text)
        expected = plain.strip(" \t\r\n")
        assert [part.text for part in read_prompt(plain).parts] == ([expected] if expected else [])

    @given(st.lists(st.tuples(WORDS, WEIGHTS, st.booleans()), max_size=6))
    def test_that_parts_are_written_in_is_read_as_these_parts(
        self, given_parts: list[tuple[str, float, bool]]
    ) -> None:
        parts: list[PromptPart] = []
        for text, weight, starts in given_parts:
            starts_chunk = bool(parts) and starts
            if not parts or starts_chunk or parts[-1].weight != weight:
                parts.append(PromptPart(text=text, weight=weight, starts_chunk=starts_chunk))
        assert list(read_prompt(written(parts)).parts) == parts

    @pytest.mark.parametrize(
        "unit", ["(", "()", "([", "(:", ":1", "<a:", "[|", "\\", "BREAK ", "(a:9)"]
    )
    def test_of_any_length_takes_time_in_proportion(self, unit: str) -> None:
        assert read_prompt(unit * 20_000 + ")" * 20_000) is not None


class TestLoras:
    @pytest.mark.parametrize(
        ("prompt", "parts", "loras"),
        [
            ("a dress <lora:knit:0.8>", [("a dress", 1.0)], [("knit", 0.8)]),
            ("<lora:knit>a dress", [("a dress", 1.0)], [("knit", 1.0)]),
            ("<lora:knit (v2): -.5 >", [], [("knit (v2)", -0.5)]),
            ("(a <lora:x:1> dress:1.2)", [("a  dress", 1.2)], [("x", 1.0)]),
            ("[a|<lora:x:1>b]", [("[a|b]", 1.0)], [("x", 1.0)]),
            ("<lora:a:1><lora:b:0.5>", [], [("a", 1.0), ("b", 0.5)]),
            ("<lora:a:1> <lora:b> <lora:a:0.5>", [], [("b", 1.0), ("a", 0.5)]),
            (r"\(<lora:a:1>\)", [("()", 1.0)], [("a", 1.0)]),
            ("a BREAK <lora:a:1> b", [("a", 1.0), ("b", 1.0)], [("a", 1.0)]),
        ],
    )
    def test_are_taken_out_of_the_words(
        self, prompt: str, parts: list[tuple[str, float]], loras: list[tuple[str, float]]
    ) -> None:
        read = read_prompt(prompt)
        assert shown(read) == parts
        assert [(use.name, use.scale) for use in read.loras] == loras

    @pytest.mark.parametrize(("written", "taken"), [("3", 2.0), ("-9", -2.0), ("9" * 999, 2.0)])
    def test_are_bounded_and_say_so(self, written: str, taken: float) -> None:
        read = read_prompt(f"a dress <lora:knit:{written}>")
        assert [use.scale for use in read.loras] == [taken]
        assert read.notes == (PromptNote.LORA_BOUNDED,)

    def test_in_a_negative_prompt_are_none_and_say_so(self) -> None:
        read = read_prompt("blue <lora:knit:0.8>", negative=True)
        assert (shown(read), read.loras) == ([("blue", 1.0)], ())
        assert read.notes == (PromptNote.LORA_IN_NEGATIVE,)

    def test_of_the_prompt_win_over_those_beside_it(self) -> None:
        asked = GenerationParameters(
            prompt="a dress <lora:a:0.5> <lora:c:2>",
            loras=[{"name": "a", "scale": 1}, {"name": "b", "scale": -1}],
        )
        used = {use.name: use.scale for use in asked.loras_used}
        assert used == {"a": 0.5, "b": -1.0, "c": 2.0}
        again = GenerationParameters.model_validate_json(asked.model_dump_json())
        assert again == asked


class TestWrongLora:
    CARDS: ClassVar = [
        LoraCard(name="knit", title="Knit"),
        LoraCard(name="lace", title="Lace", trouble="loras/lace.safetensors is cut short"),
    ]

    @pytest.mark.parametrize(
        ("prompt", "told", "nearest"),
        [
            ("<lora:knitt:1>", "a LoRA of tiny: knit, not 'knitt'; the nearest good", "knit"),
            ("<lora:knit:1><lora:Lace>", "not 'Lace'; the nearest good", "knit"),
            ("<lora:lace:1>", "'lace' (loras/lace.safetensors is cut short);", "knit"),
            ("".join(f"<lora:{k}>" for k in range(9)), "at most 8 LoRAs in all, not 9", "8"),
        ],
    )
    def test_is_named_with_the_nearest(self, prompt: str, told: str, nearest: str) -> None:
        wrong = wrong_lora("tiny", self.CARDS, read_prompt(prompt).loras)
        assert wrong is not None
        assert told in wrong.message
        assert wrong.nearest == nearest

    def test_is_none_where_all_are_offered(self) -> None:
        assert wrong_lora("tiny", self.CARDS, read_prompt("<lora:knit:1>").loras) is None

    def test_of_a_model_without_any_has_no_nearest(self) -> None:
        wrong = wrong_lora("tiny", [], read_prompt("<lora:knit:1>").loras)
        assert wrong is not None
        assert (wrong.nearest, wrong.message) == (
            "",
            "must be no LoRA with tiny, not 'knit'; leave it out",
        )
