"""Wildcards: what can come of a prompt, what a seed chooses of it, and that any text can be read."""

from __future__ import annotations

import re
import time
from collections import Counter
from math import sqrt
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from inference.protocol import (
    MAX_DEPTH,
    MAX_PROMPT_CHARACTERS,
    MAX_SEED,
    MAX_WAYS,
    GenerationParameters,
    PromptNote,
    as_characters,
    drawn,
    outcomes_of,
    read_prompt,
    read_template,
    refusals_of,
)

PAGE = Path(__file__).parents[2] / "docs/prompts.md"
SEEDS = range(10_000)
# Texts made of what the language is made of are the ones that could go wrong.
MARKUP = [
    "{",
    "}",
    "|",
    "\\",
    "$$",
    "$",
    "%",
    "2$$",
    "1-2$$",
    "2$$ and $$",
    "2::",
    "0::",
    "__x__",
    " ",
    "@",
    "a",
]
TEXTS = st.lists(st.sampled_from(MARKUP) | st.text(max_size=3), max_size=40).map("".join)
FIXED = [
    "a red linen and silk dress",
    "a blue linen and silk dress",
    "a green wool and silk dress",
    "a blue wool and linen coat",
    "a green silk and wool dress",
]
APART = ("b", "a")
NUMBERS = st.integers(0, MAX_SEED)


def outcomes(text: str, seeds: range = range(300)) -> set[str]:
    return {drawn(text, seed) for seed in seeds}


def plain(cell: str) -> str:
    """Return what a cell of a table says: a bar in it stands behind a backslash."""
    return cell.replace(r"\|", "|")


def notes(text: str) -> set[PromptNote]:
    return set(read_template(text).notes)


def refused(text: str, *, may_be_empty: bool = False) -> list[PromptNote]:
    return [refusal.note for refusal in refusals_of(text, may_be_empty=may_be_empty)]


def off_by(seen: int, share: float, of: int = len(SEEDS)) -> float:
    """Return by how many standard deviations a count is off what is expected."""
    return abs(seen - of * share) / sqrt(of * share * (1 - share))


class TestOutcomes:
    @pytest.mark.parametrize(
        ("template", "expected"),
        [
            ("a red dress", {"a red dress"}),
            ("{red|blue} dress", {"red dress", "blue dress"}),
            ("{ red | blue }dress", {"reddress", "bluedress"}),
            ("a {|red} dress", {"a dress", "a red dress"}),
            ("{|red} dress", {"dress", "red dress"}),
            ("{red}", {"red"}),
            ("{red|{navy|sky} blue}", {"red", "navy blue", "sky blue"}),
            ("{2$$a|b}", {"a, b", "b, a"}),
            ("{2$$ and $$a|b}", {"a and b", "b and a"}),
            ("{2$$ | $$a|b}", {"a | b", "b | a"}),
            ("{1-2$$+$$a|b}", {"a", "b", "a+b", "b+a"}),
            ("{-2$$+$$a|b}", {"a", "b", "a+b", "b+a"}),
            ("{2-$$+$$a|b}", {"a+b", "b+a"}),
            ("{0-1$$a|b}", {"", "a", "b"}),
            ("{9$$+$$a|b}", {"a+b", "b+a"}),
            ("{0::a|b}", {"b"}),
            ("{0::a|0::b}", {"a", "b"}),
            ("{(red:1.3)|blue} dress", {"(red:1.3) dress", "blue dress"}),
            (r"\{a|b\}", {r"\{a|b\}"}),
            (r"{a\|b|c}", {r"a\|b", "c"}),
            (r"\\{a|b}", {r"\\a", r"\\b"}),
            ("a | b", {"a | b"}),
        ],
    )
    def test_are_these_and_no_others(self, template: str, expected: set[str]) -> None:
        assert outcomes(template) == expected

    @pytest.mark.parametrize(
        ("text", "note"),
        [
            ("{red", PromptNote.NO_PARTNER),
            ("red} dress", PromptNote.NO_PARTNER),
            ("a __colours__ dress", PromptNote.NO_FILES),
            ("a ${colour} dress", PromptNote.NO_VARIABLES),
            ("a %{x$$y} dress", PromptNote.NO_VARIABLES),
        ],
    )
    def test_what_is_not_read_stays_as_it_stands_and_a_note_says_so(
        self, text: str, note: PromptNote
    ) -> None:
        assert note in notes(text)
        assert outcomes(text, range(5)) == {text}

    def test_samplers_of_other_programs_are_noted(self) -> None:
        assert notes("{@a|b}") == {PromptNote.NO_VARIABLES}

    def test_a_backslash_makes_a_character_of_a_brace(self) -> None:
        [part] = read_prompt(drawn(r"\{a\|b\}", 1)).parts
        assert part.text == "{a|b}"


