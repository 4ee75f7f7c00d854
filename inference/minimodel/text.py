"""The text encoder: a small CLIPTextModel that learns, from text alone, what a caption asks for.

Trained before any picture is seen by naming every attribute (or "not mentioned") from the positions at
and after the end of the caption; then frozen. Leaves pictures to `diffusion`.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from inference.minimodel.captions import write_caption
from inference.minimodel.tokenizer import MAX_LENGTH, build_tokenizer, token_ids
from inference.minimodel.training import WORKSHOP, Loop, Plan, averaged_state, seed_for
from inference.minimodel.vocabulary import ATTRIBUTES, random_sketch

PLAN: Final = Plan("text", steps=1800, learning_rate=2e-3, warm_up=100, decay_from=0.3)
HIDDEN: Final = 128
CLASSES: Final = (*(len(names) + 1 for names in ATTRIBUTES.values()), 2)
_SPARE_POSITIONS: Final = 6


class TextReader(nn.Module):
    """The text model with one linear head an attribute; the heads serve training only."""

    def __init__(self, tokenizer: CLIPTokenizer, hidden: int = HIDDEN, layers: int = 3) -> None:
        super().__init__()
        config = CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=hidden,
            intermediate_size=hidden * 3,
            projection_dim=hidden,
            num_hidden_layers=layers,
            num_attention_heads=4,
            max_position_embeddings=MAX_LENGTH,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
        self.model = CLIPTextModel(config)
        self.heads = nn.ModuleList(nn.Linear(hidden, count) for count in CLASSES)

    def forward(self, ids: Tensor) -> Tensor:
        """Hidden states (N, length, hidden) of token ids (N, length)."""
        states: Tensor = self.model(input_ids=ids).last_hidden_state
        return states


def reading_loss(
    reader: TextReader, ids: Tensor, labels: Tensor, generator: torch.Generator
) -> Tensor:
    """Cross-entropy of all attributes, read at the end token and at one random position behind it.

    Ids are int64 (N, length); labels int64 (N, attributes).
    """
    states = reader(ids)
    rows = torch.arange(len(ids))
    ends = (ids == reader.model.config.eos_token_id).int().argmax(dim=1)
    reach = torch.rand(len(ids), generator=generator) * (ids.shape[1] - ends)
    total = torch.zeros(())
    for at in (ends, ends + reach.long()):
        for head, wanted in zip(reader.heads, labels.T, strict=True):
            total = total + functional.cross_entropy(head(states[rows, at]), wanted)
    return total / 2


def caption_batch(tokenizer: CLIPTokenizer, seed: int, size: int) -> tuple[Tensor, Tensor]:
    """Token ids (size, 77) and labels (size, attributes) of captions for a seed."""
    rng = random.Random(seed)  # noqa: S311 - data, not secrets
    captions = [write_caption(random_sketch(rng, restricted_share=0.15), rng) for _ in range(size)]
    ids = token_ids(tokenizer, [c.text for c in captions])
    return torch.tensor(ids), torch.tensor([c.labels for c in captions])


def train_text(folder: Path = WORKSHOP, plan: Plan = PLAN, size: int = 64) -> None:
    """Train the text encoder, resuming where a checkpoint stands."""
    torch.manual_seed(2)
    tokenizer = build_tokenizer()
    reader = TextReader(tokenizer)

    def loss(step: int) -> Tensor:
        ids, labels = caption_batch(tokenizer, seed_for(plan.name, step), size)
        used = int((ids != tokenizer.pad_token_id).sum(dim=1).max()) + _SPARE_POSITIONS
        length = MAX_LENGTH if step % 4 == 0 else min(MAX_LENGTH, used)
        generator = torch.Generator().manual_seed(step)
        return reading_loss(reader, ids[:, :length], labels, generator)

    loop = Loop(plan, reader, loss, folder)
    loop.resume()
    loop.run()


def load_reader(folder: Path = WORKSHOP) -> TextReader:
    """The trained text encoder with its heads, frozen."""
    reader = TextReader(build_tokenizer())
    averaged_state(PLAN.name, reader, folder)
    return reader.eval().requires_grad_(requires_grad=False)


def make_encoder(folder: Path = WORKSHOP) -> Callable[[list[str]], Tensor]:
    """A function from texts to frozen hidden states, float32 (N, 77, hidden)."""
    tokenizer, reader = build_tokenizer(), load_reader(folder)

    def encode(texts: list[str]) -> Tensor:
        with torch.no_grad():
            return reader(torch.tensor(token_ids(tokenizer, texts)))

    return encode


@torch.no_grad()
def reading_accuracy(reader: TextReader, captions: int = 2000, seed: int = 99) -> list[float]:
    """The share of fresh captions read rightly, attribute by attribute, at the last position."""
    ids, labels = caption_batch(build_tokenizer(), seed, captions)
    states = torch.cat([reader(part)[:, -1] for part in ids.split(200)])
    guesses = torch.stack([head(states).argmax(dim=1) for head in reader.heads], dim=1)
    return [float(share) for share in (guesses == labels).float().mean(dim=0)]
