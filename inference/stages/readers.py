"""One text encoder: chunks of tokens → what it says of each token and, in SDXL, of the whole.

Learned words (`Word`) are vectors that stand where a token's embedding would. They are put there while a
call passes through the embedding and nowhere else: the network's own embeddings are never touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch

from inference.adapters.adapter import adaptable
from inference.adapters.applying import Outfit, read_wearing
from inference.devices import to_device
from inference.stages.chunks import LEARNED, Chunk


class Said(NamedTuple):
    """What is said of a prompt: of its tokens [1, tokens, width] and, where the UNet asks for it, of all of it [p]."""

    tokens: torch.Tensor
    pooled: torch.Tensor | None = None

    @property
    def silence(self) -> Said:
        """Zeros of the same shapes."""
        pooled = None if self.pooled is None else torch.zeros_like(self.pooled)
        return Said(torch.zeros_like(self.tokens), pooled)


@dataclass(frozen=True, eq=False)
class Word:
    """A textual inversion in place: its name in prompts, and for each text encoder of the model vectors [n, width]."""

    name: str
    vectors: tuple[torch.Tensor, ...]

    @property
    def tokens(self) -> int:
        """How many tokens it takes."""
        return len(self.vectors[0])


class Reader:
    """A text encoder and the tokenizer that says what fills a chunk up.

    SDXL (`part` text, then text_2) reads its last layer but one, without the last normalisation, as it was trained.
    """

    def __init__(
        self,
        tokenizer: Any,  # noqa: ANN401
        network: Any,  # noqa: ANN401
        part: str = "text",
        *,
        early: bool = False,
    ) -> None:
        self._tokenizer, self.network, self._part, self._early = tokenizer, network, part, early
        self._adaptable = adaptable(network)
        self._learned: torch.Tensor | None = None

    def learn(self, words: Sequence[Word], place: int) -> None:
        """Know `words`, whose vectors for this encoder are the `place`-th; in the order of the chunker's ids."""
        if words:
            self._learned = torch.cat([word.vectors[place] for word in words])

    def wearing(self, outfit: Outfit) -> AbstractContextManager[None]:
        """Have the encoder wear what the LoRAs of `outfit` have for it."""
        return read_wearing(self._adaptable, outfit, self._part)

    def read(self, chunks: Sequence[Chunk], limit: int) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return what is said of `chunks`, tokens [n, limit + 2, width] and, if it says so, the whole of each [n, p]."""
        device = self.network.device
        ids = torch.tensor([self._framed(chunk, limit) for chunk in chunks])
        with self._knowing(ids, device):
            # A learned word must not be taken for the end, which is told by its number.
            known = to_device(ids.masked_fill(ids >= LEARNED, self._tokenizer.bos_token_id), device)
            if self._early:
                said = self.network(known, output_hidden_states=True)
                return said.hidden_states[-2], said[0] if said[0].ndim == 2 else None  # noqa: PLR2004
            return self.network(known, attention_mask=self._mask(chunks, limit))[0], None

    def _framed(self, chunk: Chunk, limit: int) -> list[int]:
        """Return the ids of `chunk` between its start and its end, filled up to the full length."""
        tokenizer = self._tokenizer
        filling = [tokenizer.pad_token_id] * (limit - len(chunk.ids))
        return [tokenizer.bos_token_id, *chunk.ids, tokenizer.eos_token_id, *filling]

    def _mask(self, chunks: Sequence[Chunk], limit: int) -> torch.Tensor | None:
        if not getattr(self.network.config, "use_attention_mask", False):
            return None
        lengths = torch.tensor([[len(chunk.ids) + 2] for chunk in chunks])
        return to_device((torch.arange(limit + 2) < lengths).long(), self.network.device)

    @contextmanager
    def _knowing(self, ids: torch.Tensor, device: torch.device) -> Iterator[None]:
        """Have the learned words among `ids` stand for their vectors in this block."""
        there = ids >= LEARNED
        if self._learned is None or not bool(there.any()):
            yield
            return
        rows, columns = (to_device(one, device) for one in there.nonzero(as_tuple=True))
        vectors = self._learned[to_device(ids[there] - LEARNED, device)]

        def put(_module: object, _given: object, embedded: torch.Tensor) -> torch.Tensor:
            return embedded.index_put((rows, columns), vectors.to(embedded.dtype))

        hook = self.network.get_input_embeddings().register_forward_hook(put)
        try:
            yield
        finally:
            hook.remove()