class TestDocumentation:
    ROWS = re.findall(
        r"^\| `(.+?)` \| (`.+) \|$", PAGE.read_text().split("## Wildcards")[1], re.MULTILINE
    )

    @pytest.mark.parametrize(("template", "told"), ROWS)
    def test_says_what_can_come(self, template: str, told: str) -> None:
        expected = {plain(outcome) for outcome in re.findall(r"`(.+?)`", told)}
        assert outcomes(plain(template)) == expected

    def test_has_examples(self) -> None:
        assert len(self.ROWS) > 5


class TestDrawing:
    def test_is_the_same_on_every_machine_and_for_ever(self) -> None:
        template = "a {red|blue|green} {2$$ and $$wool|silk|linen} {3::dress|coat}"
        assert [drawn(template, seed) for seed in (0, 1, 2, 3, MAX_SEED)] == FIXED
        asked = GenerationParameters(prompt="{a|b|c|d}", negative_prompt="{a|b|c|d}", seed=7)
        assert (asked.of_image(0).prompt, asked.of_image(0).negative_prompt) == APART

    def test_each_option_comes_as_often_as_the_others(self) -> None:
        seen = Counter(drawn("{a|b|c|d|e}", seed) for seed in SEEDS)
        assert max(off_by(seen[option], 1 / 5) for option in "abcde") < 3

    def test_weights_count(self) -> None:
        seen = Counter(drawn("{2::a|b|0.5::c}", seed) for seed in SEEDS)
        shares = {"a": 2 / 3.5, "b": 1 / 3.5, "c": 0.5 / 3.5}
        assert max(off_by(seen[option], share) for option, share in shares.items()) < 3

    def test_several_come_in_every_order_as_often(self) -> None:
        seen = Counter(drawn("{2$$+$$a|b|c}", seed) for seed in SEEDS)
        assert len(seen) == 6
        assert max(off_by(count, 1 / 6) for count in seen.values()) < 3

    def test_two_pairs_of_braces_choose_apart(self) -> None:
        seen = Counter(drawn("{a|b}{a|b}", seed) for seed in SEEDS)
        assert max(off_by(seen[both], 1 / 4) for both in ("aa", "ab", "ba", "bb")) < 3

    def test_prompt_and_negative_prompt_choose_apart(self) -> None:
        same = GenerationParameters(prompt="{a|b}", negative_prompt="{a|b}")
        alike = sum(
            one.prompt == one.negative_prompt
            for one in (same.model_copy(update={"seed": seed}).of_image(0) for seed in SEEDS)
        )
        assert off_by(alike, 1 / 2) < 3

    def test_other_words_around_it_leave_a_choice_as_it_is(self) -> None:
        assert [drawn("{a|b|c}", seed) for seed in range(50)] == [
            drawn("{a|b|c} and {d|e}", seed)[0] for seed in range(50)
        ]

    def test_each_image_has_words_and_can_be_made_again_alone(self) -> None:
        asked = GenerationParameters(prompt="{red|blue|green} dress", seed=MAX_SEED, num_images=8)
        images = [asked.of_image(index) for index in range(8)]
        assert len({one.prompt for one in images}) > 1
        assert [one.seed for one in images] == [asked.seed_of(index) for index in range(8)]
        assert [one.of_image(0) for one in images] == images


