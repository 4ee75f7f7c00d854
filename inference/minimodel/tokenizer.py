"""Learns the bundled model's own byte-pair vocabulary and hands it to the stock CLIPTokenizer.

Every byte is in the vocabulary, so no prompt breaks it. Knows the captions only as text to count.
"""

import json
import random
from typing import Final

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import CLIPTokenizer

from inference.minimodel.captions import write_caption
from inference.minimodel.vocabulary import random_sketch

MAX_LENGTH: Final = 77
_START: Final = "<|startoftext|>"
_END: Final = "<|endoftext|>"
_SUFFIX: Final = "</w>"
_MERGES: Final = 900
_CORPUS: Final = 12_000


def build_tokenizer(captions: int = _CORPUS) -> CLIPTokenizer:
    """A tokenizer with merges learned from seeded captions, 77 positions; the same on every run."""
    merges = _learn_merges(captions)
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokens = [*alphabet, *(letter + _SUFFIX for letter in alphabet)]
    tokens += ["".join(pair) for pair in merges]
    tokens = [*dict.fromkeys(tokens), _START, _END]
    return CLIPTokenizer(
        vocab={token: index for index, token in enumerate(tokens)},
        merges=merges,
        model_max_length=MAX_LENGTH,
    )


def token_ids(tokenizer: CLIPTokenizer, texts: list[str]) -> list[list[int]]:
    """Token ids of each text, begun, ended, cut and padded to 77."""
    encoded = tokenizer(texts, padding="max_length", max_length=MAX_LENGTH, truncation=True)
    ids: list[list[int]] = encoded["input_ids"]
    return ids


def _learn_merges(captions: int) -> list[tuple[str, str]]:
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner = Tokenizer(models.BPE(end_of_word_suffix=_SUFFIX))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    # The learner breaks ties by number and numbers last letters in the order of a randomly seeded hash
    # table. Naming them all beforehand fixes their numbers, and with them every merge.
    last_letters = [letter + _SUFFIX for letter in alphabet]
    trainer = trainers.BpeTrainer(
        vocab_size=2 * len(alphabet) + _MERGES,
        end_of_word_suffix=_SUFFIX,
        initial_alphabet=alphabet,
        special_tokens=last_letters,
        show_progress=False,
    )
    learner.train_from_iterator(_words(captions), trainer)
    return [(left, right) for left, right in json.loads(learner.to_str())["model"]["merges"]]


def _words(captions: int) -> list[str]:
    rng = random.Random(7)  # noqa: S311 - data, not secrets
    words: list[str] = []
    for _ in range(captions):
        text = write_caption(random_sketch(rng, restricted_share=0.2), rng).text
        words += "".join(c if c.isalpha() else " " for c in text).split()
    return words
