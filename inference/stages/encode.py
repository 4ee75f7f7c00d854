"""Prompts → text embeddings, by the checkpoint's own CLIP. Remembers the last ones."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import torch

REMEMBERED = 128


class PromptEncoder:
    """A tokenizer and a text encoder with a small memory; designers ask for the same words again."""

    def __init__(self, tokenizer: Any, text_encoder: Any) -> None:  # noqa: ANN401
        self._tokenizer = tokenizer
        self._text_encoder = text_encoder
        self._memory: OrderedDict[str, torch.Tensor] = OrderedDict()

    def encode(self, prompt: str) -> torch.Tensor:
        """Return the embedding of `prompt`, shape [1, tokens, width]; words past the limit are cut."""
        if prompt in self._memory:
            self._memory.move_to_end(prompt)
            return self._memory[prompt]
        embedding = self._encode(prompt)
        self._memory[prompt] = embedding
        if len(self._memory) > REMEMBERED:
            self._memory.popitem(last=False)
        return embedding

    def _encode(self, prompt: str) -> torch.Tensor:
        tokens = self._tokenizer(
            prompt,
            padding="max_length",
            max_length=self._tokenizer.model_max_length,
            truncation=True,
            return_tensors="pt",
        )
        device = self._text_encoder.device
        mask = None
        if getattr(self._text_encoder.config, "use_attention_mask", False):
            mask = tokens.attention_mask.to(device)
        return self._text_encoder(tokens.input_ids.to(device), attention_mask=mask)[0]


def for_guidance(
    encoder: PromptEncoder, prompt: str, negative_prompt: str, *, images: int, guided: bool
) -> torch.Tensor:
    """Return the embeddings a step needs: [images] rows, or [2·images] with the negatives first."""
    positive = encoder.encode(prompt).expand(images, -1, -1)
    if not guided:
        return positive
    negative = encoder.encode(negative_prompt).expand(images, -1, -1)
    return torch.cat([negative, positive])
