"""Prompts → text embeddings, by the checkpoint's own CLIP. Remembers the last ones.

A prompt of one chunk without weights is what the text encoder says of it. Weights multiply what it says
of each token; further chunks are read by themselves and follow one another. Both are done as in Stable
Diffusion web UI (AUTOMATIC1111, `sd_hijack_clip.py` and `sd_emphasis.py`, "Original"), except that the mean is
restored chunk by chunk and not over a batch: nobody's words may change another's picture.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import Any, Final

import torch

from inference.adapters.applying import Outfit
from inference.devices import to_device
from inference.protocol import PromptLength, read_prompt
from inference.stages.chunks import Chunk, Chunker
from inference.stages.readers import Reader, Said, Word

REMEMBERED = 128
CALL_AT_MOST: Final = 128
_SLIGHT: Final = 0.01  # of the standard deviation: a mean below it is an accident of rounding


_Key = tuple[str, tuple[tuple[str, float], ...]]


class PromptEncoder:
    """A tokenizer and a text encoder with a small memory; designers ask for the same words again.

    SDXL has a second encoder, which reads the same tokens: what the two say of each stands side by side, and the
    second says something of the whole prompt too, at the end of its first chunk. `words` are the textual inversions
    that prompts can name. With `silent_negative` an empty negative prompt is zeros (`force_zeros_for_empty_prompt`).
    """

    def __init__(
        self,
        tokenizer: Any,  # noqa: ANN401
        text_encoder: Any,  # noqa: ANN401
        second: tuple[Any, Any] | None = None,
        words: Sequence[Word] = (),
        *,
        silent_negative: bool = False,
    ) -> None:
        self._tokenizer, self._text_encoder = tokenizer, text_encoder
        self._chunker = Chunker(tokenizer, {word.name: word.tokens for word in words})
        self._readers = [Reader(tokenizer, text_encoder, early=second is not None)]
        if second is not None:
            self._readers.append(Reader(*second, "text_2", early=True))
        for place, reader in enumerate(self._readers):
            reader.learn(words, place)
        self._silent_negative = silent_negative
        self._memory: OrderedDict[_Key, Said] = OrderedDict()
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

    def conditions(
        self, prompt: str, negative: str | None = None, *, outfit: Outfit = ()
    ) -> list[Said]:
        """Return what is said of a prompt and of a negative one, equally long, as the UNet is told of them.

        Raises:
            InvalidParameters: One has too many chunks.
        """
        if negative is None:
            return [self._said(prompt, outfit)]
        if self._silent_negative and not read_prompt(negative, negative=True).parts:
            said = self._said(prompt, outfit)
            return [said, said.silence]
        both = (prompt, negative)
        return [
            Said(tokens, self._said(text, outfit).pooled)
            for text, tokens in zip(both, self.together(both, outfit), strict=True)
        ]

    def encode(self, prompt: str, outfit: Outfit = ()) -> torch.Tensor:
        """Return the embedding of `prompt`, shape [1, chunks × tokens, width], as read with `outfit`.

        Raises:
            InvalidParameters: It has too many chunks.
        """
        return self._said(prompt, outfit).tokens

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
        with ExitStack() as worn:
            for reader in self._readers:
                worn.enter_context(reader.wearing(outfit))
            said = self._encode(list(fresh.values()))
        for key, one in zip(fresh, said, strict=True):
            self._memory[key] = one
            self._remembered += self._chunks_in(one)
        self._forget(keep=len(wanted))

    def _said(self, prompt: str, outfit: Outfit) -> Said:
        key = _key(prompt, outfit)
        if key not in self._memory:
            self.read([prompt], outfit)
        self._memory.move_to_end(key)
        return self._memory[key]

    def _forget(self, keep: int) -> None:
        """Let go of what was asked for longest ago, but never of the latest `keep`."""
        while self._remembered > REMEMBERED and len(self._memory) > keep:
            _, forgotten = self._memory.popitem(last=False)
            self._remembered -= self._chunks_in(forgotten)

    def _chunks_in(self, said: Said) -> int:
        return said.tokens.shape[1] // self.chunk_tokens

    def _encode(self, prompts: list[str]) -> list[Said]:
        chunks = [self._chunker.chunks(prompt) for prompt in prompts]
        every = [chunk for of_one in chunks for chunk in of_one]
        calls = [every[k : k + CALL_AT_MOST] for k in range(0, len(every), CALL_AT_MOST)]
        said = iter([one for call in calls for one in self._said_of(call)])
        return [_joined([next(said) for _ in of_one]) for of_one in chunks]

    def _said_of(self, chunks: Sequence[Chunk]) -> list[Said]:
        """Return what the text encoders say of each of `chunks`, weighted; of the whole only one of them speaks."""
        limit = self._chunker.limit
        told = [reader.read(chunks, limit) for reader in self._readers]
        pooled = next((whole for _, whole in told if whole is not None), None)
        return [
            Said(
                torch.cat([self._weighted(tokens[k : k + 1], chunk) for tokens, _ in told], dim=-1),
                None if pooled is None else pooled[k],
            )
            for k, chunk in enumerate(chunks)
        ]

    def _weighted(self, embedding: torch.Tensor, chunk: Chunk) -> torch.Tensor:
        if not chunk.weighted:
            return embedding
        usual = [1.0] * (self._chunker.limit + 1 - len(chunk.weights))
        weights = torch.tensor([1.0, *chunk.weights, *usual]).view(1, -1, 1)
        return weighted(embedding, to_device(weights, embedding.device))


def _key(prompt: str, outfit: Outfit) -> _Key:
    """Return what a prompt is remembered by: its text, and what the encoders wear while they read it."""
    worn = (one for one in outfit if one.adapter.reads_otherwise)
    return prompt, tuple((one.adapter.sha256, one.scale) for one in worn)


def _joined(chunks: Sequence[Said]) -> Said:
    """Return what is said of a prompt of these chunks, one after the other; what the first one's end says is the whole."""
    # Copies: a slice would keep all the others for as long as one of them is remembered.
    tokens = torch.cat([said.tokens for said in chunks], dim=1)
    pooled = chunks[0].pooled
    return Said(tokens, None if pooled is None else pooled.clone())


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
