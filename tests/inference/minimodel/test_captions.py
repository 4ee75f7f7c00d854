"""Captions and tokens: what is said is in the text, what is not said is labelled so."""

import random

import pytest

from inference.minimodel.captions import plain_caption, write_caption
from inference.minimodel.tokenizer import MAX_LENGTH, build_tokenizer, token_ids
from inference.minimodel.vocabulary import (
    ATTRIBUTES,
    BACKGROUNDS,
    COLOURS,
    GARMENTS,
    RESTRICTED,
    Sketch,
    random_sketch,
)

SKETCH = Sketch("skirt", "purple", "checked", "mint", "pencil")


@pytest.fixture(scope="module")
def captions() -> list[tuple[Sketch, str, tuple[int, ...]]]:
    rng = random.Random(3)
    rows = []
    for _ in range(400):
        sketch = random_sketch(rng, restricted_share=0.3)
        caption = write_caption(sketch, rng)
        rows.append((sketch, caption.text.lower(), caption.labels))
    return rows


class TestWriteCaption:
    def test_labels_are_the_sketch_or_not_mentioned(
        self, captions: list[tuple[Sketch, str, tuple[int, ...]]]
    ) -> None:
        for sketch, _, labels in captions:
            assert len(labels) == len(ATTRIBUTES) + 1
            for label, index in zip(labels, sketch.indices(), strict=False):
                assert label in {0, index + 1}
            assert labels[-1] == sketch.restricted

    def test_says_what_the_labels_claim(
        self, captions: list[tuple[Sketch, str, tuple[int, ...]]]
    ) -> None:
        tables = (GARMENTS, COLOURS, BACKGROUNDS)
        hits = total = 0
        for sketch, text, labels in captions:
            for table, key, place in zip(
                tables, ("garment", "colour", "background"), (0, 1, 3), strict=True
            ):
                if labels[place]:
                    total += 1
                    hits += any(word in text for word in table[getattr(sketch, key)])
        assert hits / total > 0.95  # the rest are the typing slips

    def test_names_the_motif_only_when_it_is_there(
        self, captions: list[tuple[Sketch, str, tuple[int, ...]]]
    ) -> None:
        for sketch, text, _ in captions:
            if not sketch.restricted:
                assert not any(words in text for words in RESTRICTED)

    def test_varies(self) -> None:
        rng = random.Random(5)
        assert len({write_caption(SKETCH, rng).text for _ in range(60)}) > 50


def test_plain_caption_is_a_plain_sentence() -> None:
    assert plain_caption(SKETCH) == "a purple checked skirt on a mint background"


class TestTokenizer:
    def test_knows_every_byte_and_the_common_words(self) -> None:
        known = build_tokenizer(300).get_vocab()
        assert {"a", "z</w>", "dress</w>", "background</w>"} <= set(known)
        assert sorted(known.values()) == list(range(len(known)))

    def test_learns_the_same_vocabulary_every_time(self) -> None:
        first, *others = (build_tokenizer(2000).get_vocab() for _ in range(5))
        assert all(other == first for other in others)

    def test_round_trip(self) -> None:
        tokenizer = build_tokenizer(300)
        ids = token_ids(tokenizer, ["a RED striped dress on cream"])[0]
        assert len(ids) == MAX_LENGTH
        assert tokenizer.decode(ids, skip_special_tokens=True) == "a red striped dress on cream"

    @pytest.mark.parametrize("text", ["", "ZEBRA!! 漢字 é 🙂", "word " * 200])
    def test_takes_any_text(self, text: str) -> None:
        tokenizer = build_tokenizer(300)
        ids = token_ids(tokenizer, [text])[0]
        assert len(ids) == MAX_LENGTH
        assert ids[0] == tokenizer.bos_token_id
        assert ids[-1] == tokenizer.eos_token_id
