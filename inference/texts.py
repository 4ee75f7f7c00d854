"""Loads what reads prompts in a checkpoint: one text encoder or, in SDXL, two, and the words that were learned for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from inference.adapters.adapter import Network, adaptable
from inference.catalog import CatalogError, Offer
from inference.devices import Placement
from inference.inversions.fitting import learned
from inference.layouts import Layout
from inference.protocol import EmbeddingCard
from inference.stages.encode import PromptEncoder

Load = Callable[[Any, Path, Placement], Any]
"""Loads one network of a class from its folder."""


class Texts(NamedTuple):
    """What reads prompts. `widths`: of what is said of a token, and of the whole prompt (0: nothing is).

    `networks` are the text encoders themselves.
    """

    encoder: PromptEncoder
    adaptable: Mapping[str, Network]
    cards: list[EmbeddingCard]
    widths: tuple[int, int]
    networks: tuple[Any, ...]


def read_texts(offer: Offer, layout: Layout, where: Placement, load: Load) -> Texts:
    """Load the tokenizers and text encoders of `offer`.

    Raises:
        CatalogError: A part is broken, or the two tokenizers of SDXL read differently.
    """
    folder = offer.directory
    tokenizer = _tokenizer(folder / "tokenizer")
    first = load(CLIPTextModel, folder / "text_encoder", where)
    second = None
    if layout.is_xl:
        second = (
            _tokenizer(folder / "tokenizer_2"),
            load(CLIPTextModelWithProjection, folder / "text_encoder_2", where),
        )
        _require_alike(folder, tokenizer, second[0])
    networks = {"text": first} | ({"text_2": second[1]} if second else {})
    sizes = [network.config.hidden_size for network in networks.values()]
    limit = int(tokenizer.model_max_length) - 2
    words, cards = learned(offer.name, offer.embeddings, sizes, limit, where)
    return Texts(
        PromptEncoder(tokenizer, first, second, words, silent_negative=layout.silent_negative),
        {part: adaptable(network) for part, network in networks.items()},
        cards,
        (sum(sizes), second[1].config.projection_dim if second else 0),
        tuple(networks.values()),
    )


def _tokenizer(folder: Path) -> Any:  # noqa: ANN401
    return CLIPTokenizer.from_pretrained(folder, local_files_only=True)


def _require_alike(folder: Path, one: Any, other: Any) -> None:  # noqa: ANN401
    """Check that both read a prompt as the same tokens; what fills a chunk up may differ, and does in SDXL."""

    def reading(tokenizer: Any) -> tuple[object, ...]:  # noqa: ANN401
        ends = (tokenizer.bos_token_id, tokenizer.eos_token_id)
        return (tokenizer.get_vocab(), tokenizer.model_max_length, ends)

    if reading(one) != reading(other):
        raise CatalogError(
            f"the two tokenizers in {folder} read prompts differently, which no SDXL checkpoint does"
        )
