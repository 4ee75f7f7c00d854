"""Prompts → text embeddings, by the checkpoint's own CLIP. Remembers the last ones.

A prompt of one chunk without weights is what the text encoder says of it. Weights multiply what it says
of each token; further chunks are read by themselves and follow one another. Both are done as in Stable
Diffusion web UI (AUTOMATIC1111, `sd_hijack_clip.py` and `sd_emphasis.py`, "Original"), except that the mean is
restored chunk by chunk and not over a batch: nobody's words may change another's picture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import torch

from inference.adapters.adapter import adaptable
from inference.adapters.applying import Outfit, read_wearing
from inference.devices import to_device
from inference.protocol import PromptLength
from inference.stages.chunks import Chunk, Chunker

REMEMBERED = 128
CALL_AT_MOST: Final = 128
_SLIGHT: Final = 0.01  # of the standard deviation: a mean below it is an accident of rounding


_Key = tuple[str, tuple[tuple[str, float], ...]]


class PromptEncoder:
    """A tokenizer and a text encoder with a small memory; designers ask for the same words again."""

    def __init__(self, tokenizer: Any, text_encoder: Any) -> None:  # noqa: ANN401
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._chunker = Chunker(tokenizer)
        self._adaptable = adaptable(text_encoder)
        self._memory: OrderedDict[_Key, torch.Tensor] = OrderedDict()
        self._remembered = 0  # chunks

    @property
    def chunk_tokens(self) -> int:
        """How many tokens the embedding of one chunk has, with its start and its end."""
        return self._chunker.limit + 2

    def length(self, prompt: str) -> PromptLength:
        """Return how long `prompt` is; for any thread, since it asks the tokenizer alone."""
        return self._chunker.length(prompt)

    def require_readable(self, *prompts: str) -> None:
        """Check that each of `prompts` can be drawn; for any thread.

        Raises:
            InvalidParameters: One has too many chunks.
        """
        for prompt in prompts:
            self._chunker.chunks(prompt)

    def encode(self, prompt: str, outfit: Outfit = ()) -> torch.Tensor:
        """Return the embedding of `prompt`, shape [1, chunks × tokens, width], as read with `outfit`.

        Raises:
            InvalidParameters: It has too many chunks.
        """
        key = _key(prompt, outfit)
        if key not in self._memory:
            self.read([prompt], outfit)
        self._memory.move_to_end(key)
        return self._memory[key]

    def together(self, prompts: Sequence[str], outfit: Outfit = ()) -> list[torch.Tensor]:
        """Return the embeddings of prompts that share a call of the UNet, all as long as the longest.

        What a shorter one lacks is the empty prompt, as web UI fills up a negative prompt (`pad_cond`).
        """
        said = [self.encode(prompt, outfit) for prompt in prompts]
        longest = max(embedding.shape[1] for embedding in said)
        if all(embedding.shape[1] == longest for embedding in said):
            return said
        nothing = self.encode("", outfit)
        return [_filled_up(embedding, longest, nothing) for embedding in said]

    def read(self, prompts: Iterable[str], outfit: Outfit = ()) -> None:
        """Encode those of `prompts` that are not remembered, all at once, and remember every one.

        LoRAs may have a part for the text encoder; what is read with them is remembered by itself.
        """
        wanted = {_key(prompt, outfit): prompt for prompt in prompts}
        for known in wanted.keys() & self._memory.keys():
            self._memory.move_to_end(known)
        fresh = {key: prompt for key, prompt in wanted.items() if key not in self._memory}
        with read_wearing(self._adaptable, outfit):
            said = self._encode(list(fresh.values()))
        for key, embedding in zip(fresh, said, strict=True):
            self._memory[key] = embedding
            self._remembered += self._chunks_in(embedding)
        self._forget(keep=len(wanted))

    def _forget(self, keep: int) -> None:
        """Let go of what was asked for longest ago, but never of the latest `keep`."""
        while self._remembered > REMEMBERED and len(self._memory) > keep:
            _, forgotten = self._memory.popitem(last=False)
            self._remembered -= self._chunks_in(forgotten)

    def _chunks_in(self, embedding: torch.Tensor) -> int:
        return embedding.shape[1] // self.chunk_tokens

    def _encode(self, prompts: list[str]) -> list[torch.Tensor]:
        chunks = [self._chunker.chunks(prompt) for prompt in prompts]
        every = [chunk for of_one in chunks for chunk in of_one]
        calls = [every[k : k + CALL_AT_MOST] for k in range(0, len(every), CALL_AT_MOST)]
        said = iter([one for call in calls for one in self._said_of(call)])
        # `cat` copies: a slice would keep all the others for as long as one of them is remembered.
        return [torch.cat([next(said) for _ in of_one], dim=1) for of_one in chunks]

    def _said_of(self, chunks: Sequence[Chunk]) -> list[torch.Tensor]:
        """Return what the text encoder says of each of `chunks`, [1, tokens, width], weighted."""
        device = self._text_encoder.device
        ids = torch.tensor([self._framed(chunk) for chunk in chunks])
        mask = None
        if getattr(self._text_encoder.config, "use_attention_mask", False):
            lengths = torch.tensor([[len(chunk.ids) + 2] for chunk in chunks])
            mask = to_device((torch.arange(ids.shape[1]) < lengths).long(), device)
        said = self._text_encoder(to_device(ids, device), attention_mask=mask)[0]
        return [
            self._weighted(embedding, chunk) if chunk.weighted else embedding
            for embedding, chunk in zip(said.split(1), chunks, strict=True)
        ]

    def _framed(self, chunk: Chunk) -> list[int]:
        """Return the ids of `chunk` between its start and its end, filled up to the full length."""
        tokenizer = self._tokenizer
        filling = [tokenizer.pad_token_id] * (self._chunker.limit - len(chunk.ids))
        return [tokenizer.bos_token_id, *chunk.ids, tokenizer.eos_token_id, *filling]

    def _weighted(self, embedding: torch.Tensor, chunk: Chunk) -> torch.Tensor:
        usual = [1.0] * (self._chunker.limit + 1 - len(chunk.weights))
        weights = torch.tensor([1.0, *chunk.weights, *usual]).view(1, -1, 1)
        return weighted(embedding, to_device(weights, embedding.device))


def _key(prompt: str, outfit: Outfit) -> _Key:
    """Return what a prompt is remembered by: its text, and what the encoder wears while it reads it."""
    return prompt, tuple((worn.adapter.sha256, worn.scale) for worn in outfit if worn.adapter.text)


def weighted(embedding: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """Return `embedding` [1, tokens, width] times `weights` [1, tokens, 1], with the mean it had.

    That is `z *= w; z *= mean_before / mean_after` of web UI. A mean of next to nothing (the bundled
    model's, whose last normalisation centres every token) is left alone, and the factor is kept within the
    inverse of the weights: beyond it lie only means that cancel out.
    """
    before = embedding.float()
    after = before * weights
    was, became = before.mean(), after.mean()
    low, high = 1 / weights.max(), 1 / weights.min()
    factor = torch.clamp(was / became, low, high)
    counts = (was.abs() > _SLIGHT * before.std()) & torch.isfinite(factor)
    return torch.where(counts, after * factor, after).to(embedding.dtype)


def _filled_up(embedding: torch.Tensor, length: int, nothing: torch.Tensor) -> torch.Tensor:
    missing = (length - embedding.shape[1]) // nothing.shape[1]
    return torch.cat([embedding, *[nothing] * missing], dim=1)
