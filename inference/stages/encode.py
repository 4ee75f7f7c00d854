"""Prompts → text embeddings, by the checkpoint's own CLIP. Remembers the last ones."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import torch

from inference.devices import to_device

REMEMBERED = 128


class PromptEncoder:
    """A tokenizer and a text encoder with a small memory; designers ask for the same words again."""

    def __init__(self, tokenizer: Any, text_encoder: Any) -> None:  # noqa: ANN401
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._memory: OrderedDict[str, torch.Tensor] = OrderedDict()

    def encode(self, prompt: str) -> torch.Tensor:
        """Return the embedding of `prompt`, shape [1, tokens, width]; words past the limit are cut."""
        if prompt not in self._memory:
            self.read([prompt])
        self._memory.move_to_end(prompt)
        return self._memory[prompt]

    def read(self, prompts: Iterable[str]) -> None:
        """Encode those of `prompts` that are not remembered, all at once, and remember every one."""
        wanted = dict.fromkeys(prompts)
        for known in wanted.keys() & self._memory.keys():
            self._memory.move_to_end(known)
        fresh = [prompt for prompt in wanted if prompt not in self._memory]
        if fresh:
            self._memory.update(zip(fresh, self._encode(fresh), strict=True))
        while len(self._memory) > max(REMEMBERED, len(wanted)):
            self._memory.popitem(last=False)

    def _encode(self, prompts: list[str]) -> list[torch.Tensor]:
        tokens = self._tokenizer(
            prompts,
            padding="max_length",
            max_length=self._tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        device = self._text_encoder.device
        mask = None
        if getattr(self._text_encoder.config, "use_attention_mask", False):
            mask = to_device(tokens.attention_mask, device)
        said = self._text_encoder(to_device(tokens.input_ids, device), attention_mask=mask)[0]
        # Copies: a slice would keep all the others for as long as one of them is remembered.
        return [embedding.clone() for embedding in said.split(1)]
