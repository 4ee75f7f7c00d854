"""Where a long prompt is divided, and that nothing of it is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import CLIPTokenizer

from inference.protocol import (
    MAX_CHUNKS,
    MAX_PROMPT_CHARACTERS,
    InvalidParameters,
    PromptLength,
    PromptPart,
    read_prompt,
)
from inference.stages.chunks import COMMA_REACH, Chunker, chunked

BUNDLED = Path("assets/models/atelier-mini/tokenizer")
COMMA = 0
LIMIT = 75
TOKENS = st.lists(st.integers(0, 5), min_size=1, max_size=200)


def divided(*parts: list[int], starts_chunk: bool = False) -> list[list[int]]:
    """The ids of each chunk of parts with these ids."""
    given_parts = [
        PromptPart(text="x", weight=1.0 + place / 10, starts_chunk=starts_chunk)
        for place in range(len(parts))
    ]
    chunks = chunked(given_parts, lambda _: list(parts), LIMIT, COMMA)
    return [chunk.ids for chunk in chunks]


@pytest.fixture(scope="module")
def chunker() -> Chunker:
    return Chunker(CLIPTokenizer.from_pretrained(BUNDLED, local_files_only=True))


class TestDivision:
    @given(st.lists(TOKENS, max_size=4), st.booleans())
    def test_loses_nothing_and_fits(self, parts: list[list[int]], starts_chunk: bool) -> None:
        chunks = divided(*parts, starts_chunk=starts_chunk)
        assert [token for chunk in chunks for token in chunk] == [t for part in parts for t in part]
        assert all(len(chunk) <= LIMIT for chunk in chunks)
        assert all(chunks) or chunks == [[]]

    @given(st.lists(TOKENS, min_size=1, max_size=4))
    def test_leaves_every_token_its_weight(self, parts: list[list[int]]) -> None:
        given_parts = [PromptPart(text="x", weight=1 + k / 10) for k in range(len(parts))]
        chunks = chunked(given_parts, lambda _: parts, LIMIT, COMMA)
        weights = [weight for chunk in chunks for weight in chunk.weights]
        assert weights == [1 + k / 10 for k, part in enumerate(parts) for _ in part]

    def test_is_not_needed_up_to_the_limit(self) -> None:
        assert divided([1] * LIMIT) == [[1] * LIMIT]
        assert [len(chunk) for chunk in divided([1] * (LIMIT + 1))] == [LIMIT, 1]

    def test_is_after_the_last_comma_that_is_near(self) -> None:
        near = [1] * (LIMIT - COMMA_REACH) + [COMMA] + [1] * COMMA_REACH
        assert [len(chunk) for chunk in divided(near)] == [LIMIT - COMMA_REACH + 1, COMMA_REACH]
        far = [1] * (LIMIT - COMMA_REACH - 1) + [COMMA] + [1] * (COMMA_REACH + 1)
        assert [len(chunk) for chunk in divided(far)] == [LIMIT, 1]

    def test_is_where_a_break_stands(self) -> None:
        assert divided([1, 2], [3], starts_chunk=True) == [[1, 2], [3]]


class TestLength:
    @pytest.mark.parametrize(
        ("prompt", "length"),
        [
            ("", (0, 1)),
            ("a red dress", (3, 1)),
            ("a (red:1.3) dress", (3, 1)),
            ("a red BREAK dress", (3, 2)),
            ("a {red|red red} dress", (4, 1)),
            ("a {red|red BREAK red} dress", (4, 2)),
            ("red " * 75, (75, 1)),
            ("red " * 83, (83, 2)),
        ],
    )
    def test_counts_what_the_model_reads(
        self, chunker: Chunker, prompt: str, length: tuple[int, int]
    ) -> None:
        tokens, chunks = length
        assert chunker.length(prompt) == PromptLength(tokens=tokens, limit=75, chunks=chunks)

    @pytest.mark.parametrize(
        "prompt", ["", "a red dress", "A CREAM coat, with buttons", "雪", "red " * 75]
    )
    def test_one_chunk_is_what_the_tokenizer_says_by_itself(
        self, chunker: Chunker, prompt: str
    ) -> None:
        [chunk] = chunker.chunks(prompt)
        by_itself = chunker._tokenizer(prompt)["input_ids"]
        assert chunk.ids == by_itself[1:-1]
        assert not chunk.weighted

    def test_of_any_prompt_of_usual_letters_can_be_drawn(self, chunker: Chunker) -> None:
        assert len(chunker.chunks("x" * MAX_PROMPT_CHARACTERS)) <= MAX_CHUNKS

    def test_beyond_what_can_be_drawn_is_told_and_not_cut(self, chunker: Chunker) -> None:
        prompt = "x BREAK " * (MAX_CHUNKS + 1)
        assert chunker.length(prompt).chunks == MAX_CHUNKS + 1
        with pytest.raises(InvalidParameters, match=r"33 parts of up to 75 tokens; at most 32"):
            chunker.chunks(prompt)

    def test_can_be_asked_from_many_threads(self, chunker: Chunker) -> None:
        together = threading.Barrier(4)

        def ask(word: str) -> set[int]:
            together.wait()
            return {chunker.length(f"{word} " * 40).tokens for _ in range(30)}

        with ThreadPoolExecutor(4) as threads:
            told = list(threads.map(ask, ["red", "blue", "green", "coat"]))
        assert all(len(lengths) == 1 for lengths in told)


def test_words_are_asked_for_all_at_once() -> None:
    asked: list[list[str]] = []

    def ids_of(texts: list[str]) -> list[list[int]]:
        asked.append(texts)
        return [[1] for _ in texts]

    ids: Callable[[list[str]], list[list[int]]] = ids_of
    chunked(read_prompt("a (red) dress").parts, ids, LIMIT, None)
    assert asked == [["a ", "red", " dress"]]