class TestCounting:
    @pytest.mark.parametrize(
        ("template", "ways"),
        [
            ("a", 1),
            ("{a|b}", 2),
            ("{a|b}{c|d|e}", 6),
            ("{a|{b|c}}", 3),
            ("{2$$a|b|c}", 6),
            ("{1-2$$a|b|c}", 9),
            ("{0-1$$a|b}", 3),
            ("{2$$a|{b|c}}", 4),
            ("{0::a|b}", 1),
            ("{5$$a|b|c|d|e}", 120),
        ],
    )
    def test_tells_in_how_many_ways_one_can_go_on(self, template: str, ways: int) -> None:
        assert (
            outcomes_of(read_template(template)).ways
            == ways
            == len(outcomes(template, range(3000)))
        )

    @given(TEXTS, NUMBERS)
    def test_nothing_longer_comes_than_it_says(self, text: str, seed: int) -> None:
        template = read_template(text)
        if len(text) <= MAX_PROMPT_CHARACTERS:
            assert len(drawn(text, seed)) <= len(outcomes_of(template).longest)

    def test_the_longest_is_so_by_what_measures_it(self) -> None:
        template = read_template("{a b c|incomprehensible} dress")
        assert outcomes_of(template).longest == "incomprehensible dress"
        by_words = outcomes_of(template, lambda text: len(text.split()))
        assert by_words.longest == "a b c dress"


class TestRefusing:
    @pytest.mark.parametrize(
        ("prompt", "note"),
        [
            ("{|}", PromptNote.OUTCOME_EMPTY),
            ("{0-1$$red}", PromptNote.OUTCOME_EMPTY),
            ("{red|{|blue}}", PromptNote.OUTCOME_EMPTY),
            ("{" * 9 + "a" + "}" * 9, PromptNote.TOO_DEEP),
            ("{a|b}" * 33, PromptNote.TOO_MANY_WAYS),
            ("{13$$a|b|c|d|e|f|g|h|i|j|k|l|m}", PromptNote.TOO_MANY_WAYS),
            (
                "{9$$" + "x" * 40 + "$$" + "|".join(["y" * 190] * 9) + "}",
                PromptNote.OUTCOME_TOO_LONG,
            ),
        ],
    )
    def test_names_what_is_too_much(self, prompt: str, note: PromptNote) -> None:
        assert note in refused(prompt)

    @pytest.mark.parametrize(
        "prompt",
        [
            "",
            "a red dress",
            "{|red} dress",
            "{" * 8 + "a" + "}" * 8,
            "{a|b}" * 32,
            "{" * 500,
            r"\{\}",
        ],
    )
    def test_takes_what_is_within_the_limits(self, prompt: str) -> None:
        assert refused(prompt) == []

    def test_a_negative_prompt_may_come_out_empty(self) -> None:
        assert refused("{|blurred}", may_be_empty=True) == []

    def test_there_are_as_many_ways_as_seeds(self) -> None:
        assert MAX_WAYS == MAX_SEED + 1
        assert MAX_DEPTH == 8


class TestAnyText:
    @given(TEXTS, NUMBERS)
    @example("{a\\ |b}\\{x|y\\}", 0)
    @example("{3$$x|\\{a|\\}}", 0)
    @example("{2$$|$$a|b}", 0)
    @example("{{2$$|$$a|b}}", 0)
    def test_can_be_read_and_what_was_drawn_stays(self, text: str, seed: int) -> None:
        said = drawn(text, seed)
        if PromptNote.TOO_DEEP not in notes(text):
            assert drawn(said, seed + 1) == said

    @given(TEXTS)
    def test_can_be_meant_letter_by_letter(self, text: str) -> None:
        meant = as_characters(text)
        assert not read_template(meant).is_open
        assert drawn(meant, 1) == meant

    @given(TEXTS)
    def test_without_an_open_pair_nothing_changes(self, text: str) -> None:
        template = read_template(text)
        if not template.is_open:
            assert drawn(text, 1) == text == as_characters(text)
            assert outcomes_of(template).longest == text

    @pytest.mark.parametrize(
        "piece",
        ["{", "}", "{}", "{|", "|", "{2$$", "\\", "{a|", "__a", "{a|b}", "${", "1-2$$", "\\{"],
    )
    @pytest.mark.parametrize("around", ["", "{9999$$"])
    def test_takes_time_in_proportion_to_its_length(self, piece: str, around: str) -> None:
        def seconds(length: int) -> float:
            text = (around + piece * length)[:length] + "}" * bool(around)
            began = time.process_time()
            outcomes_of(read_template(text))
            drawn(text, 1)
            return time.process_time() - began

        short, long = (min(seconds(length) for _ in range(3)) for length in (2_000, 32_000))
        assert long < 16 * 4 * max(short, 0.002)
